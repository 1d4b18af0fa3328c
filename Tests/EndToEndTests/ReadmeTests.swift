import BanjieClient
import BanjieProtocol
import CivilTime
import Foundation
import LocalServer
import TLS
import TestCertificates
import Testing
import Wire

/// The README's examples, run: its code stands in `Examples` line by line, its commands are read from it.
@Suite(.serialized) struct ReadmeTests {
    /// The code of the README; a test holds the two against each other.
    private enum Examples {
        static func arm(_ address: String, secret: String) async throws {
            // The secret: the line that `banjie admin credential issue` wrote, without its end.
            let connection = try Connection(
                to: address,
                options: ConnectionOptions(
                    realm: "banjie",
                    credentials: Credentials(login: "clerk", secret: secret)
                )
            )
            let deadlines = DeadlinesClient(connection)
            print(try await deadlines.arm(ArmRequest(limit: 20, unit: .working)).due)
        }

        static func watch(
            _ addresses: [String],
            _ options: ConnectionOptions,
            after start: UInt64?,
            handle: (Firing) throws -> Void
        ) async throws {
            var last = start
            let connection = try Connection(to: addresses, policy: .pickFirst, options: options)
            for try await event in DeadlinesClient(connection)
                .watchResuming(WatchFiredRequest(after: last))
            {
                if let firing = event.firing { try handle(firing) }
                last = event.sequence
            }
        }
    }

    private static func text(_ path: String, from file: String) throws -> String {
        let url = URL(filePath: file).deletingLastPathComponent().appending(path: path)
        return try String(contentsOf: url, encoding: .utf8)
    }

    private static func readme() throws -> String { try text("../../README.md", from: #filePath) }

    /// The lines of the README's blocks in a language; of commands when that is empty.
    private static func blocks(_ language: String) throws -> [[String]] {
        try readme().components(separatedBy: "\n```").enumerated().compactMap { number, part in
            guard !number.isMultiple(of: 2) else { return nil }
            let lines = part.components(separatedBy: "\n")
            return lines[0] == language ? Array(lines.dropFirst()) : nil
        }
    }

    /// The commands of the README that begin with some words, without their comments.
    private static func commands(_ beginning: String) throws -> [String] {
        try blocks("").joined().filter { $0.hasPrefix(beginning) }.map { line in
            String(line.prefix(upTo: line.range(of: "  #")?.lowerBound ?? line.endIndex))
        }
    }

    /// Code without its comments and layout.
    private static func bare(_ code: String) -> String {
        code.components(separatedBy: "\n").map { line in
            let comment = line.range(of: #"(^|\s)//"#, options: .regularExpression)
            return String(line.prefix(upTo: comment?.lowerBound ?? line.endIndex))
        }.joined().filter { !$0.isWhitespace }
    }

    private static let programs = URL(filePath: ServerProcess.builtProgram)
        .deletingLastPathComponent()

    private func shell(_ line: String, _ environment: [String: String]) throws -> ProgramRun {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return try ProgramRun(
            "/bin/sh",
            ["-c", line],
            environment: environment.merging(
                ["PATH": "\(Self.programs.path):\(path)", "LC_ALL": "C.UTF-8"]
            ) { $1 }
        )
    }

    @Test func theCodeIsWhatRunsHere() throws {
        let own = Self.bare(try Self.text("ReadmeTests.swift", from: #filePath))
        let blocks = try Self.blocks("swift")
        #expect(blocks.count == 2)
        for block in blocks {
            let code = Self.bare(
                block.filter { !$0.hasPrefix("import ") }.joined(separator: "\n")
                    .replacing("\"127.0.0.1:7410\"", with: "address")
                    .replacing("[\"tls:a:7410\", \"tls:b:7410\"]", with: "addresses")
            )
            #expect(!code.isEmpty && own.contains(code), "\(block.joined(separator: "\n"))")
        }
    }

    @Test func theCodeDoesWhatItSays() async throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.virtual(TestOffice.morning))
        let office = try LocalOffice(on: server)
        try await office.admit(
            departments: ["LEAD"],
            people: [Member("clerk", department: "LEAD", roles: [.staff])]
        )
        let credentials = try office.credentials(of: "clerk")
        try await Examples.arm(server.address, secret: credentials.secret)
        let clerk = DeadlinesClient(try office.channel(as: "clerk"))
        let armed = try await clerk.listDue(ListDueRequest(limit: 10)).deadlines
        #expect(armed.count == 1)

        _ = try await AdminClient(try office.operator()).advanceClock(
            AdvanceClockRequest(to: TestOffice.morning.adding(seconds: 40 * 86_400))
        )
        struct Enough: Error {}
        var fired: [UInt64] = []
        await #expect(throws: Enough.self) {
            let options = ConnectionOptions(realm: "banjie", credentials: credentials)
            try await Examples.watch([server.address], options, after: 0) { firing in
                fired.append(firing.deadline)
                throw Enough()
            }
        }
        #expect(fired == armed.map(\.deadline))
    }

    @Test func theCommandsDoWhatTheySay() async throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.virtual(TestOffice.morning))
        let environment = [
            "BANJIE_SERVER": server.address, "BANJIE_LOGIN": "operator",
            "BANJIE_SECRET_FILE": server.folder.appending(path: "operator.secret").path,
        ]
        let lines =
            try Self.commands("banjie call ") + Self.commands("banjie status")
            + Self.commands("banjie calendar due") + Self.commands("banjie health ||")
            + Self.commands("banjie audit verify")
        #expect(lines.count == 5)
        for line in lines {
            let run = try shell(
                line.replacing("/var/lib/banjie/banjie.sqlite", with: server.store.path),
                environment
            )
            #expect(run.status == 0 && run.errors.isEmpty && !run.output.isEmpty, "\(line): \(run)")
        }
    }

    @Test func aServerUnderTLSIsSetUpAsShown() async throws {
        let authority = try TestAuthority()
        let (files, daemon) = (
            try authority.issueServer(),
            try authority.issue("housing", for: .client, names: "URI:banjie:housing")
        )
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        let socket = server.folder.path + ".sock"
        let standIns = [
            "unix:/run/banjie.sock,tls:0.0.0.0:7410": "unix:\(socket),tls:127.0.0.1:0",
            "server.pem": files.certificate, "server.key": files.key,
            "city-ca.pem": authority.certificate,
            "housing.pem": daemon.certificate, "housing.key": daemon.key,
        ]
        let set = try #require(try Self.commands("banjied --listen").first)
        let options = set.split(separator: " ").dropFirst().map {
            standIns[String($0)] ?? String($0)
        }
        try server.start(.virtual(TestOffice.morning), options: options)
        try await LocalOffice(on: server).admit(
            departments: ["LEAD"],
            people: [Member("housing", department: "LEAD", roles: [.daemon])]
        )
        let address = try #require(
            server.readyLine.split(separator: ",").last?.split(separator: " ").first
        )
        let call = try #require(try Self.commands("banjie --server tls:").first)
        let words = call.split(separator: " ").dropFirst().map { word in
            standIns[String(word)]
                ?? String(word).replacing("tls:banjie.example:7410", with: address)
        }
        let run = try ProgramRun(
            Self.programs.appending(path: "banjie").path,
            words,
            environment: ["LC_ALL": "C.UTF-8"]
        )
        #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    }
}
