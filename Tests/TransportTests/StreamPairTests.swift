import SeededRandom
import Testing
import Wire

@testable import Transport

/// A client's session and a server's, joined by bytes that are cut anywhere: whatever both sides do
/// with their streams, no rule is broken, nothing is lost, nothing changes its order, and nothing waits
/// for ever. Every failure names its seed.
@Suite struct StreamPairTests {
    static let seeds = Array(1...60) + [UInt64.random(in: 1_000 ... .max)]

    @Test("W55, W57, W60, W61: streams carry everything once and in order", arguments: seeds)
    func streams(seed: UInt64) {
        let pair = StreamPair(seed: seed)
        for _ in 0..<400 { pair.step() }
        pair.finish()
        pair.expectAll()
    }
}

/// What one side has sent on a stream, and the other has got of it.
private struct Way {
    var sent: [[UInt8]] = []
    var got: [[UInt8]] = []
    /// Messages that were got and not yet read.
    var unread = 0
    var room: Int
    var isFinished = false

    var isComplete: Bool { sent == got }
}

private final class StreamPair {
    private struct Stream {
        var up: Way
        var down: Way
        var isCancelled = false
        /// The server has ended it, and what the client was told.
        var isEnded = false
        var hasEnd = false
    }

    private let client: ClientHarness
    private let server: ServerHarness
    private var generator: SeededGenerator
    private var toServer: [UInt8] = []
    private var toClient: [UInt8] = []
    private var streams: [UInt32: Stream] = [:]
    private var opened: Set<UInt32> = []
    private let room: Int
    private let longest: Int

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        var limits = Limits()
        limits.streamWindow = UInt32.random(in: 32_768...70_000, using: &generator)
        limits.connectionWindow =
            limits.streamWindow + UInt32.random(in: 0...50_000, using: &generator)
        limits.streamQueueBytes = 60_000
        limits.streams = 1_000
        let windows = (limits.streamWindow, limits.connectionWindow)
        client = ClientHarness(limits: limits, windows: windows)
        server = ServerHarness(limits, windows: windows)
        server.readsStreams = false
        room = limits.streamQueueBytes
        longest = StreamCredit.longestMessage(window: limits.streamWindow)
    }

    // MARK: - Steps

    func step() {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0 where client.canBegin: begin()
        case 1, 2, 3: send(up: Bool.random(using: &generator))
        case 4: read(up: Bool.random(using: &generator))
        case 5 where Int.random(in: 0..<4, using: &generator) == 0: cancel()
        case 6: close()
        default: carry(all: false)
        }
    }

    private func any(where isMatch: (Stream) -> Bool) -> UInt32? {
        streams.filter { isMatch($0.value) }.keys.sorted().randomElement(using: &generator)
    }

    private func begin() {
        let first = message()
        let flags: FrameFlags =
            Bool.random(using: &generator) ? [.stream, .halfClose] : .stream
        let key = UInt32(streams.count)
        let stream = client.begin(key, first, flags: flags)
        var up = Way(room: room)
        up.isFinished = flags.contains(.halfClose)
        streams[stream] = Stream(up: up, down: Way(room: room))
    }

    private func message() -> [UInt8] {
        let isShort = Bool.random(using: &generator)
        let length = Int.random(in: 0...(isShort ? 40 : longest), using: &generator)
        let start = UInt8.random(in: 0...255, using: &generator)
        return (0..<length).map { start &+ UInt8(truncatingIfNeeded: $0) }
    }

    private func send(up: Bool) {
        guard up else {
            let stream = any { !$0.isCancelled && !$0.isEnded && $0.down.room > 0 }
            guard let stream, opened.contains(stream) else { return }
            let message = message()
            streams[stream]?.down.sent.append(message)
            streams[stream]?.down.room -= message.count + 64
            return server.send(stream, message)
        }
        let stream = any { !$0.isCancelled && !$0.hasEnd && !$0.up.isFinished && $0.up.room > 0 }
        guard let stream else { return }
        let message = message()
        streams[stream]?.up.sent.append(message)
        streams[stream]?.up.room -= message.count + 64
        client.send(stream, message)
    }

    private func read(up: Bool) {
        guard up else {
            guard let stream = any(where: { $0.down.unread > 0 && !$0.isCancelled && !$0.hasEnd })
            else { return }
            client.giveBack(stream, streams[stream]?.down.unread ?? 0)
            streams[stream]?.down.unread = 0
            return
        }
        guard let stream = any(where: { $0.up.unread > 0 && !$0.isEnded && !$0.isCancelled })
        else { return }
        server.giveBack(stream, streams[stream]?.up.unread ?? 0)
        streams[stream]?.up.unread = 0
    }

    private func cancel() {
        guard let stream = any(where: { !$0.isCancelled && !$0.hasEnd }) else { return }
        client.cancel(stream)
        streams[stream]?.isCancelled = true
    }

    /// The client finishes sending, or the server ends a stream.
    private func close() {
        if Bool.random(using: &generator) {
            guard let stream = any(where: { !$0.isCancelled && !$0.hasEnd && !$0.up.isFinished })
            else { return }
            client.halfClose(stream)
            streams[stream]?.up.isFinished = true
        } else if let stream = any(where: { !$0.isCancelled && !$0.isEnded }),
            opened.contains(stream)
        {
            streams[stream]?.isEnded = true
            server.end(stream)
        }
    }

    // MARK: - The way between

    /// Moves bytes; part of them, cut anywhere, unless `all`.
    private func carry(all: Bool) {
        toServer += client.sentBytes()
        toClient += server.sentBytes()
        deliver(&toServer, all) { server.receive($0) }
        deliver(&toClient, all) { client.receive($0) }
        look()
    }

    private func deliver(_ bytes: inout [UInt8], _ all: Bool, _ take: ([UInt8]) -> Void) {
        let count = all ? bytes.count : Int.random(in: 0...bytes.count, using: &generator)
        take(Array(bytes.prefix(count)))
        bytes.removeFirst(count)
    }

    private func look() {
        for happening in server.takeHappenings() {
            switch happening {
            case .opened(let stream, _, _): opened.insert(stream)
            case .message(let stream, let message):
                streams[stream]?.up.got.append(message)
                streams[stream]?.up.unread += message.count + 64
            case .halfClosed(let stream):
                #expect(streams[stream]?.up.isComplete == true, "half-closed too early")
            case .roomReturned(let stream, let byteCount):
                streams[stream]?.down.room += byteCount
            case .cancelled(let stream):
                #expect(streams[stream]?.isCancelled == true)
                server.end(stream)
            case .call, .authenticate, .closed: Issue.record("\(happening)")
            }
        }
        for (key, byteCount) in client.takeReturned() {
            streams[2 * key + 1]?.up.room += byteCount
        }
        for happening in client.takeHappenings() {
            switch happening {
            case .message(let key, let message):
                streams[2 * key + 1]?.down.got.append(message)
                streams[2 * key + 1]?.down.unread += message.count + 64
            case .succeeded(let key, _, _): streams[2 * key + 1]?.hasEnd = true
            default: Issue.record("\(happening)")
            }
        }
    }

    // MARK: - The end

    /// Everything is read and ended; as often as something moves.
    func finish() {
        var isFirst = true
        while isFirst || !toServer.isEmpty || !toClient.isEmpty || hasWork {
            isFirst = false
            carry(all: true)
            for stream in streams.keys.sorted() {
                guard let state = streams[stream], !state.isCancelled else { continue }
                if state.up.unread > 0, !state.isEnded {
                    server.giveBack(stream, state.up.unread)
                    streams[stream]?.up.unread = 0
                }
                if state.down.unread > 0, !state.hasEnd {
                    client.giveBack(stream, state.down.unread)
                    streams[stream]?.down.unread = 0
                }
                if !state.up.isFinished, !state.hasEnd {
                    client.halfClose(stream)
                    streams[stream]?.up.isFinished = true
                } else if opened.contains(stream), !state.isEnded, state.up.isComplete {
                    streams[stream]?.isEnded = true
                    server.end(stream)
                }
            }
            toServer += client.sentBytes()
            toClient += server.sentBytes()
        }
    }

    private var hasWork: Bool {
        streams.values.contains { stream in
            !stream.isCancelled
                && ((stream.up.unread > 0 && !stream.isEnded)
                    || (stream.down.unread > 0 && !stream.hasEnd))
        }
    }

    func expectAll() {
        #expect(!server.isClosed)
        #expect(server.callsInFlight == 0)
        for (stream, state) in streams where !state.isCancelled {
            #expect(state.hasEnd, "stream \(stream) has no end")
            #expect(state.down.isComplete, "stream \(stream)")
            // What a stream that was ended early had under way may be lost, and nothing else.
            #expect(state.up.sent.starts(with: state.up.got), "stream \(stream)")
        }
        #expect(!streams.isEmpty)
    }
}
