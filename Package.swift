// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Lets the modules that use a target compile its generic code for their own types, which for the
/// records of a unit of work takes half the time that shared code does. `package` declarations get
/// that from no other setting. A target with it can't be a part of a product that other packages
/// depend on.
let specialized = SwiftSetting.unsafeFlags(
    ["-enable-cmo-everything"], .when(configuration: .release))

/// A library or program of ours under `Sources/`.
func source(
    _ name: String, _ dependencies: [Target.Dependency] = [], _ settings: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict + settings)
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
        source("Digest", ["COpenSSL"]),
        source("Store", ["CSystem", "CivilTime", "Digest"], [specialized]),
        source("StoreSQLite", ["CSQLite", "CivilTime", "Digest", "Store"]),

        // Where all meets.
        source(
            "BanjieServer",
            [
                "BanjieProtocol", "COpenSSL", "CSystem", "CivilTime", "Deadlines", "Office", "Store",
                "StoreSQLite", "Transport", "Wire", "WorkCalendar",
            ]),
        // For tests alone.
        .target(
            name: "StoreModel", dependencies: ["CivilTime", "Store"],
            path: "Tests/Support/StoreModel", swiftSettings: strict),
        .target(
            name: "StoreSamples", dependencies: ["CivilTime", "Store"],
            path: "Tests/Support/StoreSamples", swiftSettings: strict),
        .target(name: "CFaultVFS", dependencies: ["CSQLite"], path: "Tests/Support/CFaultVFS"),
        tests(
            "StoreTests",
            ["CSystem", "CivilTime", "Digest", "Store", "StoreModel", "StoreSamples"]),
        tests(
            "StoreSQLiteTests", ["CSQLite", "CivilTime", "Store", "StoreSQLite", "StoreSamples"]),
        tests(
            "StoreConformanceTests",
            ["CivilTime", "Digest", "Store", "StoreModel", "StoreSQLite", "StoreSamples"]),
        tests(
            "StoreFaultTests",
            ["CFaultVFS", "CSQLite", "CivilTime", "Store", "StoreSQLite", "StoreSamples"]),

        .executableTarget(
            name: "banjied", dependencies: ["BanjieServer"], swiftSettings: strict),
        .executableTarget(
            name: "banjie",
            dependencies: ["BanjieClient", "BanjieProtocol", "CivilTime", "WorkCalendar"],
            swiftSettings: strict),
    ]
)
