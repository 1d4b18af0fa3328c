import BanjieProtocol
import Wire

/// A request that must be refused, and how.
struct BadMessage {
    /// What is wrong with it.
    let what: String
    let bytes: [UInt8]
    /// The reasons of which one must be given.
    let reasons: Set<Reason>
    /// The path of the field at fault; nil when none must be named.
    var field: String?
}

extension BadMessage {
    /// Everything that a message's schema forbids, one at a time.
    static func all(of type: any Message.Type, known: [String: RawMessage.Value]) -> [BadMessage] {
        let valid = RawMessage(of: type, known: known)
        return undecodable(type, valid) + outOfLimits(type, known: known)
    }

    // MARK: Bytes that aren't the message

    private static func undecodable(
        _ type: any Message.Type,
        _ valid: RawMessage
    ) -> [BadMessage] {
        var all = [
            ("a varint that doesn't end", valid.encoded + [0x80]),
            ("field 0", valid.encoded + [0x00, 0x00]),
            ("a group", valid.encoded + [0x0B, 0x0C]),
            ("a wire type that doesn't exist", valid.encoded + [0x0F]),
            ("a length beyond the end", valid.encoded + [0x7A, 0x05, 0x00]),
            (
                "a varint of eleven bytes",
                valid.encoded + [0x78] + Array(repeating: 0xFF, count: 11)
            ),
        ]
        for field in type.descriptor.fields {
            var message = valid
            if case .varint? = valid[field.number].first {
                if !field.isList {
                    message[field.number] = [.delimited([1])]
                    all.append(("\(field.name) of another wire type", message.encoded))
                }
            } else {
                message[field.number] = [.varint(1)]
                all.append(("\(field.name) of another wire type", message.encoded))
            }
            switch field.type {
            case .string:
                message[field.number] = [.delimited([0xC3, 0x28])]
                all.append(("\(field.name) that isn't UTF-8", message.encoded))
            case .instant, .date:
                for bits in [UInt64.max, ZigZag.encode(400_000_000_000)] where field.isList == false
                {
                    message[field.number] = [.varint(bits)]
                    all.append(("\(field.name) beyond the year 9999", message.encoded))
                }
            case .message:
                message[field.number] = [.delimited([0x80])]
                all.append(("\(field.name) that doesn't decode", message.encoded))
            default: break
            }
        }
        return all.map { BadMessage(what: $0.0, bytes: $0.1, reasons: [.undecodable]) }
    }

    // MARK: Values that the schema forbids

    private static func outOfLimits(
        _ type: any Message.Type,
        known: [String: RawMessage.Value]
    ) -> [BadMessage] {
        let valid = RawMessage(of: type, known: known)
        var all: [BadMessage] = []
        for field in type.descriptor.fields {
            /// The message with other values of the field.
            func add(
                _ what: String,
                _ values: [RawMessage.Value],
                _ reasons: Set<Reason>,
                field path: String
            ) {
                var message = valid
                message[field.number] = values
                var reasons = reasons
                if let absent = absentReasons[field.name] { reasons.insert(absent) }
                all.append(
                    BadMessage(
                        what: "\(path): \(what)",
                        bytes: message.encoded,
                        reasons: reasons,
                        field: path
                    )
                )
            }
            let element = field.isList ? "\(field.name)[0]" : field.name
            if let required = field.limits.required {
                add("left out", [], [required], field: field.name)
            }
            for (what, value, reason) in forbidden(field) {
                add(what, [value], [reason], field: element)
            }
            if field.isList {
                let value = RawMessage.value(of: field, known: known)
                for count in [
                    field.limits.count.minimum.map { $0 - 1 }, field.limits.count.maximum,
                ]
                .compactMap({ $0 }) {
                    let values = Array(repeating: value, count: Int(max(0, count)) + 1)
                    add(
                        "\(values.count) elements",
                        count < 1 ? [] : values,
                        [.outOfRange],
                        field: field.name
                    )
                }
            }
            if case .message(let inner) = field.type {
                for bad in outOfLimits(inner, known: known) {
                    guard let path = bad.field else { continue }
                    add(
                        bad.what,
                        [.delimited(bad.bytes)],
                        bad.reasons,
                        field: "\(element).\(path)"
                    )
                }
            }
        }
        return all
    }

    /// Values that a field's limits forbid, with the reason.
    private static func forbidden(
        _ field: FieldDescriptor
    ) -> [(what: String, value: RawMessage.Value, reason: Reason)] {
        let limits = field.limits
        var all: [(String, RawMessage.Value, Reason)] = []
        switch field.type {
        case .int32, .int64, .uint32, .uint64:
            if let least = limits.value.minimum, least > 0 || isSigned(field.type) {
                let value = least - 1
                all.append(("\(value)", .varint(UInt64(bitPattern: value)), .outOfRange))
            }
            if let most = limits.value.maximum {
                all.append(("\(most + 1)", .varint(UInt64(bitPattern: most + 1)), .outOfRange))
            }
        case .string, .bytes:
            if let least = limits.value.minimum, least > 0 {
                let short = Array(repeating: UInt8(ascii: "x"), count: Int(least) - 1)
                all.append(("\(short.count) bytes", .delimited(short), .outOfRange))
            }
            if let most = limits.value.maximum {
                let long = Array(repeating: UInt8(ascii: "x"), count: Int(most) + 1)
                all.append(("\(long.count) bytes", .delimited(long), .outOfRange))
            }
        case .enumeration:
            if let unknown = limits.unknown {
                for value in [0, 9999, Int64(Int32.max)] {
                    all.append(("\(value)", .varint(UInt64(value)), unknown))
                }
            }
        case .bool, .instant, .date, .message: break
        }
        return all
    }

    private static func isSigned(_ type: FieldType) -> Bool {
        switch type {
        case .int32, .int64: true
        default: false
        }
    }

    /// What naming a record that isn't there is refused with: records are looked up before values are
    /// judged.
    static let absentReasons: [String: Reason] = [
        "case": .noSuchCase, "deadline": .noSuchDeadline, "item": .noSuchItem,
        "applicant": .noSuchPerson, "inquiry": .noSuchInquiry,
        "certificate": .noSuchCertificate, "holder": .noSuchPerson, "login": .noSuchPerson,
        "assignment": .noSuchAssignment, "body": .noSuchBody, "code": .noSuchBody,
    ]
}
