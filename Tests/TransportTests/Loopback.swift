import CSystem
import Glibc
import Synchronization
import TLS
import Testing
import Wire

@testable import Transport

/// A handler for tests: what it does depends on the method.
final class TestHandler: CallHandler {
    static let echo: UInt32 = 0x1_0001
    /// Answers from another thread, in batches.
    static let later: UInt32 = 0x1_0002
    /// Keeps the call until `release`.
    static let hold: UInt32 = 0x1_0003
    /// Answers with as many bytes as the message's first four say.
    static let sized: UInt32 = 0x1_0004

    private struct State {
        var server: Server?
        var queued: [(ticket: CallTicket, message: [UInt8])] = []
        var held: [(ticket: CallTicket, message: [UInt8])] = []
        var cancelled = 0
        var closed = 0
        var certificates: [PeerCertificate] = []
    }

    private let state = Mutex(State())

    /// Lets the handler answer later. Must be called before calls come.
    func serve(_ server: Server) { state.withLock { $0.server = server } }

    var heldCount: Int { state.withLock { $0.held.count } }
    var cancelledCount: Int { state.withLock { $0.cancelled } }
    var closedCount: Int { state.withLock { $0.closed } }
    var certificates: [PeerCertificate] { state.withLock { $0.certificates } }

    func identified(_ connection: ConnectionID, by certificate: PeerCertificate) {
        state.withLock { $0.certificates.append(certificate) }
    }

    func handle(_ call: borrowing IncomingCall, _ responder: inout Responder) {
        switch call.method {
        case Self.echo: responder.succeed(with: call.message)
        case Self.sized:
            let count = call.message.loadUnaligned(as: UInt32.self)
            Bytes.pattern(Int(count)).withUnsafeBytes { responder.succeed(with: $0) }
        case Self.later, Self.hold:
            let ticket = responder.answerLater(
                timeoutMilliseconds: call.timeoutMilliseconds == 0
                    ? 60_000 : call.timeoutMilliseconds
            )
            let message = [UInt8](call.message)
            let isHeld = call.method == Self.hold
            state.withLock {
                if isHeld {
                    $0.held.append((ticket, message))
                } else {
                    $0.queued.append((ticket, message))
                }
            }
        default:
            responder.fail(.unknownMethod(call.method))
        }
    }

    func authenticate(_ credentials: Credentials, on connection: ConnectionID) -> Verdict? {
        let verdict =
            credentials.secret == "right"
            ? Verdict.accepted(
                Principal(rawValue: 1),
                SignedIn(login: credentials.login, roles: ["staff"])
            )
            : .refused(
                CallFailure(
                    .unauthenticated,
                    reason: "WRONG_CREDENTIALS",
                    message: "wrong",
                    outcome: .notProcessed,
                    origin: .server
                )
            )
        guard credentials.login != "slow" else {
            let server = state.withLock { $0.server }
            _ = try? LoopThread(name: "judge") { server?.post(verdict, for: connection) }
            return nil
        }
        return verdict
    }

    func cancelled(_ ticket: CallTicket) { state.withLock { $0.cancelled += 1 } }

    func closed(_ connection: ConnectionID, principal: Principal) {
        state.withLock { $0.closed += 1 }
    }

    func batchEnded() {
        let (server, queued) = state.withLock { state in
            defer { state.queued = [] }
            return (state.server, state.queued)
        }
        guard !queued.isEmpty else { return }
        _ = try? LoopThread(name: "answers") { Self.answer(queued, through: server) }
    }

    /// Answers what is held with its own message.
    func release() {
        let (server, held) = state.withLock { state in
            defer { state.held = [] }
            return (state.server, state.held)
        }
        Self.answer(held, through: server)
    }

    private static func answer(
        _ calls: [(ticket: CallTicket, message: [UInt8])],
        through server: Server?
    ) {
        var batch = ReplyBatch()
        for call in calls {
            call.message.withUnsafeBytes { batch.succeed(call.ticket, with: $0) }
        }
        server?.post(&batch)
    }
}

/// A server on a port of the loopback, and its handler.
struct TestServer {
    let server: Server
    let handler = TestHandler()
    let endpoint: Endpoint

    init(
        _ limits: Limits = Limits(),
        reactors: Int = 1,
        on endpoint: Endpoint = .tcp(host: "127.0.0.1", port: 0),
        showing identity: TLSServerIdentity? = nil
    ) throws {
        server = try Server(
            profile: ServerProfile(realm: "test", limits: limits),
            handler: handler,
            reactors: reactors
        )
        handler.serve(server)
        self.endpoint = try server.listen(on: endpoint, showing: identity)
    }

    /// Stops at once.
    func stop() { server.drain(within: 0) }
}

/// A socket that blocks, for at most five seconds at a time, and sends whatever it is told to.
final class RawClient {
    private let descriptor: Descriptor
    private var received: ArraySlice<UInt8> = []

    /// - Parameter source: the IPv4 address to come from, such as another of the loopback's.
    init(to endpoint: Endpoint, from source: String? = nil) throws {
        let address = try Address.all(of: endpoint, isForListening: false)[0]
        descriptor =
            try source.map { try Self.connect(to: address, from: $0) }
            ?? Socket.connect(to: address)
        let number = descriptor.number
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) & ~O_NONBLOCK)
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(
                number,
                SOL_SOCKET,
                option,
                &limit,
                socklen_t(MemoryLayout<timeval>.size)
            )
        }
        // The connection may still be being made; a socket that blocks waits for it in `send`.
        var entry = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        poll(&entry, 1, 5_000)
    }

    private static func connect(to address: Address, from source: String) throws -> Descriptor {
        let descriptor = Descriptor(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        let own = try Address.all(of: .tcp(host: source, port: 0), isForListening: false)[0]
        guard own.withPointer({ bind(descriptor.number, $0, $1) }) == 0,
            address.withPointer({ Glibc.connect(descriptor.number, $0, $1) }) == 0
        else { throw TransportError.lastFailure("connect from \(source)") }
        return descriptor
    }

    func send(_ bytes: [UInt8]) {
        var position = 0
        while position < bytes.count {
            let count = bytes[position...].withUnsafeBytes {
                Glibc.send(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            position += count
        }
    }

    /// Sends as much as is taken without waiting; returns how much.
    func sendWithoutWaiting(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes {
            Glibc.send(
                descriptor.number,
                $0.baseAddress,
                $0.count,
                Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            )
        }
    }

    func closeSendingSide() { shutdown(descriptor.number, Int32(SHUT_WR)) }

    /// The next `count` frames; fewer when the server has closed or 5 seconds have passed.
    func receive(_ count: Int = .max) -> [SentFrame] {
        var frames: [SentFrame] = []
        while frames.count < count {
            if let length = SentFrame.lengthOfFirst(in: received) {
                frames += SentFrame.all(in: Array(received.prefix(length)))
                received.removeFirst(length)
                continue
            }
            guard let part = receiveBytes() else { break }
            received += part
        }
        return frames
    }

    /// What comes next; nil when the server has closed or 5 seconds have passed.
    func receiveBytes() -> [UInt8]? {
        var part = [UInt8](repeating: 0, count: 65_536)
        let length = recv(descriptor.number, &part, part.count, 0)
        return length > 0 ? Array(part[..<length]) : nil
    }

    /// All frames until the server closes.
    func receiveAll() -> [SentFrame] { receive() }
}

/// A client's loop, in the terms of async.
struct TestClient {
    let loop: ClientLoop
    let line: ClientLine

    init(loop: ClientLoop, line: ClientLine) {
        self.loop = loop
        self.line = line
    }

    init(
        to endpoint: Endpoint,
        on loop: ClientLoop? = nil,
        realm: String = "test",
        credentials: Credentials? = nil,
        limits: Limits = Limits(),
        security: TLSClientIdentity? = nil
    ) throws {
        self.loop = try loop ?? ClientLoop(random: { 0.5 })
        let profile = ClientProfile(realm: realm, credentials: credentials, limits: limits)
        var configuration = ClientConfiguration(
            endpoint: endpoint,
            profile: profile,
            security: security
        )
        configuration.backoff.initialMilliseconds = 20
        configuration.backoff.longestMilliseconds = 50
        line = self.loop.open(configuration)
    }

    func call(
        _ method: UInt32 = TestHandler.echo,
        _ message: [UInt8] = [],
        timeout: UInt64 = 20_000,
        waitsForReady: Bool = false
    ) async -> Result<[UInt8], CallFailure> {
        await withCheckedContinuation { continuation in
            let call = OutgoingCall(
                method: method,
                message: message,
                deadline: .now().adding(milliseconds: timeout),
                waitsForReady: waitsForReady
            ) { continuation.resume(returning: $0.map(\.message)) }
            loop.submit(call, on: line)
        }
    }
}

/// Waits, for at most ten seconds, until `condition` holds.
func eventually(
    _ what: Comment,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () -> Bool
) async {
    for _ in 0..<2_000 {
        if condition() { return }
        try? await Task.sleep(for: .milliseconds(5))
    }
    Issue.record(what, sourceLocation: sourceLocation)
}
