/// One command: all that the parser, the help and the shell's completion know of it.
struct Command: Sendable {
    let name: String
    /// A sentence, for lists of commands.
    let summary: Text
    /// What more there is to say.
    let notes: Text?
    let operands: [CommandOperand]
    let options: [CommandOption]
    /// Command lines as a person might type them.
    let examples: [String]
    let run: @Sendable (Invocation) async throws(CommandFailure) -> ExitStatus

    init(
        _ name: String,
        _ summary: Text,
        notes: Text? = nil,
        operands: [CommandOperand] = [],
        options: [CommandOption] = [],
        examples: [String] = [],
        run: @escaping @Sendable (Invocation) async throws(CommandFailure) -> ExitStatus
    ) {
        self.name = name
        self.summary = summary
        self.notes = notes
        self.operands = operands
        self.options = options
        self.examples = examples
        self.run = run
    }

    /// The option of this name, without its dashes.
    func option(named name: String) -> CommandOption? { options.first { $0.name == name } }
}

/// Commands under one word.
struct CommandGroup: Sendable {
    let name: String
    let summary: Text
    let members: [CommandNode]

    init(_ name: String, _ summary: Text, _ members: [CommandNode]) {
        self.name = name
        self.summary = summary
        self.members = members
    }
}

/// A word of a command line that names a command, or several.
enum CommandNode: Sendable {
    case command(Command)
    case group(CommandGroup)

    var name: String {
        switch self {
        case .command(let command): command.name
        case .group(let group): group.name
        }
    }

    var summary: Text {
        switch self {
        case .command(let command): command.summary
        case .group(let group): group.summary
        }
    }
}

/// A value that a command takes by its place.
struct CommandOperand: Sendable {
    /// The name in capitals, as usage lines write it: an option never bears the same.
    let name: String
    let summary: Text
    let syntax: ValueSyntax
    let isRequired: Bool
    /// Whether it takes all that follows; only a command's last operand may.
    let isRepeatable: Bool

    init<Value>(
        _ name: String,
        _ form: ValueForm<Value>,
        _ summary: Text,
        isRequired: Bool = true,
        isRepeatable: Bool = false
    ) {
        self.init(
            name,
            ValueSyntax(form),
            summary,
            isRequired: isRequired,
            isRepeatable: isRepeatable
        )
    }

    init(
        _ name: String,
        _ syntax: ValueSyntax,
        _ summary: Text,
        isRequired: Bool = true,
        isRepeatable: Bool = false
    ) {
        precondition(name == name.uppercased(), "operands bear names in capitals")
        self.name = name
        self.summary = summary
        self.syntax = syntax
        self.isRequired = isRequired
        self.isRepeatable = isRepeatable
    }
}

/// A value, or a switch, that a command takes by its name.
struct CommandOption: Sendable {
    /// The name without its dashes.
    let name: String
    let summary: Text
    let value: OptionValue
    let isRequired: Bool
    /// The environment variable that counts when the option isn't given.
    let variable: String?
    /// What counts when neither is.
    let fallback: String?
    /// Under which heading the help lists it.
    let heading: OptionHeading

    /// An option with a value.
    init<Value>(
        _ name: String,
        _ form: ValueForm<Value>,
        _ summary: Text,
        isRepeatable: Bool = false,
        isRequired: Bool = false,
        variable: String? = nil,
        fallback: String? = nil,
        heading: OptionHeading = .command
    ) {
        self.init(
            name,
            ValueSyntax(form),
            summary,
            isRepeatable: isRepeatable,
            isRequired: isRequired,
            variable: variable,
            fallback: fallback,
            heading: heading
        )
    }

    init(
        _ name: String,
        _ syntax: ValueSyntax,
        _ summary: Text,
        isRepeatable: Bool = false,
        isRequired: Bool = false,
        variable: String? = nil,
        fallback: String? = nil,
        heading: OptionHeading = .command
    ) {
        self.name = name
        self.summary = summary
        value = isRepeatable ? .many(syntax) : .one(syntax)
        self.isRequired = isRequired
        self.variable = variable
        self.fallback = fallback
        self.heading = heading
    }

    /// A switch.
    init(flag name: String, _ summary: Text, heading: OptionHeading = .command) {
        self.name = name
        self.summary = summary
        value = .none
        isRequired = false
        variable = nil
        fallback = nil
        self.heading = heading
    }
}

/// How often an option may be given, and with what.
enum OptionValue: Sendable {
    /// A switch: it is there or not.
    case none
    case one(ValueSyntax)
    case many(ValueSyntax)

    var syntax: ValueSyntax? {
        switch self {
        case .none: nil
        case .one(let syntax), .many(let syntax): syntax
        }
    }
}

/// The headings of options in a command's help, in their order.
enum OptionHeading: Sendable, CaseIterable {
    case command, connection, output

    var title: Text {
        switch self {
        case .command: Text("options", "选项")
        case .connection: Text("connection", "连接")
        case .output: Text("output", "输出")
        }
    }
}
