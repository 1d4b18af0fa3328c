/// Reads one schema file.
///
/// It knows the notation alone; whether names exist and numbers agree is for `SchemaChecks`.
package struct Parser {
    private let file: String
    private let tokens: [Token]
    private var index = 0

    private init(_ tokens: [Token], file: String) {
        self.tokens = tokens
        self.file = file
    }

    /// The definitions in `text`, or the first error.
    package static func parse(_ text: String, file: String) throws(SchemaError) -> SchemaFile {
        var parser = Parser(try Lexer.tokens(of: text, file: file), file: file)
        return try parser.schemaFile()
    }

    private mutating func schemaFile() throws(SchemaError) -> SchemaFile {
        var result = SchemaFile(name: file, documentation: try fileDocumentation())
        while peek.kind == .word("import") {
            let position = take().position
            result.imports.append(ImportDeclaration(file: try quotedText(), position: position))
        }
        while peek.kind != .end {
            let documentation = try documentation(of: "a definition")
            let keyword = take()
            switch keyword.kind {
            case .word("reason"): result.reasons.append(try reason(documentation))
            case .word("enum"): result.enums.append(try enumeration(documentation))
            case .word("message"): result.messages.append(try message(documentation))
            case .word("service"): result.services.append(try service(documentation))
            case .word("import"):
                throw SchemaError(
                    keyword.position,
                    "an import stands among the definitions",
                    remedy: "move it to the head of the file, without documentation"
                )
            default:
                throw SchemaError(
                    keyword.position,
                    "\(keyword.kind) begins no definition",
                    remedy: "begin with `reason`, `enum`, `message` or `service`"
                )
            }
        }
        return result
    }

    private mutating func fileDocumentation() throws(SchemaError) -> [String] {
        let head = peek
        guard case .documentation(let lines) = head.kind else {
            throw SchemaError(
                head.position,
                "the file has no documentation",
                remedy: "begin it with a `///` line and an empty line"
            )
        }
        _ = take()
        guard peek.position.line > head.lastLine + 1 || peek.kind == .end else {
            throw SchemaError(
                peek.position,
                "the file's documentation touches what follows",
                remedy: "put an empty line after it"
            )
        }
        return lines
    }
}

// MARK: - Definitions

extension Parser {
    private mutating func reason(
        _ documentation: [String]
    ) throws(SchemaError) -> ReasonDefinition {
        let (name, position) = try word("the reason's name")
        try sign(":")
        let status = try word("a status, such as `INVALID_ARGUMENT`").word
        return ReasonDefinition(
            name: name,
            status: status,
            documentation: documentation,
            position: position
        )
    }

    private mutating func enumeration(
        _ documentation: [String]
    ) throws(SchemaError) -> EnumDefinition {
        let (name, position) = try word("the enum's name")
        var result = EnumDefinition(
            name: name,
            values: [],
            reserved: Reservations(),
            documentation: documentation,
            position: position
        )
        try sign("{")
        while !takeSign("}") {
            if try reservation(into: &result.reserved) { continue }
            let documentation = try self.documentation(of: "an enum's value")
            let (name, position) = try word("the value's name")
            try sign("=")
            result.values.append(
                EnumValue(
                    name: name,
                    number: try integer("the value's number"),
                    documentation: documentation,
                    position: position
                )
            )
        }
        return result
    }

    private mutating func message(
        _ documentation: [String]
    ) throws(SchemaError) -> MessageDefinition {
        let (name, position) = try word("the message's name")
        var result = MessageDefinition(
            name: name,
            fields: [],
            reserved: Reservations(),
            documentation: documentation,
            position: position
        )
        try sign("{")
        while !takeSign("}") {
            if try reservation(into: &result.reserved) { continue }
            result.fields.append(try field())
        }
        return result
    }

    private mutating func field() throws(SchemaError) -> FieldDefinition {
        let documentation = try documentation(of: "a field")
        let number = try integer("the field's number")
        let (name, position) = try word("the field's name")
        try sign(":")
        let type = try fieldType()
        var result = FieldDefinition(
            name: name,
            number: number,
            type: type.value,
            cardinality: type.cardinality,
            limits: type.limits,
            countLimits: type.countLimits,
            isPersonal: false,
            required: nil,
            unknown: nil,
            documentation: documentation,
            position: position
        )
        while case .word(let mark) = peek.kind, mark != "reserved" {
            let token = take()
            switch mark {
            case "personal": result.isPersonal = true
            case "required": result.required = try word("the reason of `required`").word
            case "unknown": result.unknown = try word("the reason of `unknown`").word
            default:
                throw SchemaError(
                    token.position,
                    "`\(mark)` isn't a mark of a field",
                    remedy: "use `personal`, `required REASON` or `unknown REASON`"
                )
            }
        }
        return result
    }

    private struct FieldType {
        var value: ValueType
        var cardinality: Cardinality
        var limits: Limits
        var countLimits = Limits.none
    }

    private mutating func fieldType() throws(SchemaError) -> FieldType {
        let (name, position) = try word("the field's type")
        switch name {
        case "list":
            try sign("<")
            var element = try fieldType()
            guard element.cardinality == .single else {
                throw SchemaError(
                    position,
                    "the elements of a list are values, neither lists nor optional",
                    remedy: "put a message around them"
                )
            }
            try sign(">")
            element.cardinality = .list
            element.countLimits = try limits()
            return element
        case "optional":
            var value = try fieldType()
            guard value.cardinality == .single else {
                throw SchemaError(
                    position,
                    "`optional` stands before a list or another `optional`",
                    remedy: "drop it: a list may be empty"
                )
            }
            value.cardinality = .optional
            return value
        default:
            let type = ScalarType(rawValue: name).map(ValueType.scalar) ?? .named(name)
            return FieldType(value: type, cardinality: .single, limits: try limits())
        }
    }

    /// Takes `(min..max)`, either of which may be left out, if it stands here.
    private mutating func limits() throws(SchemaError) -> Limits {
        let position = peek.position
        guard takeSign("(") else { return .none }
        let minimum = takeInteger()
        try sign("..")
        let maximum = takeInteger()
        try sign(")")
        if minimum == nil && maximum == nil {
            throw SchemaError(position, "the limits are empty", remedy: "remove `(..)`")
        }
        return Limits(minimum: minimum, maximum: maximum)
    }

    /// Takes `reserved NUMBER, name, …` if it stands here.
    private mutating func reservation(
        into reserved: inout Reservations
    ) throws(SchemaError) -> Bool {
        guard peek.kind == .word("reserved") else { return false }
        _ = take()
        repeat {
            let token = take()
            switch token.kind {
            case .integer(let number): reserved.numbers.insert(number)
            case .word(let name): reserved.names.insert(name)
            default:
                throw SchemaError(
                    token.position,
                    "\(token.kind) can't be reserved",
                    remedy: "name the numbers and names of what was deleted: `reserved 3, old_name`"
                )
            }
        } while takeSign(",")
        return true
    }
}

// MARK: - Services

extension Parser {
    private mutating func service(
        _ documentation: [String]
    ) throws(SchemaError) -> ServiceDefinition {
        let (name, position) = try word("the service's name")
        try sign("=")
        var result = ServiceDefinition(
            name: name,
            number: try integer("the service's number"),
            methods: [],
            reserved: Reservations(),
            documentation: documentation,
            position: position
        )
        try sign("{")
        while !takeSign("}") {
            if try reservation(into: &result.reserved) { continue }
            result.methods.append(try method())
        }
        return result
    }

    private mutating func method() throws(SchemaError) -> MethodDefinition {
        let documentation = try documentation(of: "a method")
        try keyword("method")
        let (name, position) = try word("the method's name")
        try sign("=")
        let number = try integer("the method's number")
        try sign("(")
        let request = try word("the request's message").word
        try sign(")")
        try sign("->")
        let reply = try word("the reply's message").word
        try sign("{")
        var clauses = MethodClauses()
        while !takeSign("}") { try clause(into: &clauses) }
        guard let kind = clauses.kind, let access = clauses.access,
            let timeouts = clauses.timeouts, let idempotency = clauses.idempotency
        else {
            throw SchemaError(
                position,
                "method \(name) lacks \(clauses.missing.map { "`\($0)`" }.joined(separator: ", "))",
                remedy: "state all of `kind`, `roles`, `timeout … max …` and `idempotency`"
            )
        }
        return MethodDefinition(
            name: name,
            number: number,
            request: request,
            reply: reply,
            kind: kind,
            runsInline: clauses.runsInline,
            access: access,
            defaultTimeoutMillis: timeouts.usual,
            longestTimeoutMillis: timeouts.longest,
            idempotency: idempotency,
            documentation: documentation,
            position: position
        )
    }

    private struct MethodClauses {
        var kind: MethodKind?
        var runsInline = false
        var access: AccessRule?
        var timeouts: (usual: Int64, longest: Int64)?
        var idempotency: IdempotencyRule?

        var missing: [String] {
            [
                kind == nil ? "kind" : nil, access == nil ? "roles" : nil,
                timeouts == nil ? "timeout" : nil, idempotency == nil ? "idempotency" : nil,
            ].compactMap { $0 }
        }
    }

    private mutating func clause(into clauses: inout MethodClauses) throws(SchemaError) {
        let (name, position) = try word("`kind`, `roles`, `timeout` or `idempotency`")
        let isRepeated: Bool
        switch name {
        case "kind":
            isRepeated = clauses.kind != nil
            clauses.kind = try choice("a method's kind")
            clauses.runsInline = takeWord("inline")
        case "roles":
            isRepeated = clauses.access != nil
            clauses.access = try access()
        case "timeout":
            isRepeated = clauses.timeouts != nil
            let usual = try timeout("the default timeout")
            try keyword("max")
            clauses.timeouts = (usual, try timeout("the longest timeout"))
        case "idempotency":
            isRepeated = clauses.idempotency != nil
            clauses.idempotency = try choice("an idempotency")
        default:
            throw SchemaError(
                position,
                "`\(name)` isn't a clause of a method",
                remedy: "use `kind`, `roles`, `timeout … max …` and `idempotency`"
            )
        }
        if isRepeated {
            throw SchemaError(position, "`\(name)` is stated twice", remedy: "remove one")
        }
    }

    private mutating func access() throws(SchemaError) -> AccessRule {
        if takeWord("public") { return .everybody }
        if takeWord("any") { return .signedIn }
        var roles: [String] = []
        repeat { roles.append(try word("a role, `any` or `public`").word) } while takeSign(",")
        let refusal = takeWord("else") ? try word("the reason of the refusal").word : nil
        return .roles(roles, refusal: refusal)
    }

    private mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ what: String
    ) throws(SchemaError) -> Choice {
        let (word, position) = try word(what)
        if let choice = Choice(rawValue: word) { return choice }
        let choices = Choice.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        throw SchemaError(position, "`\(word)` isn't \(what)", remedy: "use one of \(choices)")
    }
}

// MARK: - Tokens

extension Parser {
    private var peek: Token { tokens[min(index, tokens.count - 1)] }

    private mutating func take() -> Token {
        let token = peek
        index += 1
        return token
    }

    private mutating func takeSign(_ sign: String) -> Bool {
        guard peek.kind == .sign(sign) else { return false }
        _ = take()
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard peek.kind == .word(word) else { return false }
        _ = take()
        return true
    }

    private mutating func takeInteger() -> Int64? {
        guard case .integer(let value) = peek.kind else { return nil }
        _ = take()
        return value
    }

    private mutating func documentation(of what: String) throws(SchemaError) -> [String] {
        let token = peek
        guard case .documentation(let lines) = token.kind else {
            if token.kind == .end {
                throw SchemaError(token.position, "the file ends too early", remedy: "add `}`")
            }
            throw SchemaError(
                token.position,
                "\(what) has no documentation before \(token.kind)",
                remedy: "say in a `///` line before it what it is"
            )
        }
        _ = take()
        if lines.allSatisfy({ $0.allSatisfy(\.isWhitespace) }) {
            throw SchemaError(
                token.position,
                "the documentation is empty",
                remedy: "say what the definition is"
            )
        }
        guard peek.position.line == token.lastLine + 1 else {
            throw SchemaError(
                token.position,
                "the documentation stands apart from \(what)",
                remedy: "put it on the lines directly before"
            )
        }
        return lines
    }

    private mutating func sign(_ sign: String) throws(SchemaError) {
        guard !takeSign(sign) else { return }
        throw SchemaError(
            peek.position,
            "`\(sign)` is missing before \(peek.kind)",
            remedy: "add it"
        )
    }

    private mutating func keyword(_ word: String) throws(SchemaError) {
        guard !takeWord(word) else { return }
        throw SchemaError(
            peek.position,
            "`\(word)` is missing before \(peek.kind)",
            remedy: "add it"
        )
    }

    private mutating func word(
        _ what: String
    ) throws(SchemaError) -> (word: String, position: Position) {
        let token = take()
        guard case .word(let word) = token.kind else { throw unexpected(token, instead: what) }
        return (word, token.position)
    }

    private mutating func integer(_ what: String) throws(SchemaError) -> Int64 {
        let token = take()
        guard case .integer(let value) = token.kind else { throw unexpected(token, instead: what) }
        return value
    }

    private mutating func duration(_ what: String) throws(SchemaError) -> Int64 {
        let token = take()
        guard case .duration(let value) = token.kind else {
            throw unexpected(token, instead: "\(what), such as `5s`")
        }
        return value
    }

    /// A duration in milliseconds, or `none`, which is 0.
    private mutating func timeout(_ what: String) throws(SchemaError) -> Int64 {
        takeWord("none") ? 0 : try duration(what)
    }

    private mutating func quotedText() throws(SchemaError) -> String {
        let token = take()
        guard case .text(let text) = token.kind else {
            throw unexpected(token, instead: "the file's name in quotes")
        }
        return text
    }

    private func unexpected(_ token: Token, instead what: String) -> SchemaError {
        SchemaError(
            token.position,
            "\(token.kind) stands where \(what) should",
            remedy: "write \(what) there"
        )
    }
}
