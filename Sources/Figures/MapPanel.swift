import Rasters

/// One picture of a map figure, with its title.
public struct MapPanel: Sendable {
  /// What a panel shows. Values that are not finite are drawn in ``Colour/notFinite``.
  public enum Content: Sendable {
    /// A picture with values 0…1, with 1 channel (grey) or 3 (red, green, blue).
    case picture(Raster<Float>)
    /// A map of one channel in the colours of ``ColourMap/heat``.
    case heat(Raster<Float>, DisplayScale)
    /// A heat map on a greyed picture of the same height and width. Where the scale's position is p, the heat covers the
    /// picture by `opacity`·√p (`opacity` 0…1), so that the picture shows where the map is low.
    case overlay(Raster<Float>, DisplayScale, over: Raster<Float>, opacity: Float)
    /// A map of one channel in the colours of ``ColourMap/diverging``, from −`limit` to `limit`.
    case signed(Raster<Float>, limit: Float)
    /// A class index for every pixel in the colours of the figure's ``ClassLegend``, fading to white with the square root of
    /// `strength` (0…1, same height and width). A negative index is white: no class.
    case classes(Raster<Int>, strength: Raster<Float>)
    /// A map on the photograph itself.
    case photograph(PhotographOverlay)
  }

  public var title: String
  public var content: Content
  /// Whether it is interpolated where it is enlarged; otherwise its pixels are drawn as squares.
  public var isSmooth: Bool

  public init(title: String, content: Content, isSmooth: Bool = false) {
    self.title = title
    self.content = content
    self.isSmooth = isSmooth
  }
}

extension MapPanel.Content {
  /// Height and width in pixels.
  var size: (height: Int, width: Int) {
    switch self {
    case .picture(let map), .heat(let map, _), .overlay(let map, _, _, _), .signed(let map, _):
      (map.height, map.width)
    case .classes(let classes, _): (classes.height, classes.width)
    case .photograph(let overlay): (overlay.photograph.height, overlay.photograph.width)
    }
  }

  var isPhotograph: Bool { if case .photograph = self { true } else { false } }

  func bitmap(classColours: ClassColours) -> Bitmap {
    switch self {
    case .picture(let picture):
      return Bitmap(width: picture.width, height: picture.height) { Bitmap.colour(of: picture, at: $0) }
    case .heat(let map, let scale):
      return Bitmap(map: map) { ColourMap.heat.colour(scale.position(of: $0)) }
    case .overlay(let map, let scale, let picture, let opacity):
      precondition(picture.height == map.height && picture.width == map.width, "the picture under a map has its size")
      return Bitmap(width: map.width, height: map.height) { index in
        let position = scale.position(of: map.values[index * map.channels])
        let under = Bitmap.colour(of: picture, at: index).grey
        guard position.isFinite else { return .notFinite }
        return under.mixed(with: ColourMap.heat.colour(position), min(max(opacity, 0), 1) * position.squareRoot())
      }
    case .signed(let map, let limit):
      return Bitmap(map: map) { ColourMap.diverging.colour(limit > 0 ? $0 / limit : $0 * 0) }
    case .photograph(let overlay):
      return Bitmap(pixels: overlay.pixels())
    case .classes(let classes, let strength):
      precondition(
        strength.height == classes.height && strength.width == classes.width,
        "the strengths of a class map have its size")
      return Bitmap(width: classes.width, height: classes.height) { index in
        let strength = strength.values[index]
        guard strength.isFinite else { return .notFinite }
        let colour = classColours.colour(of: classes.values[index])
        return Colour.white.mixed(with: colour, min(max(strength, 0), 1).squareRoot())
      }
    }
  }
}

extension Colour {
  /// The grey of the same luma (ITU-R BT.601).
  fileprivate var grey: Colour {
    let luma = (299 * Int(red) + 587 * Int(green) + 114 * Int(blue) + 500) / 1000
    return Colour(red: UInt8(luma), green: UInt8(luma), blue: UInt8(luma))
  }
}
