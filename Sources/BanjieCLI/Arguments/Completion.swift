import BanjieProtocol

/// What may stand where a command line ends, for the shells.
struct Completion {
    let root: CommandGroup

    /// What the last of some words stands for.
    private enum Place {
        /// One of these words, or nothing that is known.
        case words([String])
        /// A value of this form.
        case value(ValueSyntax)
    }

    /// Whether the words that may stand in place of the last of `words` hang on the server's schema.
    func hangsOnSchema(_ words: [String]) -> Bool {
        if case .value(let syntax) = place(of: words) { syntax.schemaChoices != nil } else { false }
    }

    /// The words that may stand in place of the last of `words`, which may be empty or half typed;
    /// none where only the person, or the shell, can know.
    func candidates(for words: [String], in schema: ServedSchema = .builtIn) -> [String] {
        guard let partial = words.last else { return [] }
        let all =
            switch place(of: words) {
            case .words(let words): words
            case .value(let syntax):
                syntax.choices + (syntax.schemaChoices?(schema) ?? []).filter(Self.isSafe)
            }
        return all.filter { $0.hasPrefix(partial) }
    }

    /// Whether a name that a server told may be put into a command line.
    private static func isSafe(_ name: String) -> Bool {
        name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }

    private func place(of words: [String]) -> Place {
        guard let partial = words.last else { return .words([]) }
        var node = CommandNode.group(root)
        var rest = words.dropLast()[...]
        while case .group(let group) = node {
            guard let word = rest.popFirst() else {
                return .words(
                    group.members.map(\.name) + (partial.hasPrefix("-") ? ["--help"] : [])
                )
            }
            if word.hasPrefix("-") {
                let option = CommandOption.shared.first { "--\($0.name)" == word }
                // The value of a shared option that stands before the command.
                if option?.value.syntax != nil { _ = rest.popFirst() }
                continue
            }
            guard let member = group.members.first(where: { $0.name == word }) else {
                return .words([])
            }
            node = member
        }
        guard case .command(let command) = node else { return .words([]) }
        return place(of: partial, after: rest, of: command)
    }

    private func place(
        of partial: String,
        after words: ArraySlice<String>,
        of command: Command
    ) -> Place {
        var rest = words
        var given: Set<String> = []
        var operands = 0
        while let word = rest.popFirst() {
            guard word.hasPrefix("--"), word != "--" else {
                operands += 1
                continue
            }
            let name = String(word.dropFirst(2).prefix { $0 != "=" })
            guard let option = command.option(named: name) else { continue }
            if case .many = option.value {} else { given.insert(name) }
            guard let syntax = option.value.syntax, !word.contains("=") else { continue }
            // The value follows, or is what is being typed.
            if rest.popFirst() == nil { return .value(syntax) }
        }
        if partial.hasPrefix("-") {
            let names = command.options.map(\.name).filter { !given.contains($0) } + ["help"]
            return .words(names.map { "--\($0)" })
        }
        guard operands < command.operands.count else { return .words([]) }
        return .value(command.operands[operands].syntax)
    }
}
