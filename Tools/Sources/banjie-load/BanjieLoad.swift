import BanjieClient
import BanjieProtocol
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
        let site = try site(options, folder)
        if options.load == .idle { return try await idle(site, options) }
        let summary: Summary
        switch options.load {
        case .echo:
            summary = try load(site, EchoLoad(payload: options.payload), nil, options)
        case .arm: summary = try load(site, DeadlineLoad.arm, nil, options)
        case .deadlines: summary = try load(site, DeadlineLoad.life, nil, options)
        case .submissions, .cases:
            let (clerk, items) = try await site.prepareCases(items: 100)
            let work = CaseLoad(items: items, isWhole: options.load == .cases)
            summary = try load(site, work, clerk, options)
        case .watch: summary = try await watched(site, options)
        // Handled above: it has no calls.
        case .idle: return false
        }
        if options.json != "-" { print(summary.text) }
        if let earlier { print("\n\(summary.compared(with: earlier))") }
        if let file = options.json {
            let json = try summary.json()
            if file == "-" {
                print(String(decoding: json, as: UTF8.self))
            } else {
                try json.write(to: URL(filePath: file))
            }
        }
        if let file = options.html {
            try Data(ResultPage(summary).html.utf8).write(to: URL(filePath: file))
        }
        return !summary.hasFailures
    }

    /// Changes of which all watchers are told, one after the other.
    private static func watched(_ site: LoadSite, _ options: LoadOptions) async throws -> Summary {
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
        let result = try await crowd.fanOut(for: seconds, warmUp: options.plan.warmUpSeconds) {
            number += 1
            _ = try await cases.submit(LoadSite.submission(of: items[number % items.count]))
        }
        var summary = Summary(
            result,
            of: options.load,
            connections: connections.count,
            payload: nil,
            plan: options.plan
        )
        summary.toldPerSecond = summary.callsPerSecond * Double(options.watchers)
        return summary
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
        if let file = options.json {
            let json = "{\"connections\": \(options.connections), \"bytesEach\": \(each)}\n"
            if file == "-" {
                print(json, terminator: "")
            } else {
                try Data(json.utf8).write(to: URL(filePath: file))
            }
        }
        if options.json != "-" {
            print(
                "\(options.connections) idle connections: \(String(format: "%.2f", each / 1024)) KiB each; "
                    + "the server has \(String(format: "%.1f", after / 1_048_576)) MiB"
            )
        }
        return true
    }

    private static func site(_ options: LoadOptions, _ folder: URL) throws -> LoadSite {
        guard let server = options.server else {
            guard let program = options.banjied else {
                throw LoadError("name a server with --server, or a program to start with --banjied")
            }
            return try LoadSite(starting: program, in: folder)
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
    ) throws -> Summary {
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
        return Summary(
            result,
            of: options.load,
            connections: options.connections,
            payload: options.load == .echo ? options.payload : nil,
            plan: options.plan
        )
    }

    private static func tell(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
