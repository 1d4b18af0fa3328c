// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library or program of ours under `Sources/`.
func source(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of one target, in `Tests/<name>`.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        path: "Tests/\(name)",
        resources: resources,
        swiftSettings: strict)
}

let package = Package(
    name: "Banjie",
    products: [
        .library(name: "BanjieClient", targets: ["BanjieClient"]),
        .executable(name: "banjied", targets: ["banjied"]),
        .executable(name: "banjie", targets: ["banjie"]),
    ],
    targets: [
        // System libraries, and the C that names what their macros hide from Swift.
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CSystem"),

        // Time and the rules: pure.
        source("CivilTime"),
        source("WorkCalendar", ["CivilTime"]),
        source("Deadlines", ["CivilTime", "WorkCalendar"]),
        source("Office", ["CivilTime", "WorkCalendar", "Deadlines"]),

        // The protocol and its transport.
        source("Wire", ["CSystem"]),
        source("BanjieProtocol", ["Wire", "CivilTime"]),
        source("Transport", ["CSystem", "Wire"]),
        source("BanjieClient", ["BanjieProtocol", "CivilTime", "Transport", "Wire"]),

        // Durable records.
        source("Store", ["CivilTime"]),
        source("StoreSQLite", ["COpenSSL", "CSQLite", "CivilTime", "Store"]),

        // Where all meets.
        source(
            "BanjieServer",
            [
                "BanjieProtocol", "COpenSSL", "CSystem", "CivilTime", "Deadlines", "Office", "Store",
                "StoreSQLite", "Transport", "Wire", "WorkCalendar",
            ]),
        .executableTarget(
            name: "banjied", dependencies: ["BanjieServer"], swiftSettings: strict),
        .executableTarget(
            name: "banjie",
            dependencies: ["BanjieClient", "BanjieProtocol", "CivilTime", "WorkCalendar"],
            swiftSettings: strict),

        // The schema compiler.
        .target(name: "ProtoGen", path: "Tools/Sources/ProtoGen", swiftSettings: strict),
        .executableTarget(
            name: "protogen", dependencies: ["ProtoGen"], path: "Tools/Sources/protogen",
            swiftSettings: strict),
        .executableTarget(
            name: "transcode", dependencies: ["BanjieProtocol", "Wire"],
            path: "Tools/Sources/transcode", swiftSettings: strict),

        .target(name: "TestVectors", path: "Tests/TestVectors", swiftSettings: strict),
        tests("WireTests", ["TestVectors", "Wire"]),
        tests("TransportTests", ["CSystem", "TestVectors", "Transport", "Wire"]),
        tests("BanjieClientTests", ["BanjieClient", "BanjieProtocol", "Transport", "Wire"]),
    ]
)
