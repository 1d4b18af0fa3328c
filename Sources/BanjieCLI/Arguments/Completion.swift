/// What may stand where a command line ends, for the shells.
struct Completion {
    let root: CommandGroup

    /// The words that may stand in place of the last of `words`, which may be empty or half typed;
    /// none where only the person, or the shell, can know.
    func candidates(for words: [String]) -> [String] {
        guard let partial = words.last else { return [] }
        var node = CommandNode.group(root)
        var rest = words.dropLast()[...]
        while case .group(let group) = node {
            guard let word = rest.popFirst() else {
                let names = group.members.map(\.name) + (partial.hasPrefix("-") ? ["--help"] : [])
                return names.filter { $0.hasPrefix(partial) }
            }
            if word.hasPrefix("-") {
                let option = CommandOption.shared.first { "--\($0.name)" == word }
                // The value of a shared option that stands before the command.
                if option?.value.syntax != nil { _ = rest.popFirst() }
                continue
            }
            guard let member = group.members.first(where: { $0.name == word }) else { return [] }
            node = member
        }
        guard case .command(let command) = node else { return [] }
        return candidates(for: partial, after: rest, of: command)
    }

    private func candidates(
        for partial: String,
        after words: ArraySlice<String>,
        of command: Command
    ) -> [String] {
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
            if rest.popFirst() == nil { return syntax.choices.filter { $0.hasPrefix(partial) } }
        }
        if partial.hasPrefix("-") {
            let names = command.options.map(\.name).filter { !given.contains($0) } + ["help"]
            return names.map { "--\($0)" }.filter { $0.hasPrefix(partial) }
        }
        guard operands < command.operands.count else { return [] }
        return command.operands[operands].syntax.choices.filter { $0.hasPrefix(partial) }
    }
}
