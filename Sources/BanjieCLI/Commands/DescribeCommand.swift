import BanjieProtocol

/// `banjie describe`: the protocol's services, methods and messages, as this program was built with.
enum DescribeCommand {
    static let command = Command(
        "describe",
        Text(
            "The services, or one service, method or message.",
            "列出各服务，或说明某一服务、方法或消息。"
        ),
        operands: [
            CommandOperand(
                "NAME",
                .schemaName,
                Text("a service, a method or a message", "服务、方法或消息"),
                isRequired: false
            )
        ],
        examples: [
            "banjie describe Cases", "banjie describe Cases/Decide", "banjie describe CaseView",
        ],
        run: { invocation throws(CommandFailure) in
            var page = Page(language: invocation.language, style: invocation.style)
            switch invocation.values.value("NAME", .schemaName) {
            case nil: for service in BanjieProtocolSchema.services { page.describe(service) }
            case .service(let service): page.describe(service)
            case .method(let method): page.describe(method)
            case .message(let message): page.describe([message])
            }
            invocation.console.write(Array(page.text.utf8))
            return .success
        }
    )
}

/// What a name of the schema stands for.
enum SchemaName: Sendable {
    case service(ServiceDescriptor)
    case method(MethodDescriptor)
    case message(any Message.Type)

    init?(_ name: String) {
        if let service = BanjieProtocolSchema.services.first(where: { $0.name == name }) {
            self = .service(service)
        } else if let method = BanjieProtocolSchema.method(named: name) {
            self = .method(method)
        } else if let message = BanjieProtocolSchema.message(named: name) {
            self = .message(message)
        } else {
            return nil
        }
    }
}

extension ValueForm where Value == SchemaName {
    fileprivate static var schemaName: ValueForm {
        let services = BanjieProtocolSchema.services
        return ValueForm(
            Text("NAME", "名称"),
            expected: Text(
                "a service, Service/Method or a message",
                "服务、服务/方法或消息的名称"
            ),
            choices: services.map(\.name) + services.flatMap(\.methods).map(\.fullName)
                + BanjieProtocolSchema.messages.map { $0.descriptor.name }
        ) { SchemaName($0) }
    }
}

// MARK: - Pages

extension Page {
    fileprivate mutating func describe(_ service: ServiceDescriptor) {
        heading(Text(same: service.name))
        line("  " + language.text(SchemaTexts.summary(of: service)))
        table(
            [Column(Text("method", "方法")), Column(Text("what it does", "作用"))],
            service.methods.map { method in
                [
                    Cell(method.fullName, .cyan),
                    Cell(language.text(SchemaTexts.summary(of: method))),
                ]
            }
        )
    }

    fileprivate mutating func describe(_ method: MethodDescriptor) {
        line(
            "\(method.fullName) (\(method.request.descriptor.name)) "
                + "-> \(method.reply.descriptor.name)",
            .strong
        )
        line("  " + language.text(SchemaTexts.summary(of: method)))
        entries([
            Entry(Text("number", "编号"), "\(method.serviceNumber)/\(method.number)"),
            Entry(Text("kind", "类别"), language.text(method.kind.label)),
            Entry(Text("who may call it", "谁可调用"), access(method.access)),
            Entry(
                Text("timeout", "时限"),
                language.text(
                    "\(seconds(method.defaultTimeoutMillis)), at most "
                        + seconds(method.longestTimeoutMillis),
                    "\(seconds(method.defaultTimeoutMillis))，"
                        + "至多 \(seconds(method.longestTimeoutMillis))"
                )
            ),
            Entry(Text("repeating it", "重复调用"), language.text(method.idempotency.label)),
        ])
        line()
        var messages: [any Message.Type] = []
        for root in [method.request, method.reply] { Self.collect(root, into: &messages) }
        describe(messages)
    }

    /// Adds a message and those within it, each once, outer ones first.
    private static func collect(_ message: any Message.Type, into found: inout [any Message.Type]) {
        guard !found.contains(where: { ObjectIdentifier($0) == ObjectIdentifier(message) }) else {
            return
        }
        found.append(message)
        for field in message.descriptor.fields {
            if case .message(let inner) = field.type { collect(inner, into: &found) }
        }
    }

    fileprivate mutating func describe(_ messages: [any Message.Type]) {
        for (index, message) in messages.enumerated() {
            if index > 0 { line() }
            let descriptor = message.descriptor
            line(descriptor.name, .strong)
            line("  " + language.text(SchemaTexts.summary(of: descriptor)))
            table(
                [
                    Column(Text(same: "#"), isNumber: true), Column(Text("field", "字段")),
                    Column(Text("type", "类型")), Column(Text("limits", "限制")),
                    Column(Text("what it says", "含义")),
                ],
                descriptor.fields.map { field in
                    [
                        Cell("\(field.number)"), Cell(field.name, .cyan), Cell(field.typeName),
                        Cell(limits(of: field)),
                        Cell(language.text(SchemaTexts.summary(of: field, in: descriptor))),
                    ]
                }
            )
        }
        for type in Self.enumerations(in: messages) { describe(type) }
    }

    /// The enums of the messages' fields, each once.
    private static func enumerations(in messages: [any Message.Type]) -> [any OpenEnum.Type] {
        var found: [any OpenEnum.Type] = []
        var seen: Set<ObjectIdentifier> = []
        for message in messages {
            for field in message.descriptor.fields {
                guard case .enumeration(let type) = field.type else { continue }
                if seen.insert(ObjectIdentifier(type)).inserted { found.append(type) }
            }
        }
        return found
    }

    private mutating func describe<Value: OpenEnum>(_ type: Value.Type) {
        line()
        line("\(type)", .strong)
        table(
            [
                Column(Text(same: "#"), isNumber: true), Column(Text("value", "取值")),
                Column(Text("the office's word", "名称")),
            ],
            type.known.map { value in
                [
                    Cell("\(value.rawValue)"), Cell(value.description, .cyan),
                    Cell(SchemaTexts.label(of: value).chinese),
                ]
            }
        )
    }

    private func limits(of field: FieldDescriptor) -> String {
        var parts: [String] = []
        if field.limits.count != .none {
            let range = range(field.limits.count)
            parts.append(language.text("\(range) elements", "\(range) 项"))
        }
        if field.limits.value != .none {
            let range = range(field.limits.value)
            switch field.type {
            case .string, .bytes: parts.append(language.text("\(range) bytes", "\(range) 字节"))
            default: parts.append(range)
            }
        }
        if let reason = field.limits.required {
            parts.append(language.text("required (\(reason.rawValue))", "必填（\(reason.rawValue)）"))
        }
        if field.isPersonal { parts.append(language.text("personal", "个人信息")) }
        return parts.joined(separator: language.text(", ", "，"))
    }

    private func range(_ bounds: Bounds) -> String {
        switch (bounds.minimum, bounds.maximum) {
        case (let minimum?, let maximum?) where minimum == maximum: "\(minimum)"
        case (let minimum?, let maximum?): "\(minimum)…\(maximum)"
        case (let minimum?, nil): "≥ \(minimum)"
        case (nil, let maximum?): "≤ \(maximum)"
        case (nil, nil): ""
        }
    }

    private func access(_ access: MethodAccess) -> String {
        switch access {
        case .public: language.text("anybody", "任何人")
        case .signedIn: language.text("who has signed in", "已登录者")
        case .roles(let roles, _):
            roles.map { language.label($0) }.joined(separator: language.text(", ", "、"))
        }
    }

    private func seconds(_ milliseconds: UInt32) -> String {
        milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}

extension MethodKind {
    fileprivate var label: Text {
        switch self {
        case .command: Text("command: changes records", "命令：更改记录")
        case .query: Text("query: reads records", "查询：读取记录")
        case .watch: Text("watch: a stream of replies", "订阅：持续推送应答")
        case .upload: Text("upload: a stream of requests", "上传：分次发送，一次应答")
        case .session: Text("session: a stream both ways", "会话：双向持续收发")
        }
    }
}

extension Idempotency {
    fileprivate var label: Text {
        switch self {
        case .safe: Text("changes nothing", "不作任何更改")
        case .requestID:
            Text("under one request id it is carried out once", "同一请求编号只执行一次")
        case .none: Text("carries it out again", "会再次执行")
        }
    }
}

extension FieldDescriptor {
    /// The type as the schema writes it.
    fileprivate var typeName: String {
        let name =
            switch type {
            case .bool: "bool"
            case .int32: "int32"
            case .int64: "int64"
            case .uint32: "uint32"
            case .uint64: "uint64"
            case .string: "string"
            case .bytes: "bytes"
            case .instant: "instant"
            case .date: "date"
            case .message(let type): type.descriptor.name
            case .enumeration(let type): "\(type)"
            }
        return isList ? "list<\(name)>" : isOptional ? "optional \(name)" : name
    }
}
