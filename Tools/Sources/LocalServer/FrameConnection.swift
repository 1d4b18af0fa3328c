import BanjieProtocol
import Glibc
package import Wire

/// A connection kept by hand, frame by frame: for what no proper client sends.
///
/// Every wait is bounded; calls are made one at a time.
package final class FrameConnection {
    /// A frame as it was received.
    package struct Received: Sendable {
        package let type: UInt8
        package let flags: FrameFlags
        package let stream: UInt32
        package let field16: UInt16
        package let payload: [UInt8]
    }

    /// What a call ended with.
    package enum Answer: Sendable {
        case reply([UInt8], isReplay: Bool)
        case failure(CallFailure)
    }

    private let descriptor: Int32
    private var backlog: [UInt8] = []
    private var lastStream: UInt32 = 0

    /// Connects, and sends nothing.
    ///
    /// - Parameters:
    ///   - address: `127.0.0.1:port`.
    ///   - source: the address to come from, such as another of the loopback's.
    package init(
        to address: String,
        from source: String? = nil,
        receiveBuffer: Int32? = nil
    ) throws {
        let parts = address.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else {
            throw ServerProcessError("\(address) isn't host:port")
        }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failed("open a socket") }
        if var size = receiveBuffer {
            setsockopt(
                descriptor,
                SOL_SOCKET,
                SO_RCVBUF,
                &size,
                socklen_t(MemoryLayout<Int32>.size)
            )
        }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(
                descriptor,
                SOL_SOCKET,
                option,
                &patience,
                socklen_t(MemoryLayout<timeval>.size)
            )
        }
        if let source {
            let status = Self.withAddress(source, port: 0) { bind(descriptor, $0, $1) }
            guard status == 0 else { throw Self.failed("come from \(source)") }
        }
        let status = Self.withAddress(String(parts[0]), port: port) { connect(descriptor, $0, $1) }
        guard status == 0 else { throw Self.failed("connect to \(address)") }
    }

    private static func withAddress(
        _ host: String,
        port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit { close(descriptor) }

    private static func failed(_ purpose: String) -> ServerProcessError {
        ServerProcessError("can't \(purpose): \(String(cString: strerror(errno)))")
    }

    // MARK: Bytes

    /// Sends all of `bytes`; false when the peer has closed, or takes nothing for 20 seconds.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor,
                    $0.baseAddress.map { $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends what the socket takes at once; returns how many bytes that were.
    package func sendWithoutWaiting(_ bytes: [UInt8]) -> Int {
        max(0, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)))
    }

    /// Has the connection end by a reset rather than by FIN, whenever it ends.
    package func endByReset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_LINGER,
            &option,
            socklen_t(MemoryLayout<linger>.size)
        )
    }

    /// Closes our sending side.
    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    // MARK: Frames

    /// The next frame; nil when the peer has closed the connection.
    ///
    /// - Throws: when nothing comes for 20 seconds, or what comes is no frame.
    package func receive() throws -> Received? {
        while true {
            let search = try backlog.withUnsafeBytes { bytes -> (Received, Int)? in
                guard
                    case .found(let frame) = try Frame.first(
                        in: bytes,
                        longestPayload: UInt32(FrameHeader.longestPayload)
                    )
                else { return nil }
                let received = Received(
                    type: frame.header.type,
                    flags: frame.header.flags,
                    stream: frame.header.stream,
                    field16: frame.header.field16,
                    payload: [UInt8](frame.payload)
                )
                return (received, frame.byteCount)
            }
            if let (received, count) = search {
                backlog.removeFirst(count)
                return received
            }
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count == 0 || (count < 0 && errno == ECONNRESET) { return nil }
            guard count > 0 else { throw Self.failed("receive a frame") }
            backlog += chunk[..<count]
        }
    }

    /// The rule that the peer says was broken, as the last thing before it closes; nil when it closes
    /// without a word.
    package func violation() throws -> Farewell? {
        var farewell: Farewell?
        while let frame = try receive() {
            guard frame.type == FrameType.error.rawValue else { continue }
            farewell = try Farewell(payload: frame.payload)
        }
        return farewell
    }

    /// Whether the peer closes, or resets, within 20 seconds; what it still sends isn't looked at.
    package func isClosed() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count == 0 || (count < 0 && errno == ECONNRESET) { return true }
            guard count > 0 else { return false }
        }
    }

    // MARK: What a client does

    /// Preface and HELLO.
    package static func greeting(realm: String = "banjie") -> [UInt8] {
        var hello = Hello()
        hello.minimumVersion = ProtocolVersion.current
        hello.maximumVersion = ProtocolVersion.current
        hello.realm = realm
        hello.longestPayload = 64 << 10
        hello.longestMessage = 16 << 20
        hello.streamWindow = 256 << 10
        hello.connectionWindow = 1 << 20
        hello.product = "frame-connection"
        var writer = MessageWriter()
        writer.append(Preface.bytes)
        writer.appendFrame(.hello, message: hello)
        return writer.bytes
    }

    /// A whole call: one frame, or CALL and MESSAGE frames when it doesn't fit one.
    package static func call(
        _ method: UInt32,
        _ message: [UInt8],
        stream: UInt32,
        requestID: [UInt8] = [],
        traceparent: [UInt8] = [],
        flags: FrameFlags = []
    ) -> [UInt8] {
        let fragmentMax = 32 << 10
        var metadata = MessageWriter()
        metadata.write(requestID, as: 1)
        metadata.write(traceparent, as: 2)
        if message.count > fragmentMax { metadata.write(UInt64(message.count), as: 3) }
        var writer = MessageWriter()
        let start = writer.beginFrame()
        writer.append(withUnsafeBytes(of: method.littleEndian) { [UInt8]($0) })
        writer.append(metadata.bytes)
        writer.append(Array(message.prefix(fragmentMax)))
        writer.endFrame(
            from: start,
            .call,
            flags: flags,
            stream: stream,
            field16: UInt16(metadata.count)
        )
        for begin in stride(from: fragmentMax, to: message.count, by: fragmentMax) {
            let end = min(begin + fragmentMax, message.count)
            message[begin..<end].withUnsafeBytes {
                writer.appendFrame(
                    .message,
                    flags: end == message.count ? .last : [],
                    stream: stream,
                    field32: UInt32(message.count),
                    payload: $0
                )
            }
        }
        return writer.bytes
    }

    /// Shakes hands, and signs in when there are credentials.
    ///
    /// - Throws: when the server refuses either.
    package func open(as credentials: Credentials? = nil) throws {
        send(Self.greeting())
        guard try receive()?.type == FrameType.hello.rawValue else {
            throw ServerProcessError("the server doesn't shake hands")
        }
        if let credentials { try signIn(as: credentials) }
    }

    /// Why the server doesn't let somebody in, who tries once; nil when it does.
    package func refusal(of credentials: Credentials) throws -> CallFailure? {
        var writer = MessageWriter()
        writer.appendFrame(.authenticate, message: credentials)
        send(writer.bytes)
        guard let verdict = try receive(), verdict.type == FrameType.authenticate.rawValue else {
            throw ServerProcessError("the server doesn't judge credentials")
        }
        guard verdict.field16 != 0 else { return nil }
        return try verdict.payload.withUnsafeBytes {
            try CallFailure(statusNumber: verdict.field16, payload: $0)
        }
    }

    /// - Throws: when the server refuses the credentials.
    package func signIn(as credentials: Credentials) throws {
        guard try refusal(of: credentials) == nil else {
            throw ServerProcessError("\(credentials.login) can't sign in")
        }
    }

    /// Makes a call on the next stream and waits for its end; a stream that has given its first message is
    /// cancelled, and answered with that.
    ///
    /// - Throws: when the connection ends instead.
    package func call(
        _ method: UInt32,
        _ message: [UInt8],
        requestID: [UInt8] = [],
        traceparent: [UInt8] = []
    ) throws -> Answer {
        lastStream = lastStream == 0 ? 1 : lastStream + 2
        let isStream = BanjieProtocolSchema.method(id: method)?.kind.isStream ?? false
        send(
            Self.call(
                method,
                message,
                stream: lastStream,
                requestID: requestID,
                traceparent: traceparent,
                flags: isStream ? [.stream, .halfClose] : []
            )
        )
        var fragments: [UInt8] = []
        while let frame = try receive() {
            guard frame.stream == lastStream else { continue }
            if frame.type == FrameType.message.rawValue {
                fragments += frame.payload
                guard isStream, frame.flags.contains(.last) else { continue }
                var writer = MessageWriter()
                writer.appendFrame(.cancel, stream: lastStream)
                send(writer.bytes)
                return .reply(fragments, isReplay: false)
            }
            if frame.field16 == 0 {
                return .reply(fragments + frame.payload, isReplay: frame.flags.contains(.replayed))
            }
            return .failure(
                try frame.payload.withUnsafeBytes {
                    try CallFailure(statusNumber: frame.field16, payload: $0)
                }
            )
        }
        throw ServerProcessError("the server closed the connection during a call")
    }
}

extension Farewell {
    fileprivate init(payload: [UInt8]) throws {
        self.init()
        try payload.withUnsafeBytes { bytes in
            var reader = MessageReader(bytes)
            try merge(from: &reader)
        }
    }
}
