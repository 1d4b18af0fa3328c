import Glibc
import Wire

/// Output buffers that are used again: a connection holds one only while it has something to send.
struct OutputPool: ~Copyable {
    /// Buffers that have grown beyond this aren't kept.
    private static let largestKept = 512 << 10
    private static let mostKept = 64
    private var free: [UnsafeMutablePointer<MessageWriter>] = []

    init() {}

    deinit { for writer in free { Self.discard(writer) } }

    /// An empty buffer, which must be given back.
    mutating func take() -> UnsafeMutablePointer<MessageWriter> {
        if let writer = free.popLast() { return writer }
        let writer = UnsafeMutablePointer<MessageWriter>.allocate(capacity: 1)
        writer.initialize(to: MessageWriter(capacity: 16 << 10))
        return writer
    }

    /// Takes a buffer back.
    mutating func give(_ writer: UnsafeMutablePointer<MessageWriter>) {
        guard writer.pointee.room <= Self.largestKept, free.count < Self.mostKept else {
            return Self.discard(writer)
        }
        writer.pointee.removeAll()
        free.append(writer)
    }

    private static func discard(_ writer: UnsafeMutablePointer<MessageWriter>) {
        writer.deinitialize(count: 1)
        writer.deallocate()
    }
}

/// A socket and what waits on either side of it; it knows nothing of frames.
struct Channel: ~Copyable {
    enum Reading {
        case bytes(Int)
        case nothing
        case ended
        case failed
    }

    let descriptor: Descriptor
    /// Received, and not consumed: an unfinished frame, or frames that must wait.
    var backlog = ByteQueue()
    /// To be sent; nil while there is nothing.
    private(set) var output: UnsafeMutablePointer<MessageWriter>?
    /// How much of the output has been sent.
    private var sent = 0
    /// Bytes handed to the socket since it was opened.
    private(set) var totalSent: UInt64 = 0
    /// What the poller was told.
    var interest: Poller.Interest

    init(_ descriptor: consuming Descriptor, interest: Poller.Interest) {
        self.descriptor = descriptor
        self.interest = interest
    }

    /// Bytes that wait to be sent.
    var pendingBytes: Int { output.map { $0.pointee.count - sent } ?? 0 }

    /// The output, to be appended to.
    mutating func openOutput(_ pool: inout OutputPool) -> UnsafeMutablePointer<MessageWriter> {
        if let output { return output }
        let output = pool.take()
        self.output = output
        return output
    }

    /// Gives the output back, sent or not.
    mutating func closeOutput(_ pool: inout OutputPool) {
        guard let output else { return }
        pool.give(output)
        self.output = nil
        sent = 0
    }

    /// Receives what has come, as much as `slab` holds.
    func read(into slab: UnsafeMutableRawBufferPointer) -> Reading {
        while true {
            let count = recv(descriptor.number, slab.baseAddress, slab.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .ended }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: return .nothing
            default: return .failed
            }
        }
    }

    /// Sends as much of the output as the socket takes; returns how much, or nil when it has failed.
    mutating func write() -> Int? {
        guard let output else { return 0 }
        while true {
            let count = output.pointee.withUnsafeBytes { bytes in
                send(
                    descriptor.number,
                    bytes.baseAddress.map { $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count >= 0 {
                sent += count
                totalSent += UInt64(count)
                if sent == output.pointee.count {
                    output.pointee.removeAll()
                    sent = 0
                } else if sent > 64 << 10, sent > output.pointee.count / 2 {
                    output.pointee.removeFirst(sent)
                    sent = 0
                }
                return count
            }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: return 0
            default: return nil
            }
        }
    }
}
