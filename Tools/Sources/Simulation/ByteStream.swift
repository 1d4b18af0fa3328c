/// One direction of a connection: bytes on their way, and bytes that have come and nobody has read.
struct ByteStream {
    /// How many bytes may be underway and unread before the sender has to wait.
    let capacity: Int
    private(set) var underway: [UInt8] = []
    private(set) var arrived: [UInt8] = []
    /// The sender says nothing more.
    private(set) var isEnding = false
    /// The reader has come to the end, once it has read what has arrived.
    private(set) var hasEnded = false
    /// Whatever is sent is lost: nobody reads.
    private(set) var isDeaf = false

    init(capacity: Int) { self.capacity = capacity }

    /// How many bytes the sender is rid of at once.
    var room: Int {
        isDeaf || isEnding ? .max : max(0, capacity - underway.count - arrived.count)
    }

    /// Whether the network has something to do.
    var isMoving: Bool { !underway.isEmpty || isEnding && !hasEnded }

    /// Whether a reader has something to read: bytes, or the end.
    var isReadable: Bool { !arrived.isEmpty || hasEnded }

    /// - Precondition: there is room.
    mutating func send(_ bytes: some Collection<UInt8>) {
        precondition(bytes.count <= room, "a sender waits for room")
        guard !isDeaf, !isEnding else { return }
        underway.append(contentsOf: bytes)
    }

    /// The sender says nothing more.
    mutating func end() { isEnding = true }

    /// Lets some of what is underway arrive.
    mutating func arrive(_ count: Int) {
        arrived.append(contentsOf: underway.prefix(count))
        underway.removeFirst(min(count, underway.count))
        if isEnding, underway.isEmpty { hasEnded = true }
    }

    mutating func read(_ count: Int) -> [UInt8] {
        defer { arrived.removeFirst(min(count, arrived.count)) }
        return Array(arrived.prefix(count))
    }

    /// Loses all of what is underway but the first `count` bytes, and ends behind them.
    mutating func cut(after count: Int) {
        underway.removeLast(underway.count - min(count, underway.count))
        isEnding = true
    }

    /// Nobody reads any more.
    mutating func deafen() {
        underway = []
        arrived = []
        isDeaf = true
    }

    /// Changes one byte that is underway.
    mutating func alter(at index: Int) { underway[index] ^= 0x10 }
}

/// A connection as the network sees it.
final class Link {
    let number: Int
    var toServer: ByteStream
    var toClient: ByteStream
    /// It was reset: each side learns so when it looks next.
    private(set) var isReset = false
    /// Neither side knows it any more.
    var isForgottenByServer = false
    var isForgottenByClient = false

    init(_ number: Int, capacity: (toServer: Int, toClient: Int)) {
        self.number = number
        toServer = ByteStream(capacity: capacity.toServer)
        toClient = ByteStream(capacity: capacity.toClient)
    }

    var isOver: Bool { isForgottenByServer && isForgottenByClient }

    /// Loses what is underway and unread in both directions.
    func reset() {
        isReset = true
        toServer.deafen()
        toClient.deafen()
    }
}
