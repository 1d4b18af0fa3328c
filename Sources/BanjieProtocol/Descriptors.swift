public import Wire

/// The schema of a message.
public struct MessageDescriptor: Sendable {
    public let name: String
    /// The fields, in ascending order of their numbers.
    public let fields: [FieldDescriptor]
    /// What the schema says of it.
    public let doc: String

    /// The field of this number, or nil; O(log n).
    public func field(numbered number: UInt32) -> FieldDescriptor? {
        var low = 0
        var high = fields.count
        while low < high {
            let middle = (low + high) / 2
            if fields[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < fields.count && fields[low].number == number ? fields[low] : nil
    }

    /// The field of this name, or nil.
    public func field(named name: String) -> FieldDescriptor? {
        fields.first { $0.name == name }
    }
}

/// The schema of a field.
public struct FieldDescriptor: Sendable {
    /// 1…536 870 911, never used again for another field.
    public let number: UInt32
    /// The name in the schema, in snake_case.
    public let name: String
    /// The type; of a list, that of its elements.
    public let type: FieldType
    public let isList: Bool
    /// Whether absence differs from the type's default.
    public let isOptional: Bool
    /// Whether it holds personal data.
    public let isPersonal: Bool
    public let limits: FieldLimits
    /// What the schema says of it.
    public let doc: String

    init(
        _ number: UInt32,
        _ name: String,
        _ type: FieldType,
        isList: Bool = false,
        isOptional: Bool = false,
        isPersonal: Bool = false,
        limits: FieldLimits = FieldLimits(),
        doc: String
    ) {
        self.number = number
        self.name = name
        self.type = type
        self.isList = isList
        self.isOptional = isOptional
        self.isPersonal = isPersonal
        self.limits = limits
        self.doc = doc
    }
}

/// The type of a field's value.
public enum FieldType: Sendable {
    case bool, int32, int64, uint32, uint64, string, bytes, instant, date
    case message(any Message.Type)
    case enumeration(any OpenEnum.Type)
}

/// What a field's value may be.
public struct FieldLimits: Sendable, Hashable {
    /// Of an integer its value; of a string its length in UTF-8 bytes; of bytes their number.
    public let value: Bounds
    /// How many elements a list may have.
    public let count: Bounds
    /// Why an empty value is refused; nil when it isn't.
    public let required: Reason?
    /// Why a value that its enum doesn't know is refused; nil for other types.
    public let unknown: Reason?

    init(
        value: Bounds = .none,
        count: Bounds = .none,
        required: Reason? = nil,
        unknown: Reason? = nil
    ) {
        self.value = value
        self.count = count
        self.required = required
        self.unknown = unknown
    }
}

/// A range that may be open at either end.
public struct Bounds: Sendable, Hashable, CustomStringConvertible {
    public let minimum: Int64?
    public let maximum: Int64?

    /// Everything.
    public static let none = Bounds(nil, nil)

    @inlinable public init(_ minimum: Int64?, _ maximum: Int64?) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Whether `value` lies within.
    @inlinable public func contains(_ value: Int64) -> Bool {
        if let minimum, value < minimum { return false }
        if let maximum, value > maximum { return false }
        return true
    }

    /// `1…64`, `at least 1`, `at most 64`, `64` or `anything`.
    public var description: String {
        switch (minimum, maximum) {
        case (nil, nil): "anything"
        case (let minimum?, nil): "at least \(minimum)"
        case (nil, let maximum?): "at most \(maximum)"
        case (let minimum?, let maximum?):
            minimum == maximum ? "\(minimum)" : "\(minimum)…\(maximum)"
        }
    }
}

/// The schema of an enum.
public struct EnumDescriptor: Sendable {
    public let name: String
    /// The values that this version knows, in ascending order of their numbers.
    public let values: [EnumValueDescriptor]
    /// What the schema says of it.
    public let doc: String
}

/// The schema of a value of an enum.
public struct EnumValueDescriptor: Sendable {
    public let number: Int32
    /// The name in the schema, in capitals.
    public let name: String
    /// What the schema says of it.
    public let doc: String

    init(_ number: Int32, _ name: String, doc: String) {
        self.number = number
        self.name = name
        self.doc = doc
    }
}

/// The schema of a service.
public struct ServiceDescriptor: Sendable {
    public let name: String
    public let number: UInt16
    /// The methods, in ascending order of their numbers.
    public let methods: [MethodDescriptor]
    /// What the schema says of it.
    public let doc: String
}

/// The schema of a method.
public struct MethodDescriptor: Sendable {
    public let serviceName: String
    public let serviceNumber: UInt16
    public let name: String
    public let number: UInt16
    public let kind: MethodKind
    /// Whether it is answered where the request is read, touching no store.
    public let runsInline: Bool
    public let access: MethodAccess
    /// The timeout of a call that names none; 0 for none, which only a stream has.
    public let defaultTimeoutMillis: UInt32
    /// The longest timeout that a call may name; 0 for any.
    public let longestTimeoutMillis: UInt32
    public let idempotency: Idempotency
    public let request: any Message.Type
    public let reply: any Message.Type
    /// What the schema says of it.
    public let doc: String

    /// What a call names it by: the service's number in the high half, its own in the low one.
    public var id: UInt32 { UInt32(serviceNumber) << 16 | UInt32(number) }

    /// `Service/Method`.
    public var fullName: String { "\(serviceName)/\(name)" }
}

/// What a method does to the server's records.
public enum MethodKind: Sendable, Hashable {
    /// Changes records, in one transaction.
    case command
    /// Reads a snapshot.
    case query
    /// A stream: one request, any number of replies.
    case watch
    /// A stream: any number of messages, one reply.
    case upload
    /// A stream: any number of messages both ways.
    case session

    /// Whether a call of this kind is a stream (WIRE.md, "Streaming calls").
    public var isStream: Bool {
        switch self {
        case .command, .query: false
        case .watch, .upload, .session: true
        }
    }
}

/// Who may call a method.
public enum MethodAccess: Sendable, Hashable {
    /// Anybody, signed in or not.
    case `public`
    /// Who has signed in.
    case signedIn
    /// Who has one of these roles; others are refused with the reason.
    case roles([Role], refusal: Reason)
}

/// What repeating a call does.
public enum Idempotency: Sendable, Hashable {
    /// Nothing: it changes nothing.
    case safe
    /// Nothing when the request id is the same: it is carried out once.
    case requestID
    /// It is carried out again.
    case none
}

extension DecodingError {
    /// The error in a sentence, with the names of the fields that lead there.
    public func describe(in message: MessageDescriptor) -> String {
        var names: [String] = []
        var inner: MessageDescriptor? = message
        for number in path {
            let field = inner?.field(numbered: number)
            names.append(field?.name ?? String(number))
            if case .message(let type)? = field?.type {
                inner = type.descriptor
            } else {
                inner = nil
            }
        }
        let place = ([message.name] + names).joined(separator: ".")
        return "\(problem), in \(place), at byte \(offset)"
    }
}
