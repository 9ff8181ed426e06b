// swift-tools-version: 6.2
// A package of its own, so that a normal build never sees it. `Sources/` has links to the rooms whose parsers are fuzzed: here
// they are built with coverage and with every check of a debug build, and of each no more than the parsers need.
import PackageDescription

let swift6: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Optimised, but with the checks of a debug build: above all the bounds of unsafe buffers.
let instrumented = swift6 + [.unsafeFlags(["-sanitize=fuzzer", "-assert-config", "Debug", "-enable-testing"])]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")

let package = Package(
    name: "fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
    ],
    targets: [
        .target(
            name: "NATSTransport",
            dependencies: [crypto, nioCore],
            exclude: [
                "Connection", "Subscriptions", "Wire/ConnectCommand.swift", "Wire/NATSSubject.swift", "Wire/NUID.swift",
                "Auth/CalendarDay.swift", "Auth/ConnectProof.swift", "Auth/NATSCredentials.swift",
                "Auth/NATSTLSConfiguration.swift", "Auth/SecretFile.swift", "Auth/TLSContextLoader.swift",
                "Auth/TLSFailure.swift",
            ],
            swiftSettings: instrumented
        ),
        .target(name: "StanCore", dependencies: [nioCore], swiftSettings: instrumented),
        .target(name: "Matching", swiftSettings: instrumented),
        .target(name: "Notation", swiftSettings: instrumented),
        .target(name: "Config", dependencies: ["Matching", "Notation"], swiftSettings: instrumented),
        .executableTarget(
            name: "StanFuzz",
            dependencies: ["Config", "NATSTransport", "StanCore", nioCore],
            swiftSettings: instrumented
        ),
    ]
)
