/// A value of a request that its schema doesn't allow.
public struct FieldRefusal: Error, Hashable, Sendable {
    /// The path of the field, such as `limits.statutory` or `pauses[2].pause`.
    public let field: String
    /// Why it is refused.
    public let reason: Reason
    /// What is allowed, such as `1…64 bytes`.
    public let allowed: String

    public init(field: String, reason: Reason, allowed: String) {
        self.field = field
        self.reason = reason
        self.allowed = allowed
    }

    /// The same refusal as the message sees it that holds the refused one at `path`.
    func within(_ path: String) -> FieldRefusal {
        FieldRefusal(field: "\(path).\(field)", reason: reason, allowed: allowed)
    }
}

extension FieldRefusal: CustomStringConvertible {
    public var description: String { "\(reason.rawValue): `\(field)` must be \(allowed)" }
}

/// The checks of which a generated `validate` consists; each takes the field's name for its refusal.
enum FieldCheck {
    /// Refuses an empty value.
    @inline(__always)
    static func required(
        _ isPresent: Bool,
        _ field: StaticString,
        _ reason: Reason
    ) throws(FieldRefusal) {
        if !isPresent {
            throw FieldRefusal(field: "\(field)", reason: reason, allowed: "given")
        }
    }

    /// Refuses an integer outside its range.
    @inline(__always)
    static func value(
        _ value: some BinaryInteger,
        _ field: StaticString,
        _ minimum: Int64?,
        _ maximum: Int64?
    ) throws(FieldRefusal) {
        let isTooSmall = minimum.map { value < $0 } ?? false
        let isTooLarge = maximum.map { value > $0 } ?? false
        if isTooSmall || isTooLarge {
            throw outOfRange("\(field)", Bounds(minimum, maximum), "")
        }
    }

    /// Refuses a string whose UTF-8 bytes are too few or too many.
    @inline(__always)
    static func length(
        _ text: String,
        _ field: StaticString,
        _ minimum: Int64?,
        _ maximum: Int64?
    ) throws(FieldRefusal) {
        let bounds = Bounds(minimum, maximum)
        guard bounds.contains(Int64(text.utf8.count)) else {
            throw outOfRange("\(field)", bounds, " bytes of UTF-8")
        }
    }

    /// Refuses bytes that are too few or too many.
    @inline(__always)
    static func length(
        _ bytes: [UInt8],
        _ field: StaticString,
        _ minimum: Int64?,
        _ maximum: Int64?
    ) throws(FieldRefusal) {
        let bounds = Bounds(minimum, maximum)
        guard bounds.contains(Int64(bytes.count)) else {
            throw outOfRange("\(field)", bounds, " bytes")
        }
    }

    /// Refuses a list of too few or too many elements.
    @inline(__always)
    static func count(
        _ count: Int,
        _ field: StaticString,
        _ minimum: Int64?,
        _ maximum: Int64?
    ) throws(FieldRefusal) {
        let bounds = Bounds(minimum, maximum)
        guard bounds.contains(Int64(count)) else {
            throw outOfRange("\(field)", bounds, " elements")
        }
    }

    /// Refuses a value that its enum doesn't know, 0 included.
    @inline(__always)
    static func known<Value: OpenEnum>(
        _ value: Value,
        _ field: StaticString,
        _ reason: Reason
    ) throws(FieldRefusal) {
        if !value.isKnown { throw unknown(Value.self, "\(field)", reason) }
    }

    /// Checks the elements of a list, and names the one that is refused.
    static func each<Element>(
        _ list: [Element],
        _ field: StaticString,
        _ check: (Element) throws(FieldRefusal) -> Void
    ) throws(FieldRefusal) {
        for (index, element) in list.enumerated() {
            do {
                try check(element)
            } catch {
                throw FieldRefusal(
                    field: "\(field)[\(index)]",
                    reason: error.reason,
                    allowed: error.allowed
                )
            }
        }
    }

    /// Checks a message within; an absent one has nothing to check.
    static func message(
        _ message: (some Message)?,
        _ field: StaticString
    ) throws(FieldRefusal) {
        guard let message else { return }
        do { try message.validate() } catch { throw error.within("\(field)") }
    }

    /// Checks the messages of a list.
    static func messages(
        _ list: [some Message],
        _ field: StaticString
    ) throws(FieldRefusal) {
        for (index, message) in list.enumerated() {
            do { try message.validate() } catch { throw error.within("\(field)[\(index)]") }
        }
    }

    private static func outOfRange(
        _ field: String,
        _ bounds: Bounds,
        _ unit: String
    ) -> FieldRefusal {
        FieldRefusal(field: field, reason: .outOfRange, allowed: "\(bounds)\(unit)")
    }

    private static func unknown<Value: OpenEnum>(
        _ type: Value.Type,
        _ field: String,
        _ reason: Reason
    ) -> FieldRefusal {
        let names = Value.known.map(\.description).joined(separator: ", ")
        return FieldRefusal(field: field, reason: reason, allowed: "one of \(names)")
    }
}
