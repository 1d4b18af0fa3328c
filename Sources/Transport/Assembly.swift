import Glibc
import Wire

/// A message that comes in fragments. Its memory grows with the bytes that have come (W41).
final class Assembly {
    let totalLength: Int
    private var base: UnsafeMutableRawPointer?
    private(set) var capacity = 0
    private var count = 0

    init(totalLength: Int) { self.totalLength = totalLength }

    deinit { free(base) }

    /// What has come; valid for as long as the assembly, and until more is appended.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    var isComplete: Bool { count == totalLength }

    /// Takes the fragment in a MESSAGE frame.
    ///
    /// - Throws: `malformed` when the fragment doesn't fit (W36).
    func append(_ frame: Frame) throws(ProtocolViolation) {
        let missing = totalLength - count
        guard Int(frame.header.field32) == totalLength, frame.payload.count > 0,
            frame.payload.count <= missing,
            frame.header.flags.contains(.last) == (frame.payload.count == missing)
        else { throw .malformed(.message, .fragment) }
        append(frame.payload)
    }

    /// Takes the part that CALL carries, which is shorter than the message.
    func append(_ content: UnsafeRawBufferPointer) {
        guard let source = content.baseAddress, content.count > 0 else { return }
        let wanted = count + content.count
        precondition(wanted <= totalLength, "a message doesn't outgrow its length")
        if wanted > capacity {
            capacity = min(max(capacity * 2, wanted), totalLength)
            guard let grown = realloc(base, capacity) else { fatalError("out of memory") }
            base = grown
        }
        guard let base else { return }
        memcpy(base + count, source, content.count)
        count = wanted
    }
}

/// A call whose message is still coming.
struct UnfinishedCall {
    let stream: UInt32
    let method: UInt32
    let receivedAt: MonotonicTime
    let timeoutMilliseconds: UInt32
    /// CALL's.
    let flags: FrameFlags
    let requestID: [UInt8]
    let traceparent: [UInt8]
    let message: Assembly
    /// The room that `message` takes of what all connections have for such ones.
    let room: RequestRoom
}

/// An unfinished request's share of the bytes that all connections have for such ones.
final class RequestRoom {
    private var share: BytesShare

    init(of shared: SharedBytes) { share = BytesShare(of: shared) }

    /// Takes room for further bytes; false when there isn't so much.
    func take(_ count: Int) -> Bool { share.take(count) }
}

/// A call whose message came in fragments and is complete, with its bytes.
final class CompletedCall {
    private let metadata: UnsafeMutableRawBufferPointer
    private let call: UnfinishedCall

    init(_ call: UnfinishedCall) {
        self.call = call
        metadata = .allocate(
            byteCount: call.requestID.count + call.traceparent.count,
            alignment: 1
        )
        metadata.copyBytes(from: call.requestID + call.traceparent)
    }

    deinit { metadata.deallocate() }

    var flags: FrameFlags { call.flags }

    /// The call as the handler gets it; its bytes are valid for as long as `self`.
    func incoming(_ connection: ConnectionID, _ principal: Principal) -> IncomingCall {
        let metadata = UnsafeRawBufferPointer(metadata)
        let split = call.requestID.count
        return IncomingCall(
            connection: connection,
            principal: principal,
            stream: call.stream,
            method: call.method,
            receivedAt: call.receivedAt,
            timeoutMilliseconds: call.timeoutMilliseconds,
            requestID: UnsafeRawBufferPointer(rebasing: metadata[..<split]),
            traceparent: UnsafeRawBufferPointer(rebasing: metadata[split...]),
            message: call.message.bytes
        )
    }
}
