import ChildProcess
import Foundation
import Load

/// banjied against servers that people run for the like: RPC libraries, Redis, beanstalkd.
struct PeerComparison {
    let workshop: Workshop

    private static let payload = 64
    private static let gRPC = "gRPC C++"
    private static let ttrpc = "ttrpc"
    private static let redis = "Redis"

    func rows() async throws -> [Row] {
        var rows = try echoRows()
        rows += try await durableRows()
        return rows
    }

    // MARK: - Echo

    private func echoRows() throws -> [Row] {
        let banjied = try workshop.startBanjied(data: workshop.folder.appending(path: "peers"))
        let grpc = try RunningServer(workshop.peer("grpc_echo"), ["serve"])
        let ttrpc = try RunningServer(workshop.peer("ttrpc_echo"), ["serve"])
        let redis = try RedisServer(
            in: workshop.folder.appending(path: "redis-echo"),
            isDurable: false
        )
        defer { for server in [banjied, grpc, ttrpc, redis.server] { server.stop() } }
        func echo(_ peer: String, _ least: Double) -> Row {
            Row("echo 64 B, 8 × 32", in: "calls/s", against: peer, .atLeast(least))
        }
        func processor(_ peer: String) -> Row {
            Row("echo 64 B, 8 × 32, server CPU", in: "µs", against: peer, .atMost(0.1))
        }
        var calls = [echo(Self.gRPC, 10), echo(Self.ttrpc, 10), echo("\(Self.redis) ECHO", 1)]
        var processors = [processor(Self.gRPC), processor(Self.ttrpc)]
        var alone = Row("echo 64 B, 1 × 1, p50", in: "µs", against: Self.gRPC, .atMost(1))
        for round in 1...workshop.rounds {
            workshop.note("peers' echo, round \(round) of \(workshop.rounds)")
            let peers = [
                try rpc("grpc_echo", grpc, 8, 32), try rpc("ttrpc_echo", ttrpc, 8, 32),
            ]
            let ours = try workshop.load(banjied, "echo", 8, 32)
            for (place, peer) in peers.enumerated() {
                calls[place].add(ours: ours.perSecond, peer: peer.perSecond)
                processors[place].add(
                    ours: ours.serverCpuUs ?? .nan,
                    peer: peer.serverCpuUs ?? .nan
                )
            }
            let text = String(repeating: "x", count: Self.payload)
            let redisEcho = try redis.benchmark(
                connections: 8,
                pipelined: 32,
                count: 1_000_000 * (workshop.seconds ?? 3),
                ["ECHO", text]
            )
            calls[2].add(ours: try workshop.load(banjied, "echo", 8, 32).perSecond, peer: redisEcho)
            let single = try rpc("grpc_echo", grpc, 1, 1)
            alone.add(ours: try workshop.load(banjied, "echo", 1, 1).p50Us, peer: single.p50Us)
        }
        return calls + processors + [alone]
    }

    private func rpc(
        _ program: String,
        _ server: RunningServer,
        _ connections: Int,
        _ inFlight: Int
    ) throws -> Load {
        try result(
            of: workshop.peer(program),
            [
                "load", server.address, "\(connections)", "\(inFlight)", "\(Self.payload)",
                "\(workshop.seconds ?? 3)", server.processIdentifier,
            ]
        )
    }

    // MARK: - What is durable

    private func durableRows() async throws -> [Row] {
        func arm(_ shape: String, _ peer: String, _ least: Double) -> Row {
            Row("durable Arm, \(shape)", in: "a second", against: peer, .atLeast(least))
        }
        var wide = arm("8 × 64", "\(Self.redis) ZADD, fsync always", 1.7)
        var queue = arm("8 × 64", "beanstalkd put, fsync each", 1)
        var alone = arm("1 × 1", "\(Self.redis) ZADD, fsync always", 1)
        var fired = Row(
            "due → recorded as fired",
            in: "a second",
            against: "\(Self.redis) ZPOPMIN, fsync always",
            .atLeast(0.9)
        )
        var submitted = Row(
            "matter submitted, durable, 8 × 64",
            in: "a second",
            against: "\(Self.gRPC) echo, not durable",
            .atLeast(1)
        )
        let grpc = try RunningServer(workshop.peer("grpc_echo"), ["serve"])
        defer { grpc.stop() }
        let seconds = workshop.seconds ?? 5
        for round in 1...workshop.rounds {
            workshop.note("durable peers, round \(round) of \(workshop.rounds)")
            let folder = workshop.folder.appending(path: "durable-\(round)")
            defer { try? FileManager.default.removeItem(at: folder) }
            let redis = try RedisServer(in: folder.appending(path: "redis"), isDurable: true)
            let add = ["ZADD", "k", "__rand_int__", "m:__rand_int__"]
            let added = try redis.benchmark(
                connections: 8,
                pipelined: 64,
                count: 200_000 * seconds,
                add
            )
            let popped = try redis.benchmark(
                connections: 8,
                pipelined: 64,
                count: 150_000 * seconds,
                ["ZPOPMIN", "k"]
            )
            let addedAlone = try redis.benchmark(
                connections: 1,
                pipelined: 1,
                count: 4000 * seconds,
                add
            )
            redis.server.stop()
            let put = try putJobs(in: folder.appending(path: "beanstalkd"), seconds: seconds)

            let data = folder.appending(path: "banjied")
            let banjied = try workshop.startBanjied(data: data, clock: Workshop.virtualClock)
            defer { banjied.stop() }
            let signIn = ["operator", data.appending(path: "operator.secret").path]
            let ours = try workshop.load(banjied, "arm", 8, 64, signIn: signIn, seconds: seconds)
                .perSecond
            wide.add(ours: ours, peer: added)
            queue.add(ours: ours, peer: put)
            alone.add(
                ours: try workshop.load(banjied, "arm", 1, 1, signIn: signIn, seconds: seconds)
                    .perSecond,
                peer: addedAlone
            )
            fired.add(ours: try await workshop.fireAll(banjied, data), peer: popped)
            submitted.add(
                ours: try workshop.loadTool(
                    "submissions",
                    nil,
                    ["--connections", "8", "--in-flight", "64", "--seconds", "\(seconds)"]
                ).callsPerSecond,
                peer: try rpc("grpc_echo", grpc, 8, 64).perSecond
            )
        }
        return [wide, queue, alone, fired, submitted]
    }

    private struct Rate: Decodable { let perSecond: Double }

    private func putJobs(in folder: URL, seconds: Int) throws -> Double {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let port: UInt16 = 11_399
        let server = try RunningServer(
            URL(filePath: "/usr/bin/beanstalkd"),
            ["-l", "127.0.0.1", "-p", "\(port)", "-b", folder.path, "-f", "0"],
            port: port
        )
        defer { server.stop() }
        let rate: Rate = try result(
            of: workshop.peer("beanstalk_put"),
            [server.address, "8", "64", "\(seconds)"]
        )
        return rate.perSecond
    }
}

/// Redis on a port of its own, and the program that loads it.
private struct RedisServer {
    private static let port: UInt16 = 16_399

    let server: RunningServer

    /// - Parameter isDurable: whether each reply waits for the disk.
    init(in folder: URL, isDurable: Bool) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        server = try RunningServer(
            URL(filePath: "/usr/bin/redis-server"),
            [
                "--port", "\(Self.port)", "--bind", "127.0.0.1", "--save", "", "--appendonly",
                isDurable ? "yes" : "no", "--appendfsync", "always", "--dir", folder.path,
            ],
            port: Self.port
        )
    }

    /// Commands a second.
    func benchmark(
        connections: Int,
        pipelined: Int,
        count: Int,
        _ command: [String]
    ) throws -> Double {
        let output = Pipe()
        let process = try ChildProcess(
            "/usr/bin/redis-benchmark",
            [
                "-p", "\(Self.port)", "-c", "\(connections)", "-P", "\(pipelined)", "-n",
                "\(count)", "-r", "1000000000", "--csv",
            ] + command,
            output: .pipe(output)
        )
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        // "the command","so many a second",…
        let cells = String(decoding: printed, as: UTF8.self).split(separator: "\n").last?
            .split(separator: ",").map { $0.trimmingCharacters(in: ["\""]) }
        guard process.wait() == .code(0), let cells, cells.count > 1,
            let rate = cells.dropFirst().lazy.compactMap(Double.init).first
        else { throw BenchError(description: "redis-benchmark failed") }
        return rate
    }
}
