import COpenSSL

/// The two ends between which the library works: ciphertext that has come, in the caller's memory, and
/// ciphertext that is to go.
struct Ends {
    /// What the library hasn't taken of the bytes that came; valid during one call of `receive`.
    var input = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Bytes to be sent, and how many of them have been.
    var output: [UInt8] = []
    var sent = 0
    /// How many of TLS's own messages have come since the handshake was done; nil before.
    var ownMessages: Int?

    /// More of TLS's own messages than any peer has reason to send: tickets, which we don't use, and new
    /// keys, which are due after 2²⁴ records at the earliest. Each costs the work of thousands of bytes.
    static let mostOwnMessages = 64

    var isFlooded: Bool { ownMessages.map { $0 > Self.mostOwnMessages } ?? false }

    var pendingBytes: Int { output.count - sent }

    /// Drops what has been sent. Holds no memory while nothing waits.
    mutating func removeFirst(_ count: Int) {
        precondition(count <= pendingBytes, "no more is sent than there is")
        sent += count
        guard pendingBytes > 0 else {
            output = []
            sent = 0
            return
        }
        // Constant on average: half of the array has been sent whenever it is moved.
        if sent > 64 << 10, sent > output.count / 2 {
            output.removeFirst(sent)
            sent = 0
        }
    }

    /// How the library reads from the ends and writes to them: a BIO of our own, rather than two in
    /// memory, spares copies, and memory that would never shrink.
    private struct Method: @unchecked Sendable {
        /// Set up within `init`; afterwards the library only reads it, which any thread may do.
        let pointer: OpaquePointer

        init() {
            let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
            guard let pointer = BIO_meth_new(type, "banjie") else {
                preconditionFailure("out of memory")
            }
            BIO_meth_set_read_ex(pointer) { bio, target, length, count in
                Ends.of(bio).pointee.read(bio, into: target, length, count)
            }
            BIO_meth_set_write_ex(pointer) { bio, source, length, count in
                let bytes = UnsafeRawBufferPointer(start: source, count: length)
                Ends.of(bio).pointee.output.append(contentsOf: bytes)
                count?.pointee = length
                return 1
            }
            BIO_meth_set_ctrl(pointer) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
            self.pointer = pointer
        }
    }

    private mutating func read(
        _ bio: OpaquePointer?,
        into target: UnsafeMutablePointer<CChar>?,
        _ length: Int,
        _ count: UnsafeMutablePointer<Int>?
    ) -> Int32 {
        let part = input.prefix(length)
        banjie_bio_clear_retry(bio)
        guard !isFlooded else { return 0 }
        guard let target, !part.isEmpty else {
            banjie_bio_set_retry_read(bio)
            return 0
        }
        UnsafeMutableRawBufferPointer(start: target, count: length)
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(part.count))
        count?.pointee = part.count
        return 1
    }

    private static let method = Method()

    /// A BIO over `ends`, which must outlive it.
    static func makeBIO(over ends: UnsafeMutablePointer<Ends>) -> OpaquePointer {
        guard let bio = BIO_new(method.pointer) else { preconditionFailure("out of memory") }
        BIO_set_data(bio, ends)
        BIO_set_init(bio, 1)
        return bio
    }

    /// Counts TLS's own messages of a connection over `ends`, which must outlive it.
    static func countMessages(
        of connection: OpaquePointer,
        at ends: UnsafeMutablePointer<Ends>
    ) {
        SSL_set_msg_callback(connection) { isSent, _, type, _, _, _, ends in
            guard isSent == 0, type == SSL3_RT_HANDSHAKE, let ends else { return }
            ends.assumingMemoryBound(to: Ends.self).pointee.ownMessages? += 1
        }
        banjie_tls_set_message_argument(connection, ends)
    }

    private static func of(_ bio: OpaquePointer?) -> UnsafeMutablePointer<Ends> {
        guard let data = BIO_get_data(bio) else { preconditionFailure("a BIO of ours has ends") }
        return data.assumingMemoryBound(to: Ends.self)
    }
}
