import Maps
import Rasters
import Testing

@testable import Experiments

@Suite struct ShapeImagesTests {
  /// The lower right quarters of cross, saltire, square and diamond, the centre at the upper left: + a stroke that no other shape
  /// has, # one that another has too.
  private static let quarters = """
    ##++++##. ##....... ......##. ......##.
    ###++###. ###...... ......##. .....###.
    +#....... .#++..... ......#+. ....++#..
    ++....... ..+##.... ......++. ...##+...
    ++....... ...##+... ......++. ..+##....
    +#....... ....++#.. ......#+. .#++.....
    ##....... .....###. ###++###. ###......
    ##....... ......##. ##++++##. ##.......
    ......... ......... ......... .........
    """

  @Test("shapes look as they should, from all four sides alike", arguments: Shape.allCases.enumerated().map(\.self))
  func strokes(place: Int, shape: Shape) {
    let drawn = Self.quarters.split(separator: "\n").map { Array($0.split(separator: " ")[place]) }
    for row in -8...8 {
      for column in -8...8 {
        let mark = drawn[abs(row)][abs(column)]
        #expect(shape.covers(row: row, column: column) == (mark != "."))
        #expect(shape.coversAlone(row: row, column: column) == (mark == "+"))
      }
    }
  }

  @Test("an image depends on seed, part and index alone")
  func seeded() {
    let (few, many) = (ShapeImages("test", count: 5, seed: 1), ShapeImages("test", count: 20, seed: 1))
    for index in 0..<5 {
      #expect(few[index] == many[index])
      #expect(few.truth(index) == many.truth(index))
    }
    #expect(few[3] != ShapeImages("test", count: 5, seed: 2)[3])
    #expect(few[3] != ShapeImages("training", count: 5, seed: 1)[3])
    #expect(few[0] != many[8] && few.labels == [0, 1, 2, 3, 4])
  }

  @Test("strokes are brighter than their surroundings where the truth says so, and only there")
  func contrast() {
    let images = ShapeImages("test", count: 80, seed: 3)
    for index in 0..<images.count {
      let (image, truth) = (images[index], images.truth(index))
      #expect(truth.isBright == images.classNames[Int(images.labels[index])].hasPrefix("bright"))
      func mean(_ set: [Bool]) -> Double {
        let values = zip(image.values, set).filter(\.1).map { Double($0.0) }
        return values.reduce(0, +) / Double(values.count)
      }
      // A contrast of 0.2 at least, of which the waves, ±0.06, may take a part.
      #expect(mean(truth.brighter) - mean(truth.darker) > 0.12 * 255)
      #expect(zip(truth.brighter, truth.darker).allSatisfy { !($0 && $1) })
      #expect((zip(truth.brighter, truth.darker).map { $0 || $1 }).count { $0 } == 19 * 19)
    }
  }

  @Test("views are asked for what they claim")
  func views() throws {
    let images = ShapeImages("test", count: 2, seed: 0)
    let (bright, dark) = (images.truth(0), images.truth(1))
    #expect(bright.pixels(of: Positive()) == bright.brighter && bright.opposite(of: Positive()) == bright.darker)
    #expect(dark.pixels(of: Negative()) == dark.darker && dark.opposite(of: Negative()) == dark.brighter)
    #expect(bright.pixels(of: Active()) == bright.own && bright.pixels(of: Inactive()) == nil)
    #expect(dark.pixels(of: Inactive()) == dark.own && dark.pixels(of: Active()) == nil)
    #expect(try #require(bright.pixels(of: Original())).count { $0 } == 19 * 19)
    #expect(bright.opposite(of: Original()) == nil && bright.pixels(of: Signed()) == nil)
    // What is the brighter set of a bright shape is the darker set of a dark one.
    #expect(bright.brighter.count { $0 } == 81 && dark.darker.count { $0 } == 81)
  }
}
