// swift-tools-version: 6.1
import Foundation
import PackageDescription

// LIBTORCH=/path builds against that libtorch (a folder with include/ and lib/, such as PyPI's torch package) instead of
// Debian's libtorch-dev. Only then does this manifest need unsafe flags, and a C++20 compiler for the 2.x headers.
let libtorch = ProcessInfo.processInfo.environment["LIBTORCH"]
let hasCUDA = libtorch.map { FileManager.default.fileExists(atPath: "\($0)/lib/libtorch_cuda.so") } ?? false

var torchCompiler: [CXXSetting] = [.headerSearchPath("Gloo")]
var torchLinker: [LinkerSetting] = ["torch_cpu", "torch", "c10"].map { .linkedLibrary($0) }
if let libtorch {
  torchCompiler += [
    .unsafeFlags([
      "-isystem", "\(libtorch)/include", "-isystem", "\(libtorch)/include/torch/csrc/api/include",
    ])
  ]
  // By path, so that Debian's libtorch cannot be found first. Nothing refers to the CUDA libraries by name: without
  // --no-as-needed the linker would drop them, and CUDA would be silently missing.
  let libraries = ["torch_cpu", "torch", "c10"] + (hasCUDA ? ["torch_cuda", "c10_cuda"] : [])
  let flags =
    ["--no-as-needed"] + libraries.map { "\(libtorch)/lib/lib\($0).so" }
    + ["--as-needed", "-rpath", "\(libtorch)/lib", "--unresolved-symbols=ignore-in-shared-libs"]
  torchLinker = [.unsafeFlags(flags.flatMap { ["-Xlinker", $0] })]
}

// Who builds without the trait Explorer compiles none of them.
let serverPackages: [Target.Dependency] = [
  ("Hummingbird", "hummingbird"), ("HummingbirdCore", "hummingbird"), ("Logging", "swift-log"),
  ("NIOCore", "swift-nio"),
].map { .product(name: $0, package: $1, condition: .when(traits: ["Explorer"])) }

// Scripts/fuzz sets it: the program is linked with libFuzzer, which is there in a build with --sanitize=fuzzer alone.
let fuzzers: [Target] =
  ProcessInfo.processInfo.environment["SALIENCY_FUZZ"] == nil
  ? []
  : [.executableTarget(name: "saliency-fuzz", dependencies: ["Fuzzing", "TestSupport"], path: "Tests/saliency-fuzz")]

let package = Package(
  name: "swift-saliency",
  products: [
    // Maps of classifiers, for which libtorch is enough; everything; and the page in the browser with its server.
    .library(name: "SaliencyMaps", targets: ["SaliencyMaps"]),
    .library(name: "Saliency", targets: ["Saliency"]),
    .library(name: "SaliencyExplorer", targets: ["SaliencyExplorer"]),
    .executable(name: "saliency", targets: ["saliency-cli"]),
  ],
  traits: [
    .default(enabledTraits: ["Explorer"]),
    .trait(name: "Explorer", description: "The server of saliency explore, and the packages of HTTP that it needs."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.0.0", traits: []),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  targets: [
    .target(name: "Files"),
    .target(name: "Rasters"),
    .target(name: "Distribution", dependencies: ["Files"]),
    .systemLibrary(
      name: "CVipsLibrary", path: "Sources/C/CVipsLibrary", pkgConfig: "vips", providers: [.apt(["libvips-dev"])]),
    .target(name: "CVips", dependencies: ["CVipsLibrary"], path: "Sources/C/CVips"),
    .target(name: "Pictures", dependencies: ["Files", "Rasters", "CVips"]),
    .systemLibrary(name: "CZlib", path: "Sources/C/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CArchive", path: "Sources/C/CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(
      name: "CCrypto", path: "Sources/C/CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CCurlLibrary", path: "Sources/C/CCurlLibrary", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(name: "CCurl", dependencies: ["CCurlLibrary"], path: "Sources/C/CCurl"),
    .target(name: "Downloads", dependencies: ["CArchive", "CCrypto", "CCurl", "Files"]),
    .target(name: "Datasets", dependencies: ["Files", "Rasters", "Pictures", "CZlib", "Downloads"]),
    .target(name: "CTorch", path: "Sources/C/CTorch", cxxSettings: torchCompiler, linkerSettings: torchLinker),
    .target(name: "Tensors", dependencies: ["CTorch"]),
    .target(name: "Maps", dependencies: ["Files", "Rasters", "Tensors"]),
    .target(
      name: "Networks", dependencies: ["Files", "Maps"],
      resources: [.copy("Weights"), .embedInCode("Presets")]),
    .target(name: "Training", dependencies: ["Distribution", "Networks"]),
    .target(
      name: "Experiments",
      dependencies: [
        "Datasets", "Distribution", "Downloads", "Figures", "Files", "Maps", "Networks", "Rasters", "Tensors",
        "Training",
      ]),
    .target(
      name: "Reports",
      dependencies: ["Downloads", "Experiments", "Pictures", .product(name: "Mustache", package: "swift-mustache")],
      resources: [.embedInCode("Templates")]),
    .target(
      name: "SaliencyMaps", dependencies: ["Maps", "Networks", "Rasters", "Tensors"]),
    .target(
      name: "Saliency",
      dependencies: [
        "Distribution", "Downloads", "Experiments", "Figures", "Files", "Maps", "Networks", "Pictures", "Reports",
        "Training",
      ]),
    .target(name: "Explorer", dependencies: ["Saliency"], resources: [.embedInCode("Page")]),
    .target(
      name: "SaliencyExplorer",
      dependencies: ["Explorer", "Saliency"] + serverPackages),
    .executableTarget(
      name: "saliency-cli",
      dependencies: [
        "Explorer", "Saliency", .target(name: "SaliencyExplorer", condition: .when(traits: ["Explorer"])),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(
      name: "TestSupport", dependencies: ["CArchive", "CCairo", "Figures", "Networks", "Rasters"],
      path: "Tests/TestSupport"),
    .systemLibrary(
      name: "CCairo", path: "Sources/C/CCairo", pkgConfig: "pangocairo",
      providers: [.apt(["libcairo2-dev", "libpango1.0-dev"])]),
    .target(name: "Figures", dependencies: ["Files", "Rasters", "CCairo"]),
    .target(
      name: "Fuzzing", dependencies: ["Datasets", "Downloads", "Networks", "Pictures", "Tensors", "TestSupport"],
      path: "Tests/Fuzzing"),
    .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing", "TestSupport"]),
    .testTarget(name: "DistributionTests", dependencies: ["Distribution", "Files", "TestSupport"]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"]),
    .testTarget(
      name: "ExperimentsTests", dependencies: ["Experiments", "Saliency", "TestSupport"], exclude: ["Golden"]),
    .testTarget(name: "RastersTests", dependencies: ["Rasters"]),
    .testTarget(
      name: "PicturesTests", dependencies: ["Pictures", "TestSupport"], resources: [.copy("Fixtures")]),
    .testTarget(name: "DownloadsTests", dependencies: ["CArchive", "Downloads", "TestSupport"]),
    .testTarget(name: "DatasetsTests", dependencies: ["CZlib", "Datasets", "Downloads", "TestSupport"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "TestSupport"]),
    .testTarget(name: "MapsTests", dependencies: ["Maps", "Networks", "TestSupport"]),
    .testTarget(name: "NetworksTests", dependencies: ["Maps", "Networks", "TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport"]),
    .testTarget(
      name: "FiguresTests", dependencies: ["Figures", "Files", "Rasters", "TestSupport"], exclude: ["Golden"]),
    .testTarget(name: "ExplorerTests", dependencies: ["Explorer", "Saliency", "TestSupport"]),
    .testTarget(
      name: "SaliencyExplorerTests", dependencies: ["Explorer", "SaliencyExplorer", "TestSupport"] + serverPackages),
    .testTarget(
      name: "PagesTests",
      dependencies: [
        "Explorer", "Figures", "Pictures", "Reports", "Rasters",
        .target(name: "SaliencyExplorer", condition: .when(traits: ["Explorer"])), "TestSupport",
      ]),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports", "Saliency", "TestSupport"], exclude: ["Golden"]),
    .testTarget(
      name: "SaliencyTests", dependencies: ["Saliency", "TestSupport"], exclude: ["Golden"]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Saliency", "saliency-cli", "TestSupport", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ] + fuzzers,
  cxxLanguageStandard: libtorch == nil ? .cxx17 : .cxx20
)
