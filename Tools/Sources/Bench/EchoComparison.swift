import Foundation

/// `Diagnostics.Echo` of banjied against a bare C server, driven by the same C client.
struct EchoComparison {
    let workshop: Workshop

    func rows() throws -> [Row] {
        let data = workshop.folder.appending(path: "echo")
        let banjied = try workshop.startBanjied(data: data)
        let bare = try RunningServer(workshop.peer("echo"), [])
        defer {
            banjied.stop()
            bare.stop()
        }
        let c = "C echo"
        var alone = Row("echo 64 B, 1 × 1, p50", in: "µs", against: c, .atMost(1.15))
        var one = Row("echo 64 B, 1 × 64", in: "calls/s", against: c, .atLeast(0.5))
        var eight = Row("echo 64 B, 8 × 32", in: "calls/s", against: c, .atLeast(0.4))
        var processor = Row(
            "echo 64 B, 8 × 32, server CPU",
            in: "µs",
            against: c,
            .atMost(2.5)
        )
        var processorAlone = Row(
            "echo 64 B, 8 × 32, server CPU",
            in: "µs",
            against: "limit",
            .atMost(1)
        )
        var pinned = Row("echo 64 B, 1 × 1 on one core, p50", in: "µs", against: c, .atMost(1.3))
        var idle = Row("memory of an idle connection", in: "bytes", against: "limit", .atMost(1))
        var long = Row("echo 1 KiB, 8 × 32", in: "calls/s", against: c, .atLeast(0.4))
        for round in 1...workshop.rounds {
            workshop.note("echo, round \(round) of \(workshop.rounds)")
            func pair(
                _ connections: Int,
                _ inFlight: Int,
                bytes: Int = 64
            ) throws -> (ours: Load, peer: Load) {
                let peer = try workshop.load(bare, "echo", connections, inFlight, bytes: bytes)
                let ours = try workshop.load(
                    banjied,
                    "echo",
                    connections,
                    inFlight,
                    bytes: bytes
                )
                return (ours, peer)
            }
            let single = try pair(1, 1)
            alone.add(ours: single.ours.p50Us, peer: single.peer.p50Us)
            let window = try pair(1, 64)
            one.add(ours: window.ours.perSecond, peer: window.peer.perSecond)
            let wide = try pair(8, 32)
            eight.add(ours: wide.ours.perSecond, peer: wide.peer.perSecond)
            processor.add(ours: wide.ours.serverCpuUs ?? .nan, peer: wide.peer.serverCpuUs ?? .nan)
            let kibibyte = try pair(8, 32, bytes: 1024)
            long.add(ours: kibibyte.ours.perSecond, peer: kibibyte.peer.perSecond)
            processorAlone.add(ours: wide.ours.serverCpuUs ?? .nan, peer: 0.5)
            let onOneCore = try pinnedPair()
            pinned.add(ours: onOneCore.ours.p50Us, peer: onOneCore.peer.p50Us)
            idle.add(ours: try workshop.bytesOfIdleConnection(of: 10_000), peer: 2048)
        }
        return [alone, pinned, one, eight, processor, processorAlone, long, idle]
    }

    /// One call at a time, both ends on one core.
    private func pinnedPair() throws -> (ours: Load, peer: Load) {
        let data = workshop.folder.appending(path: "echo-pinned")
        defer { try? FileManager.default.removeItem(at: data) }
        let onOneCore = ["-c", "0"]
        let banjied = try RunningServer(
            Workshop.taskset,
            onOneCore + [workshop.banjied.path] + Workshop.options(data: data)
        )
        let bare = try RunningServer(Workshop.taskset, onOneCore + [workshop.peer("echo").path])
        defer {
            banjied.stop()
            bare.stop()
        }
        func load(_ server: RunningServer) throws -> Load {
            try result(
                of: Workshop.taskset,
                onOneCore + [
                    workshop.peer("load").path, server.address, "echo", "1", "1", "64",
                    "\(workshop.seconds ?? 3)",
                ]
            )
        }
        return (try load(banjied), try load(bare))
    }
}
