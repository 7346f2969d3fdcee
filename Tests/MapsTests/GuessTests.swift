import Testing

@testable import Maps

@Suite struct GuessTests {
  private let names = ["active", "inactive", "original", "cifar10-basic-cnn", "cifar10-resnet18"]

  @Test(
    "the nearest name is guessed, or none",
    arguments: [
      ("actve", "active"), ("Actvie", "active"), ("inactiv", "inactive"), ("cifar10", "cifar10-basic-cnn"),
      ("cifar10-resnet81", "cifar10-resnet18"), ("positive", nil), ("", nil), ("x", nil), ("heat", nil),
    ] as [(String, String?)])
  func guess(word: String, expected: String?) { #expect(word.guess(among: names) == expected) }

  @Test("a name that is one is no guess")
  func itself() { #expect("active".guess(among: ["active"]) == nil) }
}
