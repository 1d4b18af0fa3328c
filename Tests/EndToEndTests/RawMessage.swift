import BanjieProtocol
import CivilTime
import Wire

/// A message as fields of bytes, so that any of them can be made wrong.
struct RawMessage {
    enum Value: Hashable {
        case varint(UInt64)
        case delimited([UInt8])
    }

    /// By field number; a list has any number of values.
    private var fields: [UInt32: [Value]] = [:]

    subscript(_ number: UInt32) -> [Value] {
        get { fields[number] ?? [] }
        set { fields[number] = newValue }
    }

    /// The message's bytes, fields in ascending order.
    var encoded: [UInt8] {
        var writer = MessageWriter()
        for (number, values) in fields.sorted(by: { $0.key < $1.key }) {
            for value in values {
                switch value {
                case .varint(let bits):
                    writer.append(varint: UInt64(number) << 3)
                    writer.append(varint: bits)
                case .delimited(let content):
                    writer.append(varint: UInt64(number) << 3 | 2)
                    writer.append(varint: UInt64(content.count))
                    writer.append(content)
                }
            }
        }
        return writer.bytes
    }
}

extension RawMessage {
    /// A message that its schema allows, as small as it may be.
    ///
    /// - Parameter known: values for fields of these names, such as a record that exists.
    init(of type: any Message.Type, known: [String: Value]) {
        for field in type.descriptor.fields {
            let value = known[field.name] ?? Self.value(of: field, known: known)
            if field.isList {
                let count = max(1, field.limits.count.minimum ?? 0)
                self[field.number] = Array(repeating: value, count: Int(count))
            } else {
                self[field.number] = [value]
            }
        }
    }

    /// A value that the schema allows for a field, or for a list's elements.
    static func value(of field: FieldDescriptor, known: [String: Value]) -> Value {
        let least = max(0, field.limits.value.minimum ?? 0)
        switch field.type {
        case .bool: return .varint(0)
        case .int32, .int64, .uint32, .uint64:
            return .varint(UInt64(field.limits.value.minimum == nil ? 1 : least))
        case .string, .bytes:
            return .delimited(Array(repeating: UInt8(ascii: "x"), count: max(1, Int(least))))
        case .instant: return .varint(ZigZag.encode(1_772_416_800))
        case .date: return .varint(ZigZag.encode(20_515))
        case .enumeration(let type): return .varint(UInt64(type.known.first?.rawValue ?? 1))
        case .message(let type):
            return .delimited(RawMessage(of: type, known: known).encoded)
        }
    }

    /// An end of what a schema allows.
    enum Extreme: CaseIterable {
        case least, most
    }

    /// A message that its schema allows, every value at an end of its range.
    init(of type: any Message.Type, atThe extreme: Extreme, known: [String: Value]) {
        for field in type.descriptor.fields {
            let value = known[field.name] ?? Self.value(of: field, atThe: extreme, known: known)
            let counts = field.limits.count
            let count =
                switch (field.isList, extreme) {
                case (false, _): 1
                case (true, .least): Int(counts.minimum ?? 0)
                case (true, .most): Int(counts.maximum ?? 100)
                }
            self[field.number] = Array(repeating: value, count: count)
        }
    }

    private static func value(
        of field: FieldDescriptor,
        atThe extreme: Extreme,
        known: [String: Value]
    ) -> Value {
        let isLeast = extreme == .least
        let bound = isLeast ? field.limits.value.minimum : field.limits.value.maximum
        switch field.type {
        case .bool: return .varint(isLeast ? 0 : 1)
        case .int32:
            return .varint(UInt64(bitPattern: bound ?? Int64(isLeast ? Int32.min : .max)))
        case .int64: return .varint(UInt64(bitPattern: bound ?? (isLeast ? .min : .max)))
        case .uint32: return .varint(UInt64(bound ?? Int64(isLeast ? UInt32.min : .max)))
        case .uint64: return .varint(bound.map { UInt64($0) } ?? (isLeast ? .min : .max))
        case .string, .bytes:
            let count = bound ?? (isLeast ? 0 : 1000)
            let letter = UInt8(ascii: isLeast ? "x" : "y")
            return .delimited(Array(repeating: letter, count: Int(max(1, count))))
        case .instant:
            return .varint(ZigZag.encode((isLeast ? Instant.earliest : .latest).unixSeconds))
        case .date:
            return .varint(
                ZigZag.encode(Int64((isLeast ? CivilDate.earliest : .latest).daysSinceEpoch))
            )
        case .enumeration(let type):
            let value = isLeast ? type.known.first : type.known.last
            return .varint(UInt64(value?.rawValue ?? 1))
        case .message(let type):
            return .delimited(RawMessage(of: type, atThe: extreme, known: known).encoded)
        }
    }
}
