import Synchronization
import Testing
import Wire

@testable import Transport

/// A handler for tests of streams: what it does depends on the method.
final class StreamHandler: CallHandler {
    /// Answers with numbered messages, as many as the first four bytes say, each as long as the next.
    static let watch: UInt32 = 0x1_0005
    /// Answers with how many messages came, and how many bytes in all.
    static let upload: UInt32 = 0x1_0006
    /// Sends every message back.
    static let session: UInt32 = 0x1_0007

    private enum Stream {
        case watch(room: Int, next: UInt32, count: UInt32, length: Int)
        case upload(count: UInt32, bytes: UInt32)
        case session(room: Int, waiting: [[UInt8]], isHalfClosed: Bool)
    }

    private struct State {
        var server: Server?
        var streams: [CallTicket: Stream] = [:]
        /// Credit to be given back when uploads are read.
        var unread: [CallTicket: Int] = [:]
        var posted = 0
        var cancelled = 0
        var readsUploads = true
    }

    private let state = Mutex(State())

    /// Lets the handler post. Must be called before calls come.
    func serve(_ server: Server) { state.withLock { $0.server = server } }

    /// Bytes posted to watches.
    var postedBytes: Int { state.withLock { $0.posted } }
    var cancelledCount: Int { state.withLock { $0.cancelled } }
    var openCount: Int { state.withLock { $0.streams.count } }

    /// Keeps uploads' messages until `readUploads`.
    func leaveUploadsUnread() { state.withLock { $0.readsUploads = false } }

    func readUploads() {
        state.withLock { state in
            var batch = ReplyBatch()
            state.readsUploads = true
            for (ticket, byteCount) in state.unread { batch.giveBack(byteCount, to: ticket) }
            state.unread = [:]
            state.server?.post(&batch)
        }
    }

    func handle(_ call: borrowing IncomingCall, _ responder: inout Responder) {
        responder.succeed(with: call.message)
    }

    func authenticate(_ credentials: Credentials, on connection: ConnectionID) -> Verdict? {
        .accepted(Principal(rawValue: 1), SignedIn(login: credentials.login, roles: []))
    }

    func open(_ call: borrowing IncomingCall, _ responder: inout StreamResponder) {
        let method = call.method
        guard [Self.watch, Self.upload, Self.session].contains(method) else {
            return responder.refuse(.unknownMethod(method))
        }
        let message = [UInt8](call.message)
        let (ticket, room) = responder.accept(timeoutMilliseconds: call.timeoutMilliseconds)
        state.withLock {
            switch method {
            case Self.watch:
                let numbers = message.withUnsafeBytes { bytes in
                    [0, 4].map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self) }
                }
                $0.streams[ticket] = .watch(
                    room: room,
                    next: 0,
                    count: numbers[0],
                    length: Int(numbers[1])
                )
            case Self.upload:
                $0.streams[ticket] = .upload(count: 1, bytes: UInt32(message.count))
            default:
                $0.streams[ticket] = .session(room: room, waiting: [message], isHalfClosed: false)
            }
        }
    }

    func received(_ message: UnsafeRawBufferPointer, on ticket: CallTicket) -> Bool {
        let message = [UInt8](message)
        return state.withLock { state in
            switch state.streams[ticket] {
            case .upload(let count, let bytes)?:
                state.streams[ticket] = .upload(
                    count: count + 1,
                    bytes: bytes + UInt32(message.count)
                )
                guard !state.readsUploads else { return true }
                state.unread[ticket, default: 0] += message.count + 64
                return false
            case .session(let room, let waiting, let isHalfClosed)?:
                state.streams[ticket] = .session(
                    room: room,
                    waiting: waiting + [message],
                    isHalfClosed: isHalfClosed
                )
                return true
            case .watch?, nil:
                Issue.record("a message on a stream that takes none")
                return true
            }
        }
    }

    func halfClosed(_ ticket: CallTicket) {
        state.withLock { state in
            switch state.streams[ticket] {
            case .upload(let count, let bytes)?:
                var batch = ReplyBatch()
                withUnsafeBytes(of: (count, bytes)) { batch.succeed(ticket, with: $0) }
                state.streams[ticket] = nil
                state.server?.post(&batch)
            case .session(let room, let waiting, _)?:
                state.streams[ticket] = .session(room: room, waiting: waiting, isHalfClosed: true)
            case .watch?, nil: Issue.record("the end of a stream that takes nothing")
            }
        }
    }

    func roomReturned(_ byteCount: Int, on ticket: CallTicket) {
        state.withLock { state in
            switch state.streams[ticket] {
            case .watch(let room, let next, let count, let length)?:
                state.streams[ticket] = .watch(
                    room: room + byteCount,
                    next: next,
                    count: count,
                    length: length
                )
            case .session(let room, let waiting, let isHalfClosed)?:
                state.streams[ticket] = .session(
                    room: room + byteCount,
                    waiting: waiting,
                    isHalfClosed: isHalfClosed
                )
            case .upload?, nil: break
            }
        }
    }

    func cancelled(_ ticket: CallTicket) {
        state.withLock { state in
            state.cancelled += 1
            guard state.streams.removeValue(forKey: ticket) != nil else { return }
            var batch = ReplyBatch()
            batch.end(ticket)
            state.server?.post(&batch)
        }
    }

    /// Another thread writes what there is room for.
    func batchEnded() {
        _ = try? LoopThread(name: "writer") { [self] in
            state.withLock { state in
                var batch = ReplyBatch()
                for ticket in state.streams.keys { Self.write(ticket, &state, to: &batch) }
                state.server?.post(&batch)
            }
        }
    }

    private static func write(
        _ ticket: CallTicket,
        _ state: inout State,
        to batch: inout ReplyBatch
    ) {
        switch state.streams[ticket] {
        case .watch(var room, var next, let count, let length)?:
            while room > 0, next < count {
                let cost = batch.send(on: ticket) { (writer: inout MessageWriter) in
                    withUnsafeBytes(of: next) { writer.append($0) }
                    writer.appendZeros(length - 4)
                }
                room -= cost
                state.posted += cost
                next += 1
            }
            state.streams[ticket] = .watch(room: room, next: next, count: count, length: length)
            guard next == count else { return }
            batch.end(ticket)
            state.streams[ticket] = nil
        case .session(var room, var waiting, let isHalfClosed)?:
            while room > 0, !waiting.isEmpty {
                let message = waiting.removeFirst()
                room -= batch.send(on: ticket) { (writer: inout MessageWriter) in
                    writer.append(message)
                }
            }
            state.streams[ticket] = .session(
                room: room,
                waiting: waiting,
                isHalfClosed: isHalfClosed
            )
            guard isHalfClosed, waiting.isEmpty else { return }
            batch.end(ticket)
            state.streams[ticket] = nil
        case .upload?, nil: break
        }
    }
}

/// A server of streams on a port of the loopback, and its handler.
struct StreamServer {
    let server: Server
    let handler = StreamHandler()
    let endpoint: Endpoint

    init(_ limits: Limits = Limits(), reactors: Int = 1) throws {
        server = try Server(
            profile: ServerProfile(realm: "test", limits: limits),
            handler: handler,
            reactors: reactors
        )
        handler.serve(server)
        endpoint = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    }

    /// Stops at once.
    func stop() { server.drain(within: 0) }
}
