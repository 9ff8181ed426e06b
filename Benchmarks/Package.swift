// swift-tools-version: 6.2
// A package of its own, so that a normal build never sees it. Uses the library as anybody would.
import PackageDescription

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "stan-bridged", path: ".."),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    ],
    targets: [
        .executableTarget(
            name: "StanBench",
            dependencies: [
                .product(name: "StanCore", package: "stan-bridged"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        )
    ]
)
