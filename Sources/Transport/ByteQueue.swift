import Glibc

/// Bytes received and not yet consumed. Holds no memory while empty.
struct ByteQueue: ~Copyable {
    private var base: UnsafeMutableRawPointer?
    private var capacity = 0
    private var start = 0
    private(set) var count = 0

    init() {}

    deinit { free(base) }

    /// The bytes, valid until the queue is changed.
    var bytes: UnsafeRawBufferPointer {
        guard let base else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: base + start, count: count)
    }

    /// Appends a copy of `content`. Memory grows with what has come, by doubling.
    mutating func append(_ content: UnsafeRawBufferPointer) {
        guard let source = content.baseAddress, content.count > 0 else { return }
        if start + count + content.count > capacity { makeRoom(for: content.count) }
        guard let base else { return }
        memcpy(base + start + count, source, content.count)
        count += content.count
    }

    private mutating func makeRoom(for additional: Int) {
        if let base, start > 0 {
            memmove(base, base + start, count)
            start = 0
        }
        guard count + additional > capacity else { return }
        capacity = max(capacity * 2, count + additional, 256)
        guard let grown = realloc(base, capacity) else { fatalError("out of memory") }
        base = grown
    }

    /// Moves bytes from the front of `source` until `wanted` are held; false when that takes more.
    mutating func topUp(from source: inout UnsafeRawBufferPointer, to wanted: Int) -> Bool {
        let length = min(max(wanted - count, 0), source.count)
        append(UnsafeRawBufferPointer(rebasing: source[..<length]))
        source = UnsafeRawBufferPointer(rebasing: source[length...])
        return count >= wanted
    }

    /// Drops the first `length` bytes.
    mutating func removeFirst(_ length: Int) {
        precondition(length <= count, "no more is consumed than there is")
        start += length
        count -= length
        guard count == 0 else { return }
        free(base)
        base = nil
        capacity = 0
        start = 0
    }
}
