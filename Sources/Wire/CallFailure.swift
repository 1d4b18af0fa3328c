/// Why a call failed: a status, and the payload of an END whose status isn't OK.
public struct CallFailure: Error, Hashable, Sendable {
    /// Never `ok`.
    public var status: Status
    /// A stable reason, such as `WRONG_STATE`.
    public var reason: String
    /// A sentence for people: what was wrong, where, what to do.
    public var message: String
    public var outcome: Outcome
    public var origin: Origin
    /// When to try again, in milliseconds; nil when the other side doesn't say.
    public var retryAfterMilliseconds: UInt32?
    /// The path of the field that was refused; empty when it is none in particular.
    public var field: String
    /// Particulars, by key, in order.
    public var details: [Detail]

    /// One particular of a failure.
    public struct Detail: Hashable, Sendable {
        public var key = ""
        public var value = ""

        public init() {}

        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    public init(
        _ status: Status,
        reason: String,
        message: String,
        outcome: Outcome,
        origin: Origin,
        retryAfterMilliseconds: UInt32? = nil,
        field: String = "",
        details: [Detail] = []
    ) {
        precondition(status != .ok, "a failure has a status that says so")
        self.status = status
        self.reason = reason
        self.message = message
        self.outcome = outcome
        self.origin = origin
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.field = field
        self.details = details
    }
}

extension CallFailure {
    /// The failure that an END states. A status number that is unknown here counts as `unknown`, an
    /// outcome that is unknown here as `unknown`, an origin as `server`.
    public init(
        statusNumber: UInt16,
        payload: UnsafeRawBufferPointer
    ) throws(DecodingError) {
        let status = Status(rawValue: statusNumber) ?? .unknown
        self.init(
            status == .ok ? .unknown : status,
            reason: "",
            message: "",
            outcome: .unknown,
            origin: .server
        )
        var reader = MessageReader(payload)
        while let field = try reader.nextField() {
            switch field {
            case 1: reason = try reader.string()
            case 2: message = try reader.string()
            case 3: outcome = Outcome(wireNumber: try reader.scalar())
            case 4: origin = Origin(wireNumber: try reader.scalar())
            case 5: retryAfterMilliseconds = try reader.scalar()
            case 6: self.field = try reader.string()
            case 7: try reader.message(into: &details)
            default: try reader.skip()
            }
        }
    }

    /// Appends the payload of the END that states it.
    public func write(to writer: inout MessageWriter) {
        writer.write(reason, as: 1)
        writer.write(message, as: 2)
        writer.write(outcome.wireNumber, as: 3)
        writer.write(origin.wireNumber, as: 4)
        writer.write(ifPresent: retryAfterMilliseconds, as: 5)
        writer.write(field, as: 6)
        writer.write(details, as: 7)
    }
}

extension Outcome {
    /// An unknown number counts as `unknown`: nobody can tell.
    fileprivate init(wireNumber: UInt32) {
        switch wireNumber {
        case 1: self = .notProcessed
        case 2: self = .processed
        default: self = .unknown
        }
    }

    fileprivate var wireNumber: UInt32 {
        switch self {
        case .notProcessed: 1
        case .processed: 2
        case .unknown: 3
        }
    }
}

extension Origin {
    /// An unknown number counts as `server`: it came from there.
    fileprivate init(wireNumber: UInt32) {
        switch wireNumber {
        case 1: self = .client
        case 2: self = .transport
        case 4: self = .handler
        default: self = .server
        }
    }

    fileprivate var wireNumber: UInt32 {
        switch self {
        case .client: 1
        case .transport: 2
        case .server: 3
        case .handler: 4
        }
    }
}

extension CallFailure.Detail: MessageCoding {
    public mutating func merge(from reader: inout MessageReader) throws(DecodingError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: key = try reader.string()
            case 2: value = try reader.string()
            default: try reader.skip()
            }
        }
    }

    public func write(to writer: inout MessageWriter) {
        writer.write(key, as: 1)
        writer.write(value, as: 2)
    }
}

extension CallFailure: CustomStringConvertible {
    public var description: String {
        "\(status.name)/\(reason): \(message)"
    }
}
