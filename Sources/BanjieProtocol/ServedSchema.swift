public import Wire

/// A schema by which programs call methods that they weren't built with: a server's, or our own in
/// the same form.
public struct ServedSchema: Sendable {
    /// The schema as it was told.
    public let reply: SchemaReply
    private let messages: [String: MessageSchema]
    private let enums: [String: EnumSchema]

    /// The schema that this program was built with.
    public static let builtIn = ServedSchema(BanjieProtocolSchema.description)

    /// Takes a schema, in which whatever a field or method names needs not be.
    public init(_ reply: SchemaReply) {
        self.reply = reply
        messages = Dictionary(reply.messages.map { ($0.name, $0) }) { first, _ in first }
        enums = Dictionary(reply.enums.map { ($0.name, $0) }) { first, _ in first }
    }

    public var services: [ServiceSchema] { reply.services }

    /// The service of this name, or nil.
    public func service(named name: String) -> ServiceSchema? {
        services.first { $0.name == name }
    }

    /// The method called `Service/Method`, with its service, or nil.
    public func method(named name: String) -> (service: ServiceSchema, method: MethodSchema)? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let service = service(named: String(parts[0])),
            let method = service.methods.first(where: { $0.name == parts[1] })
        else { return nil }
        return (service, method)
    }

    /// The message of this name, or nil.
    public func message(named name: String) -> MessageSchema? { messages[name] }

    /// The enum of this name, or nil.
    public func enumeration(named name: String) -> EnumSchema? { enums[name] }
}

// MARK: - Calls

extension ServedSchema {
    /// A method as a channel calls it, its messages opaque; nil when there is none of this name, or
    /// the schema says of it what can't be.
    public func descriptor(ofMethod name: String) -> MethodDescriptor? {
        guard let (service, method) = method(named: name),
            let serviceNumber = UInt16(exactly: service.number),
            let number = UInt16(exactly: method.number),
            let kind = MethodKind(method.kind)
        else { return nil }
        return MethodDescriptor(
            serviceName: service.name,
            serviceNumber: serviceNumber,
            name: method.name,
            number: number,
            kind: kind,
            runsInline: method.runsInline,
            access: MethodAccess(method),
            defaultTimeoutMillis: method.defaultTimeoutMillis,
            longestTimeoutMillis: method.longestTimeoutMillis,
            idempotency: Idempotency(method.idempotency),
            request: OpaqueMessage.self,
            reply: OpaqueMessage.self,
            doc: method.doc
        )
    }

    /// The encoding of the message that `json` stands for; see `JSONTranscoder`.
    public func encode(_ json: String, as message: String) throws(JSONError) -> [UInt8] {
        try JSONTranscoder.encode(json, as: shape(of: message))
    }

    /// The message in `bytes` as JSON, on one line or indented; see `JSONTranscoder`.
    public func decode(
        _ bytes: [UInt8],
        as message: String,
        isPretty: Bool = false
    ) throws(DecodingError) -> String {
        try JSONTranscoder.decode(bytes, as: shape(of: message), isPretty: isPretty)
    }

    /// The shape of a message; without fields, when the schema doesn't have it.
    private func shape(of name: String) -> JSONShape {
        JSONShape(
            name: name,
            fields: (messages[name]?.fields ?? []).compactMap { field in
                shape(of: field).map { type in
                    JSONShape.Field(
                        number: field.number,
                        name: field.name,
                        type: type,
                        isList: field.isList,
                        isOptional: field.isOptional
                    )
                }
            }.sorted { $0.number < $1.number }
        )
    }

    /// The shape of a field's values; nil for a type that this version doesn't know, and for a number
    /// that no field has.
    private func shape(of field: FieldSchema) -> JSONShape.FieldShape? {
        guard (1...536_870_911).contains(field.number) else { return nil }
        switch field.valueType {
        case .bool: return .bool
        case .int32: return .int32
        case .int64: return .int64
        case .uint32: return .uint32
        case .uint64: return .uint64
        case .string: return .string
        case .bytes: return .bytes
        case .instant: return .instant
        case .date: return .date
        case .message:
            let name = field.typeName
            return .message { shape(of: name) }
        case .enum:
            let values = enums[field.typeName]?.values ?? []
            return .enumeration(values.map { ($0.number, $0.name) })
        default: return nil
        }
    }
}

extension MethodKind {
    /// Nil for a kind that this version doesn't know.
    fileprivate init?(_ kind: SchemaMethodKind) {
        switch kind {
        case .command: self = .command
        case .query: self = .query
        case .watch: self = .watch
        case .upload: self = .upload
        case .session: self = .session
        default: return nil
        }
    }
}

extension Idempotency {
    /// What isn't known may not be repeated.
    fileprivate init(_ idempotency: SchemaIdempotency) {
        switch idempotency {
        case .safe: self = .safe
        case .requestId: self = .requestID
        default: self = .none
        }
    }
}

extension MethodAccess {
    fileprivate init(_ method: MethodSchema) {
        switch method.access {
        case .public: self = .public
        case .roles:
            self = .roles(
                method.roles.compactMap { Role(name: $0) },
                refusal: Reason(rawValue: method.refusal) ?? .roleRequired
            )
        default: self = .signedIn
        }
    }
}
