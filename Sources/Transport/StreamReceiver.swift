import Wire

/// The receiving side of one stream: its credit, and the message that is coming.
struct StreamReceiver {
    /// What a frame has brought.
    enum Reception {
        /// A part of a message.
        case part
        /// A whole message, valid for as long as the frame, or `assembly` when it came in several.
        case message(UnsafeRawBufferPointer, assembly: Assembly?)
        /// Nothing but that no message follows.
        case halfClosed
    }

    private let window: UInt32
    private var credit: Int
    private var held: HeldCredit
    private var assembly: Assembly?
    /// Whether the sender has said that it sends no further message.
    private(set) var isHalfClosed: Bool

    init(window: UInt32, isHalfClosed: Bool) {
        self.window = window
        self.isHalfClosed = isHalfClosed
        credit = Int(window)
        held = HeldCredit(window: window)
    }

    /// The connection's credit that a message which hasn't come whole has taken.
    var unfinishedCost: Int {
        assembly.map { StreamCredit.cost(of: $0.totalLength) } ?? 0
    }

    /// Takes a MESSAGE frame.
    ///
    /// - Throws: `malformed` when it doesn't fit what came before (W55, W56), `creditExceeded` when the
    ///   message is dearer than allowed (W57, W58).
    mutating func take(
        _ frame: Frame,
        _ connection: inout ConnectionCredit
    ) throws(ProtocolViolation) -> Reception {
        guard !isHalfClosed else { throw .malformed(.message, .halfClosed) }
        let flags = frame.header.flags
        let isLast = flags.contains(.last)
        if flags.contains(.halfClose) { isHalfClosed = true }
        if let assembly {
            guard isLast || !isHalfClosed, !flags.contains(.first) else {
                throw .malformed(.message, .sequence)
            }
            try assembly.append(frame)
            guard assembly.isComplete else { return .part }
            self.assembly = nil
            return .message(assembly.bytes, assembly: assembly)
        }
        let length = Int(frame.header.field32)
        if isHalfClosed, !isLast {
            guard length == 0, frame.payload.count == 0, !flags.contains(.first) else {
                throw .malformed(.message, .sequence)
            }
            return .halfClosed
        }
        let part = frame.payload.count
        guard flags.contains(.first), isLast ? part == length : part > 0 && part < length else {
            throw .malformed(.message, .sequence)
        }
        let cost = StreamCredit.cost(of: length)
        guard length <= StreamCredit.longestMessage(window: window), cost <= credit,
            connection.take(cost)
        else { throw .creditExceeded(stream: frame.header.stream) }
        credit -= cost
        guard !isLast else { return .message(frame.payload, assembly: nil) }
        let assembly = Assembly(totalLength: length)
        assembly.append(frame.payload)
        self.assembly = assembly
        return .part
    }

    /// The reader has taken messages that cost `byteCount`; returns the credit that the sender is to be
    /// told of, or nil while that isn't worth a frame.
    mutating func giveBack(_ byteCount: Int) -> UInt32? {
        guard let told = held.add(byteCount) else { return nil }
        credit += Int(told)
        return told
    }
}
