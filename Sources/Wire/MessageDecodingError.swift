/// Why bytes don't decode as a message, and where.
public struct DecodingError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Problem: Hashable, Sendable {
        /// The bytes end within a field.
        case truncated
        /// A varint is longer than ten bytes, or its value takes more than 64 bits.
        case overlongVarint
        /// A tag whose field number isn't within 1…536 870 911, or whose wire type doesn't exist.
        case illegalTag
        /// The field's wire type isn't the one that its type demands.
        case wrongWireType(WireType)
        /// A group, which this protocol refuses.
        case group
        /// A string's bytes aren't UTF-8.
        case illegalUTF8
        /// Messages within messages deeper than `MessageReader.maximumDepth`.
        case tooDeep
        /// A value that the field's type can't represent, such as a date after the year 9999.
        case unrepresentable
    }

    /// What is wrong.
    public let problem: Problem
    /// Where, in bytes from the start of the outermost message.
    public let offset: Int
    /// The numbers of the fields that lead there, outermost first; empty when it is a tag of the
    /// outermost message itself.
    public private(set) var path: [UInt32]

    /// An error at the end of `path`.
    public init(_ problem: Problem, offset: Int, path: [UInt32] = []) {
        self.problem = problem
        self.offset = offset
        self.path = path
    }

    /// The same error as the message sees it that holds the erring one as field `number`.
    public func within(field number: UInt32) -> DecodingError {
        DecodingError(problem, offset: offset, path: [number] + path)
    }
}

extension DecodingError.Problem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated: "the bytes end within a field"
        case .overlongVarint: "a varint takes more than ten bytes or 64 bits"
        case .illegalTag: "a tag has an illegal field number or wire type"
        case .wrongWireType(let found): "wire type \(found.rawValue) doesn't fit the field's type"
        case .group: "groups aren't part of this protocol"
        case .illegalUTF8: "a string isn't UTF-8"
        case .tooDeep: "messages are nested deeper than \(MessageReader.maximumDepth)"
        case .unrepresentable: "a value lies outside what the field's type represents"
        }
    }
}

extension DecodingError: CustomStringConvertible {
    public var description: String {
        let place = path.isEmpty ? "" : " in field \(path.map(String.init).joined(separator: "."))"
        return "\(problem)\(place), at byte \(offset)"
    }
}
