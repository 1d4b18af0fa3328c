import Glibc
import Wire

/// A call whose message comes in fragments. Its memory grows with the bytes that have come (W41).
final class Assembly {
    let stream: UInt32
    let totalLength: Int
    private let method: UInt32
    private let receivedAt: MonotonicTime
    private let timeoutMilliseconds: UInt32
    /// The metadata's bytes, then the message's.
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private let metadataLength: Int
    private var count = 0

    init(
        stream: UInt32,
        method: UInt32,
        receivedAt: MonotonicTime,
        timeoutMilliseconds: UInt32,
        metadata: UnsafeRawBufferPointer,
        totalLength: Int
    ) {
        self.stream = stream
        self.method = method
        self.receivedAt = receivedAt
        self.timeoutMilliseconds = timeoutMilliseconds
        self.totalLength = totalLength
        metadataLength = metadata.count
        capacity = max(metadata.count, 1)
        guard let base = malloc(capacity) else { fatalError("out of memory") }
        self.base = base
        UnsafeMutableRawBufferPointer(start: base, count: capacity).copyMemory(from: metadata)
    }

    deinit { free(base) }

    /// The whole call; its bytes are valid for as long as the assembly.
    func call(connection: ConnectionID, principal: Principal) -> IncomingCall {
        precondition(isComplete, "only a complete message is handed over")
        let metadata = try? CallMetadata(UnsafeRawBufferPointer(start: base, count: metadataLength))
        return IncomingCall(
            connection: connection,
            principal: principal,
            stream: stream,
            method: method,
            receivedAt: receivedAt,
            timeoutMilliseconds: timeoutMilliseconds,
            requestID: metadata?.requestID ?? UnsafeRawBufferPointer(start: nil, count: 0),
            traceparent: metadata?.traceparent ?? UnsafeRawBufferPointer(start: nil, count: 0),
            message: UnsafeRawBufferPointer(start: base + metadataLength, count: count)
        )
    }

    var isComplete: Bool { count == totalLength }

    /// Takes the next fragment, with what its frame says of it.
    ///
    /// - Throws: `malformed` when the fragment doesn't fit (W36).
    func append(
        _ fragment: UnsafeRawBufferPointer,
        totalLength: UInt32,
        isLast: Bool
    ) throws(ProtocolViolation) {
        guard Int(totalLength) == self.totalLength, fragment.count > 0,
            fragment.count <= self.totalLength - count,
            isLast == (fragment.count == self.totalLength - count)
        else { throw .malformed(.message, .fragment) }
        append(fragment)
    }

    /// Takes the part that CALL carries.
    func append(_ content: UnsafeRawBufferPointer) {
        guard let source = content.baseAddress, content.count > 0 else { return }
        let wanted = metadataLength + count + content.count
        if wanted > capacity {
            capacity = min(max(capacity * 2, wanted), metadataLength + totalLength)
            guard let grown = realloc(base, capacity) else { fatalError("out of memory") }
            base = grown
        }
        memcpy(base + metadataLength + count, source, content.count)
        count += content.count
    }
}
