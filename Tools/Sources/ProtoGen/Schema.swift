/// What all schema files together define, in the order of the files' names.
package struct Schema: Hashable, Sendable {
    package var files: [SchemaFile]

    package init(files: [SchemaFile]) { self.files = files }

    package var reasons: [ReasonDefinition] { files.flatMap(\.reasons) }
    package var enums: [EnumDefinition] { files.flatMap(\.enums) }
    package var messages: [MessageDefinition] { files.flatMap(\.messages) }
    package var services: [ServiceDefinition] { files.flatMap(\.services) }
}

/// What one schema file defines.
package struct SchemaFile: Hashable, Sendable {
    /// The name, such as `cases.wire`.
    package var name: String
    package var documentation: [String]
    package var imports: [ImportDeclaration] = []
    package var reasons: [ReasonDefinition] = []
    package var enums: [EnumDefinition] = []
    package var messages: [MessageDefinition] = []
    package var services: [ServiceDefinition] = []
}

package struct ImportDeclaration: Hashable, Sendable {
    package var file: String
    package var position: Position
}

/// Why a request is refused, by a stable name, and the status it is refused with.
package struct ReasonDefinition: Hashable, Sendable {
    package var name: String
    package var status: String
    package var documentation: [String]
    package var position: Position
}

package struct EnumDefinition: Hashable, Sendable {
    package var name: String
    package var values: [EnumValue]
    package var reserved: Reservations
    package var documentation: [String]
    package var position: Position
}

package struct EnumValue: Hashable, Sendable {
    package var name: String
    package var number: Int64
    package var documentation: [String]
    package var position: Position
}

package struct MessageDefinition: Hashable, Sendable {
    package var name: String
    package var fields: [FieldDefinition]
    package var reserved: Reservations
    package var documentation: [String]
    package var position: Position
}

package struct FieldDefinition: Hashable, Sendable {
    package var name: String
    package var number: Int64
    package var type: ValueType
    package var cardinality: Cardinality
    /// Of an integer its value, of a string its UTF-8 bytes, of bytes their number.
    package var limits: Limits
    /// How many elements a list may have.
    package var countLimits: Limits
    package var isPersonal: Bool
    /// The reason with which an empty value is refused.
    package var required: String?
    /// The reason with which a value that its enum doesn't know is refused.
    package var unknown: String?
    package var documentation: [String]
    package var position: Position
}

/// How many values a field holds.
package enum Cardinality: Hashable, Sendable {
    /// One, whose default counts as absence.
    case single
    /// One or none.
    case optional
    case list
}

/// The type of a field's value, or of a list's elements.
package enum ValueType: Hashable, Sendable {
    case scalar(ScalarType)
    /// A message or an enum.
    case named(String)

    package var name: String {
        switch self {
        case .scalar(let scalar): scalar.rawValue
        case .named(let name): name
        }
    }
}

package enum ScalarType: String, Hashable, Sendable, CaseIterable {
    case bool, int32, int64, uint32, uint64, string, bytes, instant, date
}

/// A range that may be open at either end.
package struct Limits: Hashable, Sendable {
    package var minimum: Int64?
    package var maximum: Int64?

    package static let none = Limits(minimum: nil, maximum: nil)
}

/// Numbers and names that deleted members had, never to be used again.
package struct Reservations: Hashable, Sendable {
    package var numbers: Set<Int64> = []
    package var names: Set<String> = []
}

package struct ServiceDefinition: Hashable, Sendable {
    package var name: String
    package var number: Int64
    package var methods: [MethodDefinition]
    package var reserved: Reservations
    package var documentation: [String]
    package var position: Position
}

package struct MethodDefinition: Hashable, Sendable {
    package var name: String
    package var number: Int64
    package var request: String
    package var reply: String
    package var kind: MethodKind
    package var runsInline: Bool
    package var access: AccessRule
    /// 0 for none, which only a stream may have.
    package var defaultTimeoutMillis: Int64
    /// 0 for any.
    package var longestTimeoutMillis: Int64
    package var idempotency: IdempotencyRule
    package var documentation: [String]
    package var position: Position
}

package enum MethodKind: String, Hashable, Sendable, CaseIterable {
    case command, query, watch, upload, session

    /// Whether a call of this kind is a stream.
    package var isStream: Bool {
        switch self {
        case .command, .query: false
        case .watch, .upload, .session: true
        }
    }
}

package enum AccessRule: Hashable, Sendable {
    /// Anybody, signed in or not.
    case everybody
    /// Who has signed in.
    case signedIn
    /// Who has one of these roles, in lowercase; others are refused with the reason.
    case roles([String], refusal: String?)
}

package enum IdempotencyRule: String, Hashable, Sendable, CaseIterable {
    case safe
    case requestID = "request-id"
    case none
}
