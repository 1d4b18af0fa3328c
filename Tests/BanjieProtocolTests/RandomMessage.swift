import SeededRandom
import BanjieProtocol
import CivilTime

/// Makes the JSON of random messages from their schema, edges preferred.
struct RandomMessage {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func json(of message: MessageDescriptor) -> String {
        var members: [String] = []
        for field in message.fields where Int.random(in: 0..<4, using: &random) > 0 {
            let value: String
            if field.isList {
                let count = Int.random(in: 0...3, using: &random)
                value =
                    "[" + (0..<count).map { _ in self.value(of: field.type) }.joined(separator: ",")
                    + "]"
            } else {
                value = self.value(of: field.type)
            }
            members.append("\"\(field.name)\": \(value)")
        }
        return "{" + members.shuffled(using: &random).joined(separator: ", ") + "}"
    }

    private mutating func value(of type: FieldType) -> String {
        switch type {
        case .bool: return Bool.random(using: &random) ? "true" : "false"
        case .int32: return integer(Int32.self)
        case .int64: return integer(Int64.self)
        case .uint32: return integer(UInt32.self)
        case .uint64: return integer(UInt64.self)
        case .string:
            let texts = [
                "", "A", "补正通知", "\\\"\\\\\\n\\u0000", "\\ud83d\\ude00",
                String(repeating: "长", count: 100),
            ]
            return "\"" + pick(texts) + "\""
        case .bytes: return "\"" + pick(["", "AA==", "/+8=", "AAEC", "gICAgICA"]) + "\""
        case .instant:
            let seconds = Int64.random(
                in: Instant.earliest.unixSeconds...Instant.latest.unixSeconds,
                using: &random
            )
            return
                "\"\(pick([.earliest, .latest, Instant(unixSeconds: 0), Instant(unixSeconds: seconds)]))\""
        case .date:
            let days = Int32.random(
                in: CivilDate.earliest.daysSinceEpoch...CivilDate.latest.daysSinceEpoch,
                using: &random
            )
            return "\"\(pick([.earliest, .latest, CivilDate(daysSinceEpoch: days)]))\""
        case .enumeration(let type):
            return Bool.random(using: &random) ? name(in: type) : integer(Int32.self)
        case .message(let type): return json(of: type.descriptor)
        }
    }

    private mutating func name<Value: OpenEnum>(in type: Value.Type) -> String {
        "\"\(pick(Value.known))\""
    }

    private mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) -> String {
        let any = Value.random(in: .min ... .max, using: &random)
        return String(pick([.min, .max, 0, 1, 127, any, any >> (Value.bitWidth / 2)]))
    }

    private mutating func pick<Value>(_ choices: [Value]) -> Value {
        choices[Int.random(in: choices.indices, using: &random)]
    }
}
