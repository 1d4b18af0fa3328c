import BanjieProtocol
import CivilTime

/// How the fields of a method's request are given on the command line.
///
/// Fields bear their schema's names with dashes; those of a message within stand beside the others.
struct RequestForm: Sendable {
    /// The fields that operands give, in order; the others are options.
    var operands: [String] = []
    /// Those of the operands that may be left out.
    var optionalOperands: Set<String> = []
    /// The options that must be given, beside those that the schema requires.
    var required: Set<String> = []
    /// Fields that the method only answers with, and that aren't asked for.
    var replyOnly: Set<String> = []
    /// What options stand for that aren't given.
    var fallbacks: [String: String] = [:]
}

extension CommandNode {
    /// A command that makes one call.
    ///
    /// - Parameters:
    ///   - path: the words after `banjie`.
    ///   - example: what may follow them.
    static func calling<Reply: Message>(
        _ path: String,
        _ method: MethodDescriptor,
        _ operands: [String] = [],
        optional: Set<String> = [],
        required: Set<String> = [],
        example: String? = nil,
        show: @escaping @Sendable (Reply, inout Page) -> Void
    ) -> CommandNode {
        .command(
            Command(
                path.split(separator: " ").last.map(String.init) ?? path,
                calling: method,
                RequestForm(
                    operands: operands,
                    optionalOperands: optional,
                    required: required
                ),
                examples: example.map { ["banjie \(path) \($0)"] } ?? [],
                show: show
            )
        )
    }

    /// A command that shows a page of what there is, a hundred unless told.
    static func listing<Reply: Message>(
        _ method: MethodDescriptor,
        of operands: [String] = [],
        show: @escaping @Sendable (Reply, inout Page) -> Void
    ) -> CommandNode {
        .command(
            Command(
                "list",
                calling: method,
                RequestForm(
                    operands: operands,
                    optionalOperands: Set(operands),
                    fallbacks: ["limit": "100"]
                ),
                show: show
            )
        )
    }
}

extension Command {
    /// A command that makes one call: its operands and options are the request's fields.
    init<Reply: Message>(
        _ name: String,
        calling method: MethodDescriptor,
        _ form: RequestForm = RequestForm(),
        notes: Text? = nil,
        options: [CommandOption] = [],
        examples: [String] = [],
        show: @escaping @Sendable (Reply, inout Page) -> Void
    ) {
        let fields = RequestField.all(of: method.request.descriptor)
        self.init(
            name,
            SchemaTexts.summary(of: method),
            notes: notes,
            operands: form.operands.map { name in
                guard let field = fields.first(where: { $0.name == name }) else {
                    preconditionFailure("\(method.fullName) has no field \(name)")
                }
                return CommandOperand(
                    field.operandName,
                    field.syntax,
                    field.summary,
                    isRequired: !form.optionalOperands.contains(name)
                )
            },
            options: fields.filter {
                !form.operands.contains($0.name) && !form.replyOnly.contains($0.name)
            }.map { $0.option(form) }
                + options + CommandOption.shared,
            examples: examples
        ) { invocation throws(CommandFailure) in
            let body = try invocation.body(of: method, fields, form)
            let channel = try invocation.channel()
            let answer = try await invocation.call(method, body, over: channel, reply: Reply.self)
            try invocation.show(answer, of: method, show)
            return .success
        }
    }
}

extension Invocation {
    /// Writes a reply: as JSON when that is asked for, else as `show` lays it out.
    func show<Reply: Message>(
        _ answer: Answer<Reply>,
        of method: MethodDescriptor,
        _ show: (Reply, inout Page) -> Void
    ) throws(CommandFailure) {
        if wantsJSON { return try writeJSON(answer.bytes, of: method) }
        var page = Page(language: language, style: style)
        show(answer.reply, &page)
        console.write(Array(page.text.utf8))
    }

    /// The encoded request that the values make.
    func body(
        of method: MethodDescriptor,
        _ fields: [RequestField],
        _ form: RequestForm
    ) throws(CommandFailure) -> [UInt8] {
        var members: [JSON.Member] = []
        for field in fields {
            let isOperand = form.operands.contains(field.name)
            let name = isOperand ? field.operandName : field.name
            guard let value = field.json(values, name) else { continue }
            members.insert(value, at: field.path)
        }
        do {
            return try JSONTranscoder.encode(JSON.object(members).serialized, as: method.request)
        } catch {
            throw .request(method.fullName, error)
        }
    }
}

extension [JSON.Member] {
    /// Puts a value under a path of keys, and makes the objects on the way.
    mutating func insert(_ value: JSON, at path: [String]) {
        guard let key = path.first else { return }
        guard path.count > 1 else { return append(JSON.Member(key: key, value: value)) }
        var inner: [JSON.Member] = []
        if let index = firstIndex(where: { $0.key == key }) {
            if case .object(let members) = remove(at: index).value { inner = members }
        }
        inner.insert(value, at: Array<String>(path.dropFirst()))
        append(JSON.Member(key: key, value: .object(inner)))
    }
}

/// A field of a request, as an option or operand gives it.
struct RequestField: Sendable {
    /// The names that lead to the field.
    let path: [String]
    let message: MessageDescriptor
    let field: FieldDescriptor

    /// The name on the command line: the last of the path, with dashes.
    var name: String { field.name.map { $0 == "_" ? "-" : String($0) }.joined() }

    /// The name as an operand.
    var operandName: String { name.uppercased() }

    var summary: Text { SchemaTexts.summary(of: field, in: message) }

    /// The fields of a message, with those of messages within in their places.
    ///
    /// - Precondition: no list of messages, and no bytes, are among them.
    static func all(of message: MessageDescriptor, at path: [String] = []) -> [RequestField] {
        message.fields.flatMap { field -> [RequestField] in
            let fieldPath = path + [field.name]
            if case .message(let type) = field.type {
                precondition(!field.isList, "\(message.name).\(field.name) has no place in options")
                return all(of: type.descriptor, at: fieldPath)
            }
            return [RequestField(path: fieldPath, message: message, field: field)]
        }
    }

    func option(_ form: RequestForm) -> CommandOption {
        if case .bool = field.type { return CommandOption(flag: name, summary) }
        return CommandOption(
            name,
            syntax,
            summary,
            isRepeatable: field.isList,
            isRequired: field.limits.required != nil || form.required.contains(name),
            fallback: form.fallbacks[name]
        )
    }

    /// How the field's value, or one of its list, is written.
    var syntax: ValueSyntax {
        switch field.type {
        case .int32: ValueSyntax(.integer(Int32.min...Int32.max))
        case .int64: ValueSyntax(.integer(Int64.min...Int64.max))
        case .uint32: ValueSyntax(.integer(UInt32.min...UInt32.max))
        case .uint64: ValueSyntax(.integer(UInt64.min...UInt64.max))
        case .string: ValueSyntax(.text)
        case .instant: ValueSyntax(.instant)
        case .date: field.isList ? ValueSyntax(.dates) : ValueSyntax(.date)
        case .enumeration(let type): ValueSyntax(.choice(of: type.names))
        case .bool, .bytes, .message:
            preconditionFailure("\(message.name).\(field.name) has no place in options")
        }
    }

    /// The value that the command line gives the field under `name`; nil when it gives none.
    fileprivate func json(_ values: ArgumentValues, _ name: String) -> JSON? {
        if case .bool = field.type { return values.has(name) ? .boolean(true) : nil }
        let texts = values.texts(name)
        guard let first = texts.first else { return nil }
        guard field.isList else { return json(first) }
        if case .date = field.type {
            return .array(values.all(name, .dates).joined().map { .string($0.description) })
        }
        return .array(texts.map(json))
    }

    func json(_ text: String) -> JSON {
        switch field.type {
        // JSON has no plus sign and no leading zeros.
        case .int32, .int64: .number(Int64(text).map(String.init) ?? text)
        case .uint32, .uint64: .number(UInt64(text).map(String.init) ?? text)
        // `choice` takes names in either case of letters.
        case .enumeration: .string(text.uppercased())
        default: .string(text)
        }
    }
}

extension OpenEnum {
    /// The names that this version knows.
    fileprivate static var names: [String] { known.compactMap(\.name) }
}
