internal import BanjieProtocol
internal import Office
internal import Wire

/// Masks what the schema marks as personal in a reply: the one place where it is decided what leaves
/// the server as it is. Handlers write their replies in clear; all pass here but those of
/// `ServiceRegistry.openings`.
struct ReplyMask: Sendable {
    private enum Part: Sendable {
        case text
        /// Numbers and bytes can't be masked: they are left out.
        case dropped
        indirect case message(ReplyMask)
    }

    private let parts: [UInt32: Part]

    /// Nil when nothing in such a message is personal: then its bytes needn't be looked at.
    init?(_ descriptor: MessageDescriptor) { self.init(descriptor, within: []) }

    private init?(_ descriptor: MessageDescriptor, within outer: Set<String>) {
        var parts: [UInt32: Part] = [:]
        for field in descriptor.fields {
            switch field.type {
            case .message(let type):
                let inner = type.descriptor
                let isPersonal = inner.name != descriptor.name && !outer.contains(inner.name)
                guard isPersonal else {
                    precondition(!field.isPersonal, "a personal message within itself")
                    continue
                }
                if field.isPersonal {
                    parts[field.number] = .dropped
                } else if let mask = ReplyMask(inner, within: outer.union([descriptor.name])) {
                    parts[field.number] = .message(mask)
                }
            case .string where field.isPersonal:
                parts[field.number] = .text
            case _ where field.isPersonal:
                parts[field.number] = .dropped
            default:
                continue
            }
        }
        guard !parts.isEmpty else { return nil }
        self.parts = parts
    }

    /// The reply with its personal fields masked.
    func masked(_ reply: [UInt8]) throws(DecodingError) -> [UInt8] {
        let result = reply.withUnsafeBytes { bytes in
            Result { () throws(DecodingError) in
                var reader = MessageReader(bytes)
                var writer = MessageWriter(capacity: reply.count)
                try copy(&reader, to: &writer)
                return writer.bytes
            }
        }
        return try result.get()
    }

    private func copy(
        _ reader: inout MessageReader,
        to writer: inout MessageWriter
    ) throws(DecodingError) {
        var others = UnknownFields()
        func flush(_ writer: inout MessageWriter) {
            writer.write(others)
            others = UnknownFields()
        }
        while let number = try reader.nextField() {
            switch parts[number] {
            case nil:
                try reader.keep(in: &others)
            case .text:
                flush(&writer)
                let text = try reader.string()
                writer.write(ifPresent: Masking.masked(text), as: number)
            case .dropped:
                var dropped = UnknownFields()
                try reader.keep(in: &dropped)
            case .message(let mask):
                flush(&writer)
                let content = try reader.byteString()
                writer.write(ifPresent: try mask.masked(content), as: number)
            }
        }
        flush(&writer)
    }
}

extension ServiceRegistry.Route {
    /// A reply as the caller may see it.
    func shown(_ reply: [UInt8]) -> [UInt8] {
        guard let mask else { return reply }
        do throws(DecodingError) {
            return try mask.masked(reply)
        } catch {
            preconditionFailure("a reply of ours doesn't decode: \(error)")
        }
    }
}
