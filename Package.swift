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
    ["-enable-cmo-everything"],
    .when(configuration: .release)
)

/// Leaves out the checks, while a program runs, that no two accesses to a variable overlap: the unit
/// of work makes dozens of them for each command. Debug builds, and with them the tests, have them.
let unchecked = SwiftSetting.unsafeFlags(
    ["-enforce-exclusivity=unchecked"],
    .when(configuration: .release)
)

/// A library of ours, in `Sources/<name>`.
func source(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    _ settings: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict + settings)
}

/// A program of ours, in `Sources/<name>`.
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A library of the tools', in `Tools/Sources/<name>`.
func toolLibrary(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    resources: [Resource] = []
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Tools/Sources/\(name)",
        resources: resources,
        swiftSettings: strict
    )
}

/// A program of the tools', in `Tools/Sources/<folder>`.
func tool(_ name: String, in folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: "Tools/Sources/\(folder)",
        swiftSettings: strict
    )
}

/// The tests of one target, in `Tests/<name>`.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        path: "Tests/\(name)",
        swiftSettings: strict
    )
}

/// What several tests share, in `Tests/Support/<name>`.
func testSupport(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Tests/Support/\(name)",
        swiftSettings: strict
    )
}

let package = Package(
    name: "Banjie",
    products: [
        .library(name: "BanjieClient", targets: ["BanjieClient"]),
        .executable(name: "banjied", targets: ["banjied"]),
        .executable(name: "banjie", targets: ["banjie"]),
        .executable(name: "banjie-joint", targets: ["banjie-joint"]),
    ],
    targets: [
        // System libraries, and the C that names what their macros hide from Swift.
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(
            name: "CMicroHTTPD",
            pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev"])]
        ),
        .systemLibrary(
            name: "CJemalloc",
            pkgConfig: "jemalloc",
            providers: [.apt(["libjemalloc-dev"])]
        ),
        .target(name: "CAllocator", dependencies: ["CJemalloc"]),
        .target(name: "CSystem"),
        .target(name: "CGatheredLog", dependencies: ["CSQLite"]),

        // Time and the rules: pure.
        source("ChildProcess", ["CSystem"]),
        source("CivilTime"),
        source("WorkCalendar", ["CivilTime"]),
        source("Deadlines", ["CivilTime", "Store", "WorkCalendar"]),
        source("Office", ["CivilTime", "Deadlines", "Store", "WorkCalendar"]),

        // The protocol and its transport.
        source("Wire", ["CSystem"]),
        source("BanjieProtocol", ["CivilTime", "Wire"]),
        source("Transport", ["CSystem", "TLS", "Wire"]),
        source("BanjieClient", ["BanjieProtocol", "CivilTime", "TLS", "Transport", "Wire"]),

        // Secrets.
        source("PrivateFiles"),
        source("Sealing", ["COpenSSL", "Digest", "PrivateFiles"]),
        source("TLS", ["COpenSSL", "PrivateFiles"]),

        // Durable records.
        source("Digest", ["COpenSSL"]),
        source("Store", ["CSystem", "CivilTime", "Digest"], [specialized, unchecked]),
        source(
            "StoreSQLite",
            ["CGatheredLog", "CSQLite", "CivilTime", "Digest", "Sealing", "Store"],
            [unchecked]
        ),

        // What a process tells of itself: metrics and a log.
        source("Telemetry", ["CMicroHTTPD", "CivilTime"]),

        // Where all meets.
        source(
            "BanjieServer",
            [
                "BanjieProtocol", "CSystem", "CivilTime", "Deadlines", "Digest", "Office",
                "Sealing",
                "Store", "StoreSQLite", "TLS", "Telemetry", "Transport", "Wire", "WorkCalendar",
            ],
            [unchecked]
        ),
        program("banjied", ["BanjieServer", "CAllocator"]),
        source(
            "BanjieCLI",
            [
                "BanjieClient", "BanjieProtocol", "CivilTime", "Digest", "Office", "Sealing",
                "Store", "StoreSQLite", "Wire", "WorkCalendar",
            ]
        ),
        program("banjie", ["BanjieCLI"]),
        source(
            "BanjieJoint",
            ["BanjieClient", "BanjieProtocol", "ChildProcess", "CivilTime", "PrivateFiles", "Wire"]
        ),
        program("banjie-joint", ["BanjieJoint"]),

        // The tools.
        tool(
            "banjie-bench",
            in: "Bench",
            [
                "BanjieClient", "BanjieProtocol", "ChildProcess", "CivilTime", "Load",
                "LocalServer", "Telemetry", "Wire",
            ]
        ),
        toolLibrary("City", ["CivilTime", "Office", "SeededRandom"]),
        tool("city", in: "city-files", ["City"]),
        toolLibrary(
            "FuzzTargets",
            [
                "BanjieCLI", "BanjieProtocol", "CivilTime", "ProtoGen", "Transport", "Wire",
                "WorkCalendar",
            ]
        ),
        tool("banjie-fuzz", in: "banjie-fuzz", ["FuzzTargets"]),
        toolLibrary(
            "Load",
            [
                "BanjieClient", "BanjieProtocol", "CivilTime", "Deadlines", "LocalServer",
                "SeededRandom", "Telemetry", "Transport", "Wire",
            ]
        ),
        tool(
            "banjie-load",
            in: "banjie-load",
            ["BanjieClient", "BanjieProtocol", "ChildProcess", "Load", "Telemetry", "Wire"]
        ),
        toolLibrary("SeededRandom"),
        toolLibrary(
            "LocalServer",
            [
                "BanjieClient", "BanjieProtocol", "ChildProcess", "CivilTime", "Office", "Wire",
            ]
        ),
        toolLibrary(
            "HostilePeers",
            [
                "BanjieClient", "BanjieProtocol", "ChildProcess", "CivilTime", "LocalServer", "TLS",
                "TestCertificates", "Wire",
            ]
        ),
        tool("hostile", in: "hostile", ["HostilePeers"]),
        toolLibrary("ProtoGen", resources: [.embedInCode("Resources/dissector.lua")]),
        tool("protogen", in: "protogen", ["ProtoGen"]),
        toolLibrary(
            "ScenarioRunner",
            ["BanjieClient", "BanjieProtocol", "CivilTime", "LocalServer", "Office", "Wire"]
        ),
        tool("scenarios", in: "scenarios", ["ScenarioRunner"]),
        tool("simulate", in: "simulate", ["City", "Simulation"]),
        toolLibrary(
            "Simulation",
            [
                "BanjieProtocol", "BanjieServer", "CSQLite", "City", "CivilTime", "Deadlines",
                "Digest", "Office", "Sealing", "SeededRandom", "Store", "StoreModel", "StoreSQLite",
                "Transport",
                "Wire",
                "WorkCalendar",
            ]
        ),
        tool("transcode", in: "transcode", ["BanjieProtocol", "Wire"]),

        // Tests.
        .target(name: "CFaultVFS", dependencies: ["CSQLite"], path: "Tests/Support/CFaultVFS"),
        testSupport("RuleTesting", ["CivilTime", "WorkCalendar"]),
        testSupport("StoreModel", ["CivilTime", "Store"]),
        testSupport("StoreSamples", ["CivilTime", "SeededRandom", "Store"]),
        testSupport("TestCertificates", ["ChildProcess", "TLS"]),
        testSupport("TestVectors"),
        tests(
            "BanjieCLITests",
            [
                "BanjieCLI", "BanjieClient", "BanjieProtocol", "CivilTime", "Store", "Wire",
                "WorkCalendar",
            ]
        ),
        tests("BanjieJointTests", ["BanjieJoint", "BanjieProtocol", "CivilTime", "PrivateFiles"]),
        tests("BanjieClientTests", ["BanjieClient", "BanjieProtocol", "Transport", "Wire"]),
        tests("BanjieProtocolTests", ["BanjieProtocol", "CivilTime", "SeededRandom", "Wire"]),
        tests(
            "BanjieServerTests",
            [
                "BanjieClient", "BanjieProtocol", "BanjieServer", "CivilTime", "Deadlines",
                "Office", "Store", "StoreModel", "TLS", "Telemetry", "Transport", "Wire",
                "WorkCalendar",
            ]
        ),
        tests("ChildProcessTests", ["ChildProcess"]),
        tests("CivilTimeTests", ["CivilTime"]),
        tests(
            "DeadlinesTests",
            ["CivilTime", "Deadlines", "RuleTesting", "SeededRandom", "Store", "WorkCalendar"]
        ),
        tests(
            "EndToEndTests",
            [
                "BanjieClient", "BanjieJoint", "BanjieProtocol", "CSQLite", "ChildProcess", "City",
                "CivilTime", "Digest", "LocalServer", "Office", "Sealing", "SeededRandom", "TLS",
                "TestCertificates", "Wire", "banjie", "banjie-joint", "banjied",
            ]
        ),
        tests(
            "FaultTests",
            [
                "BanjieClient", "BanjieProtocol", "CSQLite", "ChildProcess", "CivilTime",
                "Deadlines", "LocalServer", "Office", "SeededRandom", "Store", "StoreSQLite",
                "Wire",
                "WorkCalendar", "banjied",
            ]
        ),
        tests("FuzzTests", ["FuzzTargets"]),
        tests("HostileTests", ["HostilePeers", "LocalServer", "banjied"]),
        tests(
            "LoadTests",
            [
                "BanjieClient", "BanjieProtocol", "Load", "LocalServer", "SeededRandom", "Wire",
                "banjie-load", "banjied",
            ]
        ),
        tests(
            "OfficeTests",
            [
                "CivilTime", "Deadlines", "Office", "RuleTesting", "SeededRandom", "Store",
                "WorkCalendar",
            ]
        ),
        tests("ProtoGenTests", ["ProtoGen"]),
        tests("PrivateFilesTests", ["PrivateFiles"]),
        tests("ScenarioTests", ["LocalServer", "ScenarioRunner", "banjied"]),
        tests("SealingTests", ["PrivateFiles", "Sealing", "SeededRandom"]),
        tests("SimulationTests", ["City", "Office", "Simulation"]),
        tests(
            "StoreConformanceTests",
            [
                "CivilTime", "Digest", "SeededRandom", "Store", "StoreModel", "StoreSQLite",
                "StoreSamples",
            ]
        ),
        tests(
            "StoreFaultTests",
            ["CFaultVFS", "CSQLite", "CivilTime", "Store", "StoreSQLite", "StoreSamples"]
        ),
        tests(
            "StoreSQLiteTests",
            ["CSQLite", "CivilTime", "Sealing", "Store", "StoreSQLite", "StoreSamples"]
        ),
        tests(
            "StoreTests",
            [
                "CSystem", "CivilTime", "Digest", "SeededRandom", "Store", "StoreModel",
                "StoreSamples",
            ]
        ),
        tests(
            "TLSTests",
            ["ChildProcess", "PrivateFiles", "SeededRandom", "TLS", "TestCertificates"]
        ),
        tests("TelemetryTests", ["CivilTime", "SeededRandom", "Telemetry"]),
        tests(
            "TransportTests",
            [
                "CSystem", "SeededRandom", "TLS", "TestCertificates", "TestVectors", "Transport",
                "Wire",
            ]
        ),
        tests("WireTests", ["SeededRandom", "TestVectors", "Wire"]),
        tests("WorkCalendarTests", ["CivilTime", "SeededRandom", "WorkCalendar"]),
    ]
)
