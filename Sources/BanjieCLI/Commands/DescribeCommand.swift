import BanjieProtocol

/// `banjie describe`: the services, methods, messages and enums that the server has, or, when it can't
/// be asked, those that this program was built with.
enum DescribeCommand {
    static let command = Command(
        "describe",
        Text(
            "The services, or one service, method, message or enum.",
            "列出各服务，或说明某一服务、方法、消息或枚举。"
        ),
        notes: Text(
            "The server is asked for its schema; when it can't be, this program's own is shown, and "
                + "the standard error says so.",
            "以服务器的模式为准；无法询问服务器时显示本程序内置的模式，并在标准错误中说明。"
        ),
        operands: [
            CommandOperand(
                "NAME",
                .schemaName,
                Text("a service, a method, a message or an enum", "服务、方法、消息或枚举"),
                isRequired: false
            )
        ],
        options: CommandOption.shared,
        examples: [
            "banjie describe Cases", "banjie describe Cases/Decide", "banjie describe CaseView",
        ],
        run: { invocation throws(CommandFailure) in
            let name = invocation.values.value("NAME", .schemaName)
            let schema = try await invocation.schema()
            guard let part = SchemaPart(named: name, in: schema) else {
                throw .usage(
                    .badValue(
                        "NAME",
                        found: name ?? "",
                        expected: ValueForm.schemaName.expected,
                        nearest: NearestName.of(name ?? "", among: schema.names)
                    )
                )
            }
            if invocation.wantsJSON {
                try invocation.writeJSON(part)
            } else {
                var page = Page(language: invocation.language, style: invocation.style)
                page.describe(part, in: schema)
                invocation.console.write(Array(page.text.utf8))
            }
            return .success
        }
    )
}

/// What a name of a schema stands for.
private enum SchemaPart {
    case whole(SchemaReply)
    case service(ServiceSchema)
    case method(MethodSchema, of: ServiceSchema)
    case message(MessageSchema)
    case enumeration(EnumSchema)

    /// The whole schema without a name; nil for a name that the schema doesn't have.
    init?(named name: String?, in schema: ServedSchema) {
        guard let name else {
            self = .whole(schema.reply)
            return
        }
        if let service = schema.service(named: name) {
            self = .service(service)
        } else if let (service, method) = schema.method(named: name) {
            self = .method(method, of: service)
        } else if let message = schema.message(named: name) {
            self = .message(message)
        } else if let enumeration = schema.enumeration(named: name) {
            self = .enumeration(enumeration)
        } else {
            return nil
        }
    }

    /// The part as the message of `Reflection` that tells it.
    var message: any Message {
        switch self {
        case .whole(let reply): reply
        case .service(let service): service
        case .method(let method, _): method
        case .message(let message): message
        case .enumeration(let enumeration): enumeration
        }
    }
}

extension Invocation {
    fileprivate func writeJSON(_ part: SchemaPart) throws(CommandFailure) {
        let message = part.message
        do {
            console.writeLine(
                try JSONTranscoder.decode(message.encoded(), as: Swift.type(of: message))
            )
        } catch {
            throw .undecodableReply(ReflectionMethods.schema.fullName, "\(error)")
        }
    }
}

extension ServedSchema {
    /// Everything that has a name.
    fileprivate var names: [String] {
        services.map(\.name) + methodNames + reply.messages.map(\.name) + reply.enums.map(\.name)
    }
}

extension ValueForm where Value == String {
    fileprivate static var schemaName: ValueForm {
        ValueForm(
            Text("NAME", "名称"),
            expected: Text(
                "a service, Service/Method, a message or an enum",
                "服务、服务/方法、消息或枚举的名称"
            ),
            schemaChoices: \.names
        ) { $0.isEmpty ? nil : $0 }
    }
}

// MARK: - Pages

extension Page {
    fileprivate mutating func describe(_ part: SchemaPart, in schema: ServedSchema) {
        switch part {
        case .whole(let reply): for service in reply.services { describe(service) }
        case .service(let service): describe(service)
        case .method(let method, let service): describe(method, of: service, in: schema)
        case .message(let message): describe([message], in: schema)
        case .enumeration(let enumeration): describe(enumeration)
        }
    }

    private mutating func describe(_ service: ServiceSchema) {
        heading(Text(same: service.name))
        let summary = SchemaTexts.summary(ofService: service.name, service.doc)
        line("  " + language.text(summary))
        table(
            [Column(Text("method", "方法")), Column(Text("what it does", "作用"))],
            service.methods.map { method in
                let name = "\(service.name)/\(method.name)"
                let summary = SchemaTexts.summary(ofMethod: name, method.doc)
                return [Cell(name, .cyan), Cell(language.text(summary))]
            }
        )
    }

    private mutating func describe(
        _ method: MethodSchema,
        of service: ServiceSchema,
        in schema: ServedSchema
    ) {
        let name = "\(service.name)/\(method.name)"
        line("\(name) (\(method.request)) -> \(method.reply)", .strong)
        line("  " + language.text(SchemaTexts.summary(ofMethod: name, method.doc)))
        entries([
            Entry(Text("number", "编号"), "\(service.number)/\(method.number)"),
            Entry(Text("kind", "类别"), SchemaTexts.kinds[method.kind].map(language.text)),
            Entry(Text("who may call it", "谁可调用"), access(to: method)),
            Entry(
                Text("timeout", "时限"),
                language.text(
                    "\(seconds(method.defaultTimeoutMillis)), at most "
                        + seconds(method.longestTimeoutMillis),
                    "\(seconds(method.defaultTimeoutMillis))，"
                        + "至多 \(seconds(method.longestTimeoutMillis))"
                )
            ),
            Entry(
                Text("repeating it", "重复调用"),
                SchemaTexts.repetitions[method.idempotency].map(language.text)
            ),
        ])
        line()
        var messages: [MessageSchema] = []
        for root in [method.request, method.reply] { collect(root, in: schema, into: &messages) }
        describe(messages, in: schema)
    }

    /// Adds a message and those within it, each once, outer ones first.
    private func collect(
        _ name: String,
        in schema: ServedSchema,
        into found: inout [MessageSchema]
    ) {
        guard !found.contains(where: { $0.name == name }),
            let message = schema.message(named: name)
        else { return }
        found.append(message)
        for field in message.fields where field.valueType == .message {
            collect(field.typeName, in: schema, into: &found)
        }
    }

    private mutating func describe(_ messages: [MessageSchema], in schema: ServedSchema) {
        for (index, message) in messages.enumerated() {
            if index > 0 { line() }
            line(message.name, .strong)
            line("  " + language.text(SchemaTexts.summary(ofMessage: message.name, message.doc)))
            table(
                [
                    Column(Text(same: "#"), isNumber: true), Column(Text("field", "字段")),
                    Column(Text("type", "类型")), Column(Text("limits", "限制")),
                    Column(Text("what it says", "含义")),
                ],
                message.fields.map { field in
                    let summary = SchemaTexts.summary(
                        ofField: field.name,
                        in: message.name,
                        field.doc
                    )
                    return [
                        Cell("\(field.number)"), Cell(field.name, .cyan), Cell(field.typeText),
                        Cell(limits(of: field)), Cell(language.text(summary)),
                    ]
                }
            )
        }
        var seen: Set<String> = []
        for field in messages.flatMap(\.fields) where field.valueType == .enum {
            guard seen.insert(field.typeName).inserted,
                let enumeration = schema.enumeration(named: field.typeName)
            else { continue }
            line()
            describe(enumeration)
        }
    }

    private mutating func describe(_ enumeration: EnumSchema) {
        line(enumeration.name, .strong)
        table(
            [
                Column(Text(same: "#"), isNumber: true), Column(Text("value", "取值")),
                Column(Text("the office's word", "名称")),
                Column(Text("what it says", "含义")),
            ],
            enumeration.values.map { value in
                [
                    Cell("\(value.number)"), Cell(value.name, .cyan),
                    Cell(SchemaTexts.label(ofValue: value.name, in: enumeration.name)),
                    Cell(value.doc),
                ]
            }
        )
    }

    private func limits(of field: FieldSchema) -> String {
        var parts: [String] = []
        if let range = range(field.countMinimum, field.countMaximum) {
            parts.append(language.text("\(range) elements", "\(range) 项"))
        }
        if let range = range(field.minimum, field.maximum) {
            let isLength = field.valueType == .string || field.valueType == .bytes
            parts.append(isLength ? language.text("\(range) bytes", "\(range) 字节") : range)
        }
        if !field.required.isEmpty {
            parts.append(
                language.text("required (\(field.required))", "必填（\(field.required)）")
            )
        }
        if field.isPersonal { parts.append(language.text("personal", "个人信息")) }
        return parts.joined(separator: language.text(", ", "，"))
    }

    private func range(_ minimum: Int64?, _ maximum: Int64?) -> String? {
        switch (minimum, maximum) {
        case (let minimum?, let maximum?) where minimum == maximum: "\(minimum)"
        case (let minimum?, let maximum?): "\(minimum)…\(maximum)"
        case (let minimum?, nil): "≥ \(minimum)"
        case (nil, let maximum?): "≤ \(maximum)"
        case (nil, nil): nil
        }
    }

    private func access(to method: MethodSchema) -> String? {
        switch method.access {
        case .public: language.text("anybody", "任何人")
        case .signedIn: language.text("who has signed in", "已登录者")
        case .roles:
            method.roles.map { role in
                language.text(role, SchemaTexts.label(ofValue: role, in: "Role"))
            }.joined(separator: language.text(", ", "、"))
        default: nil
        }
    }

    private func seconds(_ milliseconds: UInt32) -> String {
        milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}

extension SchemaTexts {
    fileprivate static let kinds: [SchemaMethodKind: Text] = [
        .command: Text("command: changes records", "命令：更改记录"),
        .query: Text("query: reads records", "查询：读取记录"),
        .watch: Text("watch: a stream of replies", "订阅：持续推送应答"),
        .upload: Text("upload: a stream of requests, one reply", "上传：分次发送，一次应答"),
        .session: Text("session: a stream both ways", "会话：双向持续收发"),
    ]

    fileprivate static let repetitions: [SchemaIdempotency: Text] = [
        .safe: Text("changes nothing", "不作任何更改"),
        .requestId: Text(
            "under one request id it is carried out once",
            "同一请求编号只执行一次"
        ),
        .none: Text("carries it out again", "会再次执行"),
    ]
}

extension FieldSchema {
    /// The type as the schema writes it.
    fileprivate var typeText: String {
        let name =
            switch valueType {
            case .message, .enum: typeName
            default: valueType.description.lowercased()
            }
        return isList ? "list<\(name)>" : isOptional ? "optional \(name)" : name
    }
}
