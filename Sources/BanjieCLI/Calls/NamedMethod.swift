import BanjieProtocol
import Wire

/// A method that is called by its name, with messages in JSON.
struct NamedMethod: Sendable {
    let descriptor: MethodDescriptor
    private let encode: @Sendable (String) throws(BanjieProtocol.JSONError) -> [UInt8]
    private let decode: @Sendable ([UInt8], Bool) throws(DecodingError) -> String

    /// A method that this program was built with.
    init(_ descriptor: MethodDescriptor) {
        self.descriptor = descriptor
        encode = { json throws(BanjieProtocol.JSONError) in
            try JSONTranscoder.encode(json, as: descriptor.request)
        }
        decode = { bytes, isPretty throws(DecodingError) in
            try JSONTranscoder.decode(bytes, as: descriptor.reply, isPretty: isPretty)
        }
    }

    /// A method that a schema has; nil when it doesn't.
    init?(_ name: String, in schema: ServedSchema) {
        guard let (_, method) = schema.method(named: name),
            let descriptor = schema.descriptor(ofMethod: name)
        else { return nil }
        self.descriptor = descriptor
        encode = { json throws(BanjieProtocol.JSONError) in
            try schema.encode(json, as: method.request)
        }
        decode = { bytes, isPretty throws(DecodingError) in
            try schema.decode(bytes, as: method.reply, isPretty: isPretty)
        }
    }

    /// The encoding of a request in JSON.
    func request(_ json: String) throws(CommandFailure) -> [UInt8] {
        do { return try encode(json) } catch { throw .request(descriptor.fullName, error) }
    }

    /// A reply in JSON.
    func reply(_ bytes: [UInt8], isPretty: Bool) throws(CommandFailure) -> String {
        do { return try decode(bytes, isPretty) } catch {
            throw .undecodableReply(descriptor.fullName, "\(error)")
        }
    }
}
