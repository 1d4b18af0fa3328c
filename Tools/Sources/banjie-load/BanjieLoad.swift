import BanjieClient
import BanjieProtocol
import ChildProcess
import Foundation
import Load
import Telemetry
import Wire

/// `banjie-load LOAD [options]`: loads a server, and says how it bore it.
@main
struct BanjieLoad {
    static func main() async {
        do {
            let options = try LoadOptions(CommandLine.arguments.dropFirst())
            exit(try await run(options) ? 0 : 1)
        } catch {
            tell("banjie-load: \(error)\n")
            exit(error is LoadError ? 64 : 70)
        }
    }

    /// Returns whether every call succeeded.
    private static func run(_ options: LoadOptions) async throws -> Bool {
        // A file that isn't there is told before the load, not after it.
        let earlier = try options.compare.map {
            try JSONDecoder().decode(Summary.self, from: Data(contentsOf: URL(filePath: $0)))
        }
        let folder = URL(filePath: ".build")
            .appending(path: "load-\(ProcessInfo.processInfo.processIdentifier)")
        if options.load == .wheel { return try wheel(options) }
        let site = try site(options, folder)
        if options.load == .idle { return try await idle(site, options) }
        let result =
            options.processes > 1 ? try shared(site, options) : try await load(site, options)
        let isWell = result.total.failures.isEmpty
        if options.isPart {
            FileHandle.standardOutput.write(try JSONEncoder().encode(result))
            return isWell
        }
        let summary = Summary(
            result,
            of: options.load,
            connections: options.connections,
            payload: options.load == .echo ? options.payload : nil,
            watchers: options.load == .watch ? options.watchers : nil,
            serverBytes: site.processID.flatMap(ProcessFigures.residentBytes),
            plan: options.plan
        )
        try show(
            summary.text,
            comparison: earlier.map(summary.compared),
            try summary.json(),
            options
        )
        if let file = options.html {
            try Data(ResultPage(summary).html.utf8).write(to: URL(filePath: file))
        }
        return isWell
    }

    /// Tells people, or programs when these read the standard output, and writes the file for programs.
    private static func show(
        _ text: String,
        comparison: String? = nil,
        _ json: Data,
        _ options: LoadOptions
    ) throws {
        if options.json != "-" { print(text) }
        if let comparison { print("\n\(comparison)") }
        guard let file = options.json else { return }
        if file == "-" {
            print(String(decoding: json, as: UTF8.self))
        } else {
            try json.write(to: URL(filePath: file))
        }
    }

    private static func load(
        _ site: LoadSite,
        _ options: LoadOptions
    ) async throws -> LoadResult {
        switch options.load {
        case .echo: return try load(site, EchoLoad(payload: options.payload), nil, options)
        case .arm: return try load(site, DeadlineLoad.arm, nil, options)
        case .deadlines: return try await lives(site, options)
        case .submissions, .cases:
            // An item has four digits for the matters of a day.
            let (clerk, items) = try await site.prepareCases(items: 1000)
            let work = CaseLoad(items: items, isWhole: options.load == .cases)
            return try load(site, work, clerk, options)
        case .watch: return try await watched(site, options)
        case .joint: return try await jointly(site, options)
        case .idle, .wheel: preconditionFailure("\(options.load) makes no calls")
        }
    }

    /// Deadlines through all that happens to one, and others that fall due.
    private static func lives(
        _ site: LoadSite,
        _ options: LoadOptions
    ) async throws -> LoadResult {
        let label = "load-due/\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        let watching = try site.connect()
        let firings = try await Firings.watch(over: watching, label: label)
        defer { firings.end() }
        return try load(site, DeadlineLoad.life(firings), nil, options)
    }

    /// Changes of which all watchers are told, one after the other.
    private static func watched(
        _ site: LoadSite,
        _ options: LoadOptions
    ) async throws -> LoadResult {
        let (clerk, items) = try await site.prepareCases(items: 10)
        let thread = try ConnectionThread()
        let connections = try (0..<WatchCrowd.connections(for: options.watchers)).map { _ in
            try site.connect(as: clerk, on: thread)
        }
        let crowd = try await WatchCrowd.gather(
            options.watchers,
            over: connections,
            department: LoadSite.department
        )
        defer { crowd.disperse() }
        var seconds = 10.0
        if case .seconds(let asked) = options.plan.extent { seconds = asked }
        let cases = CasesClient(try site.connect(as: clerk))
        var number = 0
        return try await crowd.fanOut(for: seconds, warmUp: options.plan.warmUpSeconds) {
            number += 1
            _ = try await cases.submit(LoadSite.submission(of: items[number % items.count]))
        }
    }

    /// Tells what a connection costs the server.
    private static func idle(_ site: LoadSite, _ options: LoadOptions) async throws -> Bool {
        guard let process = site.processID else {
            throw LoadError("idle looks at the memory of a server of its own: leave --server out")
        }
        let threads = try (0..<options.threads).map { _ in try ConnectionThread() }
        // One is there before, so that what the first costs isn't counted.
        let first = try await IdleCrowd(1, at: site, on: threads)
        defer { first.close() }
        let before = ProcessFigures.residentBytes(of: process) ?? .nan
        let crowd = try await IdleCrowd(options.connections, at: site, on: threads)
        defer { crowd.close() }
        if case .seconds(let seconds) = options.plan.extent {
            try await Task.sleep(for: .seconds(seconds))
        }
        let after = ProcessFigures.residentBytes(of: process) ?? .nan
        // Whoever was given up in the meantime would fail here.
        try await crowd.ask()
        let each = (after - before) / Double(options.connections)
        try show(
            "\(options.connections) idle connections: \(String(format: "%.2f", each / 1024)) KiB each; "
                + "the server has \(String(format: "%.1f", after / 1_048_576)) MiB",
            Data("{\"connections\": \(options.connections), \"bytesEach\": \(each)}".utf8),
            options
        )
        return true
    }

    private static func site(_ options: LoadOptions, _ folder: URL) throws -> LoadSite {
        guard let server = options.server else {
            guard let program = options.banjied else {
                throw LoadError("name a server with --server, or a program to start with --banjied")
            }
            return try LoadSite(starting: program, in: folder, hasTLS: options.hasTLS)
        }
        let secret = try options.secretFile.map {
            try String(contentsOf: URL(filePath: $0), encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return LoadSite(
            at: server,
            realm: options.realm,
            security: try options.authorities.map { try ConnectionSecurity(authorities: $0) },
            credentials: options.login.map { Credentials(login: $0, secret: secret ?? "") }
        )
    }

    private static func load(
        _ site: LoadSite,
        _ work: some Workload,
        _ credentials: Credentials?,
        _ options: LoadOptions
    ) throws -> LoadResult {
        let threads = try (0..<options.threads).map { _ in try ConnectionThread() }
        let connections = try (0..<options.connections).map { number in
            try site.connect(as: credentials, on: threads[number % threads.count])
        }
        let run = LoadRun(
            work,
            over: connections,
            options.plan,
            seed: .random(in: 0 ... .max)
        )
        let process = site.processID
        let result = run.run {
            process.flatMap(ProcessFigures.processorSeconds)
        } progress: { sample in
            guard !options.isQuiet else { return }
            tell("\r\u{1B}[K\(Summary.Moment(sample).line)")
        }
        if !options.isQuiet { tell("\r\u{1B}[K") }
        for connection in connections { connection.close() }
        return result
    }

    /// Matters that need the departments' daemons, and these.
    private static func jointly(
        _ site: LoadSite,
        _ options: LoadOptions
    ) async throws -> LoadResult {
        let daemons = try await site.prepareDaemons(options.daemons)
        let (clerk, items) = try await site.prepareCases(items: 100, joint: true)
        let thread = try ConnectionThread()
        let crowd = DaemonCrowd(
            over: try daemons.map { try site.connect(as: $0, on: thread) }
        )
        defer { crowd.dismiss() }
        return try load(site, JointLoad(items: items), clerk, options)
    }

    /// Has several processes of this program share the connections.
    private static func shared(_ site: LoadSite, _ options: LoadOptions) throws -> LoadResult {
        let secret = FileManager.default.temporaryDirectory
            .appending(path: "banjie-load-\(getpid()).secret")
        defer { try? FileManager.default.removeItem(at: secret) }
        let there = try site.options(secretFile: secret)
        let parts = try (0..<options.processes).map { number in
            let output = Pipe()
            let process = try ChildProcess(
                "/proc/self/exe",
                options.part(number, of: options.processes) + there,
                output: .pipe(output)
            )
            return (process, output)
        }
        var results: [LoadResult] = []
        for (process, output) in parts {
            let told = try output.fileHandleForReading.readToEnd() ?? Data()
            let exit = process.wait()
            // 1: a call failed, which stands in what it tells.
            guard exit == .code(0) || exit == .code(1) else {
                throw LoadError("a part of the load ended with \(exit)")
            }
            results.append(try JSONDecoder().decode(LoadResult.self, from: told))
        }
        guard var result = results.first else {
            throw LoadError("no part of the load told anything")
        }
        for other in results.dropFirst() { result.merge(other) }
        return result
    }

    private static func wheel(_ options: LoadOptions) throws -> Bool {
        let figures = WheelLoad(options.timers, at: options.instants).run()
        try show(figures.text, try JSONEncoder().encode(figures), options)
        return true
    }

    private static func tell(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
