// swift-tools-version: 6.1
// A program that wants maps and nothing else: of this library's two products it takes the one that needs libtorch alone.
import PackageDescription

let package = Package(
  name: "MapsOnly",
  dependencies: [.package(name: "swift-saliency", path: "../..", traits: [])],
  targets: [
    .executableTarget(
      name: "MapsOnly", dependencies: [.product(name: "SaliencyMaps", package: "swift-saliency")])
  ])
