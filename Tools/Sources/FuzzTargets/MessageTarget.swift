import BanjieProtocol
import Wire

/// An input is the name of a message, a line feed, and bytes or JSON.
struct NamedInput {
    let type: any Message.Type
    let content: [UInt8]

    private static let types: [String: any Message.Type] = Dictionary(
        uniqueKeysWithValues: BanjieProtocolSchema.messages.map { ($0.descriptor.name, $0) }
    )

    /// Nil when no message has the name.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
            let type = Self.types[String(decoding: bytes[..<end], as: UTF8.self)]
        else { return nil }
        self.type = type
        content = [UInt8](bytes[(end + 1)...])
    }
}

enum MessageTarget {
    static func run(_ bytes: UnsafeRawBufferPointer) {
        guard let input = NamedInput(bytes) else { return }
        check(input.type, input.content)
    }

    private static func check<Value: Message>(_ type: Value.Type, _ bytes: [UInt8]) {
        guard let value = try? Value(decoding: bytes) else { return }
        // What is found wrong is told in a sentence.
        do { try value.validate() } catch { _ = String(describing: error) }
        let canonical = value.encoded()
        guard let again = try? Value(decoding: canonical) else {
            preconditionFailure("\(type): the canonical encoding decodes")
        }
        precondition(again == value, "\(type): what was encoded decodes to the same")
        precondition(again.encoded() == canonical, "\(type): there is one canonical encoding")
        checkJSON(type, canonical)
    }

    /// JSON stands for everything in a message that the schema knows.
    private static func checkJSON<Value: Message>(_ type: Value.Type, _ canonical: [UInt8]) {
        guard let json = try? JSONTranscoder.decode(canonical, as: type) else {
            preconditionFailure("\(type): what decodes has a JSON form")
        }
        guard let encoded = try? JSONTranscoder.encode(json, as: type),
            let again = try? JSONTranscoder.decode(encoded, as: type)
        else { preconditionFailure("\(type): its own JSON is read again") }
        precondition(again == json, "\(type): JSON comes back as it was")
    }
}

enum JSONTarget {
    static func run(_ bytes: UnsafeRawBufferPointer) {
        guard let input = NamedInput(bytes) else { return }
        let json = String(decoding: input.content, as: UTF8.self)
        let encoded: [UInt8]
        do { encoded = try JSONTranscoder.encode(json, as: input.type) } catch {
            _ = String(describing: error)
            return
        }
        guard let plain = try? JSONTranscoder.decode(encoded, as: input.type),
            let pretty = try? JSONTranscoder.decode(encoded, as: input.type, isPretty: true)
        else { preconditionFailure("what was encoded decodes") }
        for form in [plain, pretty] {
            let again = try? JSONTranscoder.encode(form, as: input.type)
            precondition(again == encoded, "a message's JSON stands for the message")
        }
    }
}
