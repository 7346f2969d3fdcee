import Foundation

/// A colour of the sRGB space, as screens show it.
public struct Colour: Hashable, Sendable {
  public let red: UInt8
  public let green: UInt8
  public let blue: UInt8

  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// `hex` reads 0xRRGGBB.
  init(_ hex: UInt32) {
    self.init(red: UInt8(hex >> 16 & 255), green: UInt8(hex >> 8 & 255), blue: UInt8(hex & 255))
  }

  /// As CSS writes it.
  package var hex: String { String(format: "#%02x%02x%02x", red, green, blue) }

  /// What is drawn where a value is not a finite number.
  public static let notFinite = Colour(0x808080)
  static let white = Colour(0xFFFFFF)
  static let ink = Colour(0x1A1A1A)
  static let quietInk = Colour(0x555555)
  static let frame = Colour(0xB0B0B0)
  static let grid = Colour(0xE4E4E4)

  /// The colour `share` of the way from `self` to `other`, 0…1, component by component.
  func mixed(with other: Colour, _ share: Float) -> Colour {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Float(a) + (Float(b) - Float(a)) * share).rounded()) }
    return Colour(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }

  /// The relative luminance of WCAG 2.1, 0 for black to 1 for white.
  var luminance: Double {
    func linear(_ component: UInt8) -> Double {
      let value = Double(component) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// The contrast to another colour as WCAG 2.1 defines it, 1 (none) to 21 (black and white).
  func contrast(to other: Colour) -> Double {
    (max(luminance, other.luminance) + 0.05) / (min(luminance, other.luminance) + 0.05)
  }

  /// White or ink, whichever is easier to read on this colour.
  var textColour: Colour { contrast(to: .white) > contrast(to: .ink) ? .white : .ink }

  /// Six colours that stay apart for every kind of colour blindness, and a grey for the rest.
  ///
  /// Source: Paul Tol, "Colour schemes" (SRON/EPS/TN/09-002), the scheme "bright".
  package static let categories = [0x4477AA, 0xEE6677, 0x228833, 0xCCBB44, 0x66CCEE, 0xAA3377].map(Colour.init)
  package static let otherCategory = Colour(0xBBBBBB)
}
