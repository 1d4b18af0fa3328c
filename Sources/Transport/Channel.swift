import Glibc
import TLS
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

/// A socket and what waits on either side of it, in plain or under TLS; it knows nothing of frames.
struct Channel: ~Copyable {
    enum Reading {
        /// How many have come; none when all that came was TLS's own.
        case bytes(Int)
        case nothing
        case ended
        case failed(Failure)
    }

    /// Why a connection is of no use any more.
    enum Failure: CustomStringConvertible {
        /// `errno`.
        case system(Int32)
        case security(TLSError)

        var description: String {
            switch self {
            case .system(let code): String(cString: strerror(code))
            case .security(let error): error.description
            }
        }
    }

    let descriptor: Descriptor
    /// Received, and not consumed: an unfinished frame, or frames that must wait.
    var backlog = ByteQueue()
    /// To be sent; nil while there is nothing.
    private(set) var output: UnsafeMutablePointer<MessageWriter>?
    /// How much of the output has been sent.
    private var sent = 0
    /// Bytes of output that have left it since the socket was opened: sent, or encrypted to be sent.
    private(set) var totalSent: UInt64 = 0
    /// What the poller was told.
    var interest: Poller.Interest

    /// Nil when everything goes in plain. Apart, so that connections in plain don't hold its memory.
    private let security: UnsafeMutablePointer<TLSSession>?
    private var isPeerTaken = false

    init(
        _ descriptor: consuming Descriptor,
        security: consuming TLSSession?,
        interest: Poller.Interest
    ) {
        self.descriptor = descriptor
        self.interest = interest
        switch consume security {
        case .none: self.security = nil
        case .some(let session):
            let place = UnsafeMutablePointer<TLSSession>.allocate(capacity: 1)
            place.initialize(to: session)
            self.security = place
        }
    }

    deinit {
        security?.deinitialize(count: 1)
        security?.deallocate()
    }

    private var isSecured: Bool { security != nil }

    private var outputBytes: Int { output.map { $0.pointee.count - sent } ?? 0 }

    /// Bytes that wait to be sent.
    var pendingBytes: Int { isSecured ? outputBytes + ciphertextBytes : outputBytes }

    /// What `totalSent` will be when all of the output has left it.
    var outputEnd: UInt64 { totalSent + UInt64(outputBytes) }

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
    mutating func read(into slab: UnsafeMutableRawBufferPointer) -> Reading {
        isSecured ? readSecured(into: slab) : receive(into: slab)
    }

    private func receive(into slab: UnsafeMutableRawBufferPointer) -> Reading {
        while true {
            let count = recv(descriptor.number, slab.baseAddress, slab.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .ended }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: return .nothing
            default: return .failed(.system(errno))
            }
        }
    }

    /// Sends as much of the output as the socket takes; returns how much, or nil when it has failed.
    mutating func write() -> Int? {
        if isSecured { return writeSecured() }
        guard let output else { return 0 }
        let count = output.pointee.withUnsafeBytes { bytes in
            transmit(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
        }
        if let count { leave(output, count) }
        return count
    }

    /// How much of `bytes` the socket took; nil when it has failed.
    private func transmit(_ bytes: UnsafeRawBufferPointer) -> Int? {
        while true {
            let count = send(descriptor.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: return 0
            default: return nil
            }
        }
    }

    /// Takes note that `count` more bytes have left the output.
    private mutating func leave(_ output: UnsafeMutablePointer<MessageWriter>, _ count: Int) {
        sent += count
        totalSent += UInt64(count)
        if sent == output.pointee.count {
            output.pointee.removeAll()
            sent = 0
        } else if sent > 64 << 10, sent > output.pointee.count / 2 {
            output.pointee.removeFirst(sent)
            sent = 0
        }
    }

    /// Says that nothing more is sent, once all is; false while that has to wait for the socket.
    mutating func finish() -> Bool {
        precondition(outputBytes == 0, "what is to be sent goes first")
        if isSecured {
            security?.pointee.end()
            _ = writeSecured()
            guard ciphertextBytes == 0 else { return false }
        }
        shutdown(descriptor.number, Int32(SHUT_WR))
        return true
    }

    // MARK: - TLS

    /// Tells the peer of a connection that is given up that this is no accident, if it takes that at
    /// once.
    mutating func sayFarewell() {
        guard isSecured, outputBytes == 0 else { return }
        security?.pointee.end()
        _ = writeSecured()
    }

    /// Output is encrypted as far as this is what waits behind the socket: little enough that what is
    /// sent first goes first, enough to keep the socket busy.
    private static let ciphertextMark = 64 << 10

    private var ciphertextBytes: Int { security?.pointee.pendingBytes ?? 0 }

    /// Whether there is no use in waiting for the socket to take more: the peer has to send first.
    var mustReadFirst: Bool {
        isSecured && ciphertextBytes == 0 && security?.pointee.isWaitingForPeer == true
    }

    /// Whether what is to be sent can't be, and never could: the handshake of TLS isn't done.
    var isMute: Bool { isSecured && security?.pointee.state == .handshake }

    /// Whether the peer has said that it sends no more, whether or not it has closed its side.
    var inputHasEnded: Bool { isSecured && security?.pointee.peerHasEnded == true }

    /// The certificate that the peer has shown, once.
    mutating func takePeer() -> PeerCertificate? {
        guard isSecured, !isPeerTaken, let peer = security?.pointee.peer else { return nil }
        isPeerTaken = true
        return peer
    }

    /// Plaintext lies at the front of the slab, where the ciphertext behind it has been read.
    private mutating func readSecured(into slab: UnsafeMutableRawBufferPointer) -> Reading {
        let room = UnsafeMutableRawBufferPointer(rebasing: slab[TLSSession.slack...])
        let reading = receive(into: room)
        do throws(TLSError) {
            switch reading {
            case .bytes(let count):
                let ciphertext = UnsafeRawBufferPointer(rebasing: room[..<count])
                return .bytes(try security?.pointee.receive(ciphertext, into: slab) ?? 0)
            case .ended:
                try security?.pointee.inputEnded()
                return .ended
            case .nothing, .failed: return reading
            }
        } catch {
            return .failed(.security(error))
        }
    }

    private mutating func writeSecured() -> Int? {
        var total = 0
        while true {
            encrypt()
            let waiting = ciphertextBytes
            guard waiting > 0 else { return total }
            guard let count = security?.pointee.withPending({ transmit($0) }) ?? nil else {
                return nil
            }
            security?.pointee.removePending(count)
            total += count
            if count < waiting { return total }
        }
    }

    /// Encrypts what the output holds, as far as it is soon to be sent. What can't be sent any more is
    /// dropped.
    private mutating func encrypt() {
        guard let output, outputBytes > 0 else { return }
        if case .failed? = security?.pointee.state { return leave(output, outputBytes) }
        while outputBytes > 0, ciphertextBytes < Self.ciphertextMark {
            let count = output.pointee.withUnsafeBytes { bytes in
                let part = bytes[sent...].prefix(Self.ciphertextMark)
                return security?.pointee.send(UnsafeRawBufferPointer(rebasing: part)) ?? 0
            }
            guard count > 0 else { return }
            leave(output, count)
        }
    }
}
