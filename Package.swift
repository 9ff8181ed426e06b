// swift-tools-version: 6.2
import PackageDescription

let swift6: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
    name: "stan-bridged",
    products: [
        .executable(name: "stan-bridged", targets: ["stan-bridged"]),
        .library(name: "StanCore", targets: ["StanCore"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        // No traits: the defaults pull in all of Foundation, and ICU with it.
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0", traits: []),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
    ],
    targets: [
        // The rooms, from the wire to the daemon. Arrows between them point one way only.
        .target(
            name: "NATSTransport",
            dependencies: [crypto, logging, nioCore, nioPosix, nioSSL, nioTLS],
            swiftSettings: swift6
        ),
        .target(
            name: "StanCore",
            dependencies: ["NATSTransport", logging, nioCore, nioPosix],
            swiftSettings: swift6
        ),
        .target(name: "Checksums", swiftSettings: swift6),
        .target(
            name: "DevServer",
            dependencies: ["Checksums", "NATSTransport", "StanCore", logging, nioCore, nioPosix],
            swiftSettings: swift6
        ),
        // What a configuration says messages are matched by, and both it and those who match them know: imports nothing.
        .target(name: "Matching", swiftSettings: swift6),
        // Texts that both a configuration and those who act on it read: imports nothing.
        .target(name: "Notation", swiftSettings: swift6),
        .target(name: "Config", dependencies: ["Matching", "Notation"], swiftSettings: swift6),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .yum(["libcurl-devel"])]
        ),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .yum(["zlib-devel"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .yum(["libzstd-devel"])]),
        .target(name: "Compression", dependencies: ["CZlib", "CZstd"], swiftSettings: swift6),
        .target(
            name: "Delivery",
            dependencies: [
                "CCurl", "Checksums", "Compression", "Matching", "Notation", crypto, heap, logging, nioCore, nioPosix,
            ],
            swiftSettings: swift6
        ),
        .executableTarget(
            name: "stan-bridged",
            dependencies: [
                "Compression", "Config", "Delivery", "DevServer", "Matching", "NATSTransport", "StanCore",
                argumentParser, httpTypes, hummingbird, hummingbirdCore, logging, nioCore, nioHTTPTypes, nioPosix,
                serviceLifecycle,
                unixSignals,
            ],
            swiftSettings: swift6
        ),

        // The library as its users use it; run in CI.
        .executableTarget(name: "Examples", dependencies: ["StanCore", nioCore], path: "Examples", swiftSettings: swift6),

        // Tests mirror the rooms; TestSupport is what they share.
        .target(
            name: "TestSupport",
            dependencies: ["DevServer", "NATSTransport", "StanCore", logging, nioCore, nioPosix],
            path: "Tests/TestSupport",
            exclude: ["validate.py", "verify.py"],
            swiftSettings: swift6
        ),
        .testTarget(name: "CompressionTests", dependencies: ["CZlib", "CZstd", "Compression"], swiftSettings: swift6),
        .testTarget(name: "NotationTests", dependencies: ["Notation", "TestSupport"], swiftSettings: swift6),
        .testTarget(name: "MatchingTests", dependencies: ["Matching", "TestSupport"], swiftSettings: swift6),
        .testTarget(name: "ConfigTests", dependencies: ["Config", "Matching", "Notation", "TestSupport"], swiftSettings: swift6),
        .testTarget(
            name: "NATSTransportTests",
            dependencies: [
                "DevServer", "NATSTransport", "TestSupport", logging, nioCore, nioEmbedded, nioPosix,
            ],
            swiftSettings: swift6
        ),
        .testTarget(
            name: "StanCoreTests",
            dependencies: [
                "DevServer", "StanCore", "NATSTransport", "TestSupport", logging, nioCore, nioPosix,
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Protocol/generate-protobuf.sh", "Protocol/stan.proto"],
            swiftSettings: swift6
        ),
        .testTarget(
            name: "DeliveryTests",
            dependencies: [
                "CZlib", "Compression", "Delivery", "Matching", "Notation", "TestSupport", crypto, hummingbird, logging, nioCore,
                nioPosix,
            ],
            swiftSettings: swift6
        ),
        .testTarget(
            name: "DevServerTests",
            dependencies: ["Checksums", "DevServer", "NATSTransport", "StanCore", "TestSupport", logging, nioCore, nioPosix],
            swiftSettings: swift6
        ),
        // Debian's C client, which speaks STAN and shares no line with ours.
        .systemLibrary(name: "CLibnats", path: "Tests/CLibnats", providers: [.apt(["libnats-dev"])]),
        .testTarget(
            name: "PeerTests",
            dependencies: ["CLibnats", "StanCore", "TestSupport", nioCore],
            swiftSettings: swift6
        ),
        .testTarget(
            name: "ConformanceTests",
            dependencies: ["DevServer", "NATSTransport", "StanCore", "TestSupport", logging, nioCore, nioPosix],
            swiftSettings: swift6
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Delivery", nioCore],
            swiftSettings: swift6
        ),
        .testTarget(
            name: "BridgeTests",
            dependencies: [
                "stan-bridged", "Compression", "Config", "Delivery", "NATSTransport", "Notation", "StanCore", "TestSupport",
                httpTypes,
                logging, nioCore, nioEmbedded, nioHTTPTypes, nioPosix,
            ],
            swiftSettings: swift6
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Config", "Delivery", "DevServer", "NATSTransport", "StanCore", "TestSupport", "stan-bridged",
                hummingbird, logging, nioCore, nioPosix,
            ],
            swiftSettings: swift6
        ),
    ]
)
