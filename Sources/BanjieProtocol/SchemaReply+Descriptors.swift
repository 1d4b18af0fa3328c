extension BanjieProtocolSchema {
    /// The schema that this program was built with, as a server tells it.
    public static let description = SchemaReply(
        fingerprint: fingerprint,
        services: services.map(ServiceSchema.init),
        messages: messages.map { MessageSchema($0.descriptor) },
        enums: enums.map { EnumSchema($0.descriptor) }
    )
}

extension ServiceSchema {
    init(_ service: ServiceDescriptor) {
        self.init(
            number: UInt32(service.number),
            name: service.name,
            methods: service.methods.map(MethodSchema.init),
            doc: service.doc
        )
    }
}

extension MethodSchema {
    init(_ method: MethodDescriptor) {
        self.init(
            number: UInt32(method.number),
            name: method.name,
            kind: SchemaMethodKind(method.kind),
            runsInline: method.runsInline,
            defaultTimeoutMillis: method.defaultTimeoutMillis,
            longestTimeoutMillis: method.longestTimeoutMillis,
            idempotency: SchemaIdempotency(method.idempotency),
            request: method.request.descriptor.name,
            reply: method.reply.descriptor.name,
            doc: method.doc
        )
        switch method.access {
        case .public: access = .public
        case .signedIn: access = .signedIn
        case .roles(let roles, let refusal):
            access = .roles
            self.roles = roles.map(\.description)
            self.refusal = refusal.rawValue
        }
    }
}

extension SchemaMethodKind {
    fileprivate init(_ kind: MethodKind) {
        self =
            switch kind {
            case .command: .command
            case .query: .query
            case .watch: .watch
            case .upload: .upload
            case .session: .session
            }
    }
}

extension SchemaIdempotency {
    fileprivate init(_ idempotency: Idempotency) {
        self =
            switch idempotency {
            case .safe: .safe
            case .requestID: .requestId
            case .none: .none
            }
    }
}

extension MessageSchema {
    init(_ message: MessageDescriptor) {
        self.init(
            name: message.name,
            fields: message.fields.map(FieldSchema.init),
            doc: message.doc
        )
    }
}

extension FieldSchema {
    init(_ field: FieldDescriptor) {
        let (type, name) = field.type.schema
        self.init(
            number: field.number,
            name: field.name,
            valueType: type,
            typeName: name,
            isList: field.isList,
            isOptional: field.isOptional,
            isPersonal: field.isPersonal,
            minimum: field.limits.value.minimum,
            maximum: field.limits.value.maximum,
            countMinimum: field.limits.count.minimum,
            countMaximum: field.limits.count.maximum,
            required: field.limits.required?.rawValue ?? "",
            unknown: field.limits.unknown?.rawValue ?? "",
            doc: field.doc
        )
    }
}

extension FieldType {
    fileprivate var schema: (type: SchemaType, name: String) {
        switch self {
        case .bool: (.bool, "")
        case .int32: (.int32, "")
        case .int64: (.int64, "")
        case .uint32: (.uint32, "")
        case .uint64: (.uint64, "")
        case .string: (.string, "")
        case .bytes: (.bytes, "")
        case .instant: (.instant, "")
        case .date: (.date, "")
        case .message(let type): (.message, type.descriptor.name)
        case .enumeration(let type): (.enum, type.descriptor.name)
        }
    }
}

extension EnumSchema {
    init(_ descriptor: EnumDescriptor) {
        self.init(
            name: descriptor.name,
            values: descriptor.values.map {
                EnumValueSchema(number: $0.number, name: $0.name, doc: $0.doc)
            },
            doc: descriptor.doc
        )
    }
}
