import Foundation

let usage = """
    usage: banjie-bench compare --banjied FILE --peers FOLDER [options]
           banjie-bench wheel year|two COUNT

    compare measures banjied and its peers in turn, and prints the ratios beside their aims.
    Exit code 1: a row is below half of its aim.
      --only echo|arm|wheel   these rows alone; may be given several times
      --json FILE             the figures for programs
      --rounds N              how often each is measured; the medians count (3)
      --seconds N             how long one measurement takes (3 for echo, 10 for arm)

    wheel measures the timing wheel alone, in this process.

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

/// Runs the comparisons; returns whether all rows come at least half the way to their aims.
func compare(_ arguments: [String]) throws -> Bool {
    var values: [String: [String]] = [:]
    var rest = arguments[...]
    while let option = rest.popFirst() {
        let known = ["--banjied", "--peers", "--only", "--json", "--rounds", "--seconds"]
        guard known.contains(option), let value = rest.popFirst() else { fail(usage) }
        values[option, default: []].append(value)
    }
    let kinds = values["--only"] ?? ["echo", "arm", "wheel"]
    guard let banjied = values["--banjied"]?.last, let peers = values["--peers"]?.last,
        kinds.allSatisfy(["echo", "arm", "wheel"].contains)
    else { fail(usage) }
    let peerFolder = URL(filePath: peers)
    // Beside the peers, for a memory file system would make durable writes look cheap.
    let folder = peerFolder.appending(path: "run-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let workshop = Workshop(
        banjied: URL(filePath: banjied),
        peers: peerFolder,
        folder: folder,
        rounds: number(values["--rounds"]?.last ?? "3", within: 1...100),
        seconds: values["--seconds"]?.last.map { number($0, within: 1...3600) }
    )
    var rows: [Row] = []
    if kinds.contains("echo") { rows += try EchoComparison(workshop: workshop).rows() }
    if kinds.contains("arm") { rows += try ArmComparison(workshop: workshop).rows() }
    if kinds.contains("wheel") { rows += try WheelComparison(workshop: workshop).rows() }
    let report = Report(rows: rows)
    print(report.table())
    if let file = values["--json"]?.last { try report.json().write(to: URL(filePath: file)) }
    return !report.fails
}

let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "compare":
    do {
        exit(try compare(Array(arguments.dropFirst())) ? 0 : 1)
    } catch {
        fail("banjie-bench: \(error)")
    }
case "wheel":
    let operands = Array(arguments.dropFirst())
    guard operands.count == 2, let instants = WheelBench.Instants(rawValue: operands[0]) else {
        fail(usage)
    }
    WheelBench(instants: instants, count: number(operands[1], within: 1...100_000_000)).run()
default:
    fail(usage)
}
