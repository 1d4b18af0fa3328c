/// What a command line asks for.
enum CommandLineRequest: Sendable {
    case run(Command, path: [String], ArgumentValues)
    /// Help on a node, named by the words that lead to it.
    case help(CommandNode, path: [String])
    case version
}

/// How a command line was wrong, and under which words.
struct UsageFailure: Error, Hashable {
    let error: UsageError
    /// The words that named the command or group, as far as they were understood.
    let path: [String]
}

/// Reads command lines by a tree of commands.
struct CommandLineParser {
    /// The whole program.
    let root: CommandGroup
    /// The environment's variables.
    let variable: (String) -> String?

    /// What `arguments`, without the program's name, ask for.
    ///
    /// Options are `--name value` or `--name=value`, before or after operands; `--` ends them; `-`
    /// alone is an operand. A value may begin with one dash, but not with two unless after `=`.
    func request(for arguments: [String]) throws(UsageFailure) -> CommandLineRequest {
        var path: [String] = []
        do throws(UsageError) {
            switch arguments.first {
            case "--version": return .version
            case "help": return try help(on: Array(arguments.dropFirst()))
            default: return try request(for: arguments, path: &path)
            }
        } catch {
            throw UsageFailure(error: error, path: path)
        }
    }

    private func request(
        for arguments: [String],
        path: inout [String]
    ) throws(UsageError) -> CommandLineRequest {
        var rest = arguments[...]
        var node = CommandNode.group(root)
        // Options of the connection may also stand before the command.
        var early: [String] = []
        while case .group(let group) = node {
            guard let word = rest.popFirst() else {
                throw .missingCommand(
                    group: path.joined(separator: " "),
                    names: group.members.map(\.name)
                )
            }
            if word == "--help" || word == "-h" { return .help(node, path: path) }
            if word.hasPrefix("-"), word != "-" {
                try skipShared(word, &rest, into: &early)
                continue
            }
            node = try member(word, of: group, path: path)
            path.append(word)
        }
        guard case .command(let command) = node else {
            preconditionFailure("what isn't a group is a command")
        }
        let remaining = early + rest
        if asksForHelp(remaining, command) { return .help(node, path: path) }
        return .run(command, path: path, try values(remaining, of: command))
    }

    /// The node that the words lead to.
    func node(at words: [String]) throws(UsageError) -> CommandNode {
        var node = CommandNode.group(root)
        for (index, word) in words.enumerated() {
            guard case .group(let group) = node else { throw .unexpectedOperand(word) }
            node = try member(word, of: group, path: Array(words[..<index]))
        }
        return node
    }

    private func help(on words: [String]) throws(UsageError) -> CommandLineRequest {
        let path = words.filter { !$0.hasPrefix("-") }
        return .help(try node(at: path), path: path)
    }

    private func member(
        _ word: String,
        of group: CommandGroup,
        path: [String]
    ) throws(UsageError) -> CommandNode {
        guard let member = group.members.first(where: { $0.name == word }) else {
            throw .unknownCommand(
                word,
                group: path.joined(separator: " "),
                nearest: NearestName.of(word, among: group.members.map(\.name))
            )
        }
        return member
    }

    /// Moves a shared option, and its value, from before the command to after it.
    private func skipShared(
        _ word: String,
        _ rest: inout ArraySlice<String>,
        into early: inout [String]
    ) throws(UsageError) {
        let (name, value) = Self.split(word)
        guard let option = CommandOption.shared.first(where: { $0.name == name }) else {
            throw .unknownOption(
                word,
                nearest: NearestName.of(name, among: CommandOption.shared.map(\.name))
            )
        }
        early.append(word)
        if option.value.syntax != nil, value == nil, let next = rest.first, !next.hasPrefix("--") {
            early.append(next)
            rest.removeFirst()
        }
    }

    /// Whether `--help` or `-h` stands where an option may, and not as the value of another.
    private func asksForHelp(_ arguments: [String], _ command: Command) -> Bool {
        var isValue = false
        for argument in arguments {
            if argument == "--" { return false }
            if argument == "--help" || argument == "-h" && !isValue { return true }
            let (name, value) = Self.split(argument)
            let takesValue =
                argument.hasPrefix("--") && command.option(named: name)?.value.syntax != nil
            isValue = takesValue && value == nil
        }
        return false
    }

    /// The name and the value of `--name=value`; of `--name` there is none.
    private static func split(_ argument: String) -> (name: String, value: String?) {
        let body = argument.drop { $0 == "-" }
        guard let equals = body.firstIndex(of: "=") else { return (String(body), nil) }
        return (String(body[..<equals]), String(body[body.index(after: equals)...]))
    }
}

// MARK: - Values

extension CommandLineParser {
    private func values(
        _ arguments: [String],
        of command: Command
    ) throws(UsageError) -> ArgumentValues {
        var values = ArgumentValues()
        var operands: [String] = []
        var rest = arguments[...]
        var onlyOperands = false
        while let argument = rest.popFirst() {
            if onlyOperands || argument == "-" || !argument.hasPrefix("-") {
                operands.append(argument)
            } else if argument == "--" {
                onlyOperands = true
            } else {
                try takeOption(argument, &rest, of: command, into: &values)
            }
        }
        try place(operands, of: command, into: &values)
        for option in command.options { try complete(option, in: &values) }
        return values
    }

    private func takeOption(
        _ argument: String,
        _ rest: inout ArraySlice<String>,
        of command: Command,
        into values: inout ArgumentValues
    ) throws(UsageError) {
        let (name, attached) = Self.split(argument)
        guard argument.hasPrefix("--"), let option = command.option(named: name) else {
            let written = argument.prefix { $0 != "=" }
            throw .unknownOption(
                String(written),
                nearest: NearestName.of(name, among: command.options.map(\.name) + ["help"])
            )
        }
        guard let syntax = option.value.syntax else {
            if let attached { throw .unexpectedValue(option: name, found: attached) }
            if values.has(name) { throw .repeatedOption(name) }
            values.insert(flag: name)
            return
        }
        if case .one = option.value, !values.texts(name).isEmpty { throw .repeatedOption(name) }
        let text: String
        if let attached {
            text = attached
        } else if let next = rest.first, !next.hasPrefix("--") {
            text = next
            rest.removeFirst()
        } else {
            throw .missingValue(option: name, expected: syntax.expected)
        }
        guard syntax.accepts(text) else {
            throw .badValue("--\(name)", found: text, syntax)
        }
        values.append(text, to: name)
    }

    private func place(
        _ texts: [String],
        of command: Command,
        into values: inout ArgumentValues
    ) throws(UsageError) {
        var rest = texts[...]
        for operand in command.operands {
            if rest.isEmpty, operand.isRequired {
                throw .missingOperand(operand.name, expected: operand.summary)
            }
            for text in operand.isRepeatable ? rest : rest.prefix(1) {
                guard operand.syntax.accepts(text) else {
                    throw .badValue(operand.name, found: text, operand.syntax)
                }
                values.append(text, to: operand.name)
                rest.removeFirst()
            }
        }
        if let extra = rest.first { throw .unexpectedOperand(extra) }
    }

    /// Fills in an option that wasn't given, from the environment or its fallback.
    private func complete(
        _ option: CommandOption,
        in values: inout ArgumentValues
    ) throws(UsageError) {
        guard let syntax = option.value.syntax, values.texts(option.name).isEmpty else { return }
        if let name = option.variable, let text = variable(name), !text.isEmpty {
            guard syntax.accepts(text) else {
                throw .badVariable(name, found: text, expected: syntax.expected)
            }
            values.append(text, to: option.name)
        } else if let fallback = option.fallback {
            precondition(syntax.accepts(fallback), "a fallback has its option's form")
            values.append(fallback, to: option.name)
        } else if option.isRequired {
            throw .missingOption(option.name, expected: syntax.expected)
        }
    }
}
