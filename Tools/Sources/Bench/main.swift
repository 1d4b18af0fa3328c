import Foundation

let usage = """
    usage: banjie-bench compare --banjied FILE --load FILE --peers FOLDER [options]
           banjie-bench growth --banjied FILE --load FILE --peers FOLDER [options]
           banjie-bench overload --banjied FILE --load FILE --peers FOLDER [options]

    compare measures banjied and its peers in turn, and prints the ratios beside their aims.
    Exit code 1: a row is below half of its aim.
      --only echo|arm|wheel|peers   these rows alone; may be given several times;
                              peers, which must be installed, aren't measured unless named
      --json FILE             the figures for programs
      --rounds N              how often each is measured; the medians count (3)
      --seconds N             how long one measurement takes (3 for echo, 10 for arm)

    growth measures the same work beside ever more deadlines, matters, connections and watchers.
      --only deadlines|matters|connections|watchers
      --extent short|large    up to 1 M deadlines and 100 k matters, or 10 M and 5 M (short)

    overload looks for the most that is done in a second, offers multiples of that, and tells how soon
    afterwards one call takes as long as before.
      --rounds N, --seconds N as above (9 and 2)

    """

func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(2)
}

func number(_ text: String, within range: ClosedRange<Int>) -> Int {
    guard let value = Int(text), range.contains(value) else {
        fail("banjie-bench: \(text) isn't a number within \(range)")
    }
    return value
}

/// The values of options, each of which has one.
func values(_ arguments: [String], of known: [String]) -> [String: [String]] {
    var values: [String: [String]] = [:]
    var rest = arguments[...]
    while let option = rest.popFirst() {
        guard known.contains(option), let value = rest.popFirst() else { fail(usage) }
        values[option, default: []].append(value)
    }
    return values
}

/// Does something in a folder that goes afterwards.
///
/// - Parameter rounds: how often each is measured unless `values` say otherwise.
func inWorkshop<Result>(
    _ values: [String: [String]],
    rounds: Int = 3,
    _ work: (Workshop) async throws -> Result
) async throws -> Result {
    guard let banjied = values["--banjied"]?.last, let loadTool = values["--load"]?.last,
        let peers = values["--peers"]?.last
    else { fail(usage) }
    let peerFolder = URL(filePath: peers)
    // Beside the peers, for a memory file system would make durable writes look cheap.
    let folder = peerFolder.appending(path: "run-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await work(
        Workshop(
            banjied: URL(filePath: banjied),
            loadTool: URL(filePath: loadTool),
            peers: peerFolder,
            folder: folder,
            rounds: values["--rounds"]?.last.map { number($0, within: 1...100) } ?? rounds,
            seconds: values["--seconds"]?.last.map { number($0, within: 1...3600) }
        )
    )
}

/// Runs the comparisons; returns whether all rows come at least half the way to their aims.
func compare(_ arguments: [String]) async throws -> Bool {
    let known = ["--banjied", "--load", "--peers", "--only", "--json", "--rounds", "--seconds"]
    let values = values(arguments, of: known)
    let kinds = values["--only"] ?? ["echo", "arm", "wheel"]
    guard kinds.allSatisfy(["echo", "arm", "wheel", "peers"].contains) else { fail(usage) }
    let rows = try await inWorkshop(values) { workshop in
        var rows: [Row] = []
        if kinds.contains("echo") { rows += try EchoComparison(workshop: workshop).rows() }
        if kinds.contains("arm") { rows += try await ArmComparison(workshop: workshop).rows() }
        if kinds.contains("wheel") { rows += try WheelComparison(workshop: workshop).rows() }
        if kinds.contains("peers") {
            rows += try await PeerComparison(workshop: workshop).rows()
        }
        return rows
    }
    let report = Report(rows: rows)
    print(report.table())
    if let file = values["--json"]?.last { try report.json().write(to: URL(filePath: file)) }
    return !report.fails
}

/// Prints how cost grows.
func growth(_ arguments: [String]) async throws {
    let known = ["--banjied", "--load", "--peers", "--only", "--extent"]
    let values = values(arguments, of: known)
    let all = ["deadlines", "matters", "connections", "watchers"]
    let kinds = values["--only"] ?? all
    let extents: [String: GrowthBench.Extent] = ["short": .short, "large": .large]
    guard let extent = extents[values["--extent"]?.last ?? "short"],
        kinds.allSatisfy(all.contains)
    else { fail(usage) }
    try await inWorkshop(values) { workshop in
        try await GrowthBench(workshop: workshop, extent: extent).run(kinds)
    }
}

/// Prints what becomes of more than a server carries.
func overload(_ arguments: [String]) async throws {
    let known = ["--banjied", "--load", "--peers", "--rounds", "--seconds"]
    try await inWorkshop(values(arguments, of: known), rounds: 9) { workshop in
        try await OverloadBench(workshop: workshop).run()
    }
}

let arguments = Array(CommandLine.arguments.dropFirst(2))
do {
    switch CommandLine.arguments.dropFirst().first {
    case "compare": exit(try await compare(arguments) ? 0 : 1)
    case "growth": try await growth(arguments)
    case "overload": try await overload(arguments)
    default: fail(usage)
    }
} catch {
    fail("banjie-bench: \(error)")
}
