import Foundation

/// A JSON value, for scenarios and their results.
package enum JSON: Hashable, Decodable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    package init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let value = try? single.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? single.decode(Double.self) {
            self = .number(value)
        } else if let value = try? single.decode(String.self) {
            self = .string(value)
        } else if let value = try? single.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try single.decode([String: JSON].self))
        }
    }

    package init(_ number: some BinaryInteger) { self = .number(Double(number)) }
    package init(_ text: some CustomStringConvertible) { self = .string(text.description) }
    package init(_ list: [String]) { self = .array(list.map(JSON.string)) }

    /// A value that may be absent.
    package init(_ text: (some CustomStringConvertible)?) {
        self = text.map { .string($0.description) } ?? .null
    }

    var text: String? { if case .string(let text) = self { text } else { nil } }
    var integer: Int? { if case .number(let number) = self { Int(exactly: number) } else { nil } }
    var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    var list: [JSON]? { if case .array(let list) = self { list } else { nil } }
    var members: [String: JSON]? { if case .object(let object) = self { object } else { nil } }
}

extension JSON: CustomStringConvertible {
    /// As a person reads it: a string without quotes at the top, JSON within lists and objects.
    package var description: String { if case .string(let text) = self { text } else { encoded } }

    /// JSON text, keys sorted.
    package var encoded: String {
        switch self {
        case .null: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .number(let number):
            return Int(exactly: number).map(String.init) ?? String(number)
        case .string(let text):
            let bytes = (try? JSONEncoder().encode(text)) ?? Data()
            return String(decoding: bytes, as: UTF8.self)
        case .array(let list): return "[" + list.map(\.encoded).joined(separator: ", ") + "]"
        case .object(let members):
            let parts = members.sorted { $0.key < $1.key }.map {
                "\(JSON.string($0.key).encoded): \($0.value.encoded)"
            }
            return "{" + parts.joined(separator: ", ") + "}"
        }
    }
}
