extension Page {
    /// The help on a node of the command tree, named by the words that lead to it.
    mutating func help(on node: CommandNode, path: [String]) {
        switch node {
        case .group(let group): help(on: group, path: path)
        case .command(let command): help(on: command, path: path)
        }
    }

    private mutating func help(on group: CommandGroup, path: [String]) {
        usage((["banjie"] + path).joined(separator: " ") + language.text(" COMMAND …", " 命令 …"))
        line()
        line(language.text(group.summary))
        heading(Text("commands", "命令"))
        entries(group.members.map { Entry(Text(same: $0.name), language.text($0.summary)) })
        if path.isEmpty { programNotes() }
        line()
        let words = (["banjie"] + path).joined(separator: " ")
        line(
            language.text(
                "\(words) COMMAND --help says more of a command.",
                "各命令的详情见 \(words) 命令 --help。"
            ),
            .faint
        )
    }

    /// What holds for the whole program.
    private mutating func programNotes() {
        heading(Text("environment", "环境变量"))
        entries(
            CommandOption.shared.compactMap { option in
                option.variable.map { name in
                    Entry(
                        Text(same: name),
                        language.text(Text("--\(option.name)", "--\(option.name)"))
                    )
                }
            } + [
                Entry(
                    Text(same: "BANJIE_SECRET"),
                    language.text("the secret itself", "口令本身")
                ),
                Entry(
                    Text(same: "LC_ALL, LC_MESSAGES, LANG"),
                    language.text("the language: zh… or English", "语言：zh… 为中文，其他为英文")
                ),
                Entry(Text(same: "NO_COLOR"), language.text("no colours", "不使用颜色")),
            ]
        )
        heading(Text("exit status", "退出码"))
        entries(
            ExitStatus.allCases.map { status in
                Entry(Text(same: "\(status.rawValue)"), language.text(status.summary))
            }
        )
    }

    private mutating func help(on command: Command, path: [String]) {
        let operands = command.operands.map { operand in
            (operand.isRequired ? operand.name : "[\(operand.name)]")
                + (operand.isRepeatable ? "…" : "")
        }
        let required = command.options.filter(\.isRequired).map(spelling)
        let words = ["banjie"] + path + operands + required
        let others =
            command.options.contains { !$0.isRequired }
            ? [language.text("[OPTIONS]", "[选项]")] : []
        usage((words + others).joined(separator: " "))
        line()
        line(language.text(command.summary))
        if let notes = command.notes {
            line()
            line(language.text(notes))
        }
        if !command.operands.isEmpty {
            heading(Text("operands", "参数"))
            entries(
                command.operands.map { operand in
                    Entry(
                        Text(same: operand.name),
                        described(operand.summary, operand.syntax)
                    )
                }
            )
        }
        for heading in OptionHeading.allCases {
            let options = command.options.filter { $0.heading == heading }
            guard !options.isEmpty else { continue }
            self.heading(heading.title)
            entries(options.map { Entry(Text(same: spelling($0)), description(of: $0)) })
        }
        if !command.examples.isEmpty {
            heading(Text("examples", "示例"))
            for example in command.examples { line("  \(example)") }
        }
    }

    private mutating func usage(_ text: String) {
        line(language.text("usage: \(text)", "用法：\(text)"), .strong)
    }

    /// The option as it is written, with what stands for its value.
    private func spelling(_ option: CommandOption) -> String {
        guard let syntax = option.value.syntax else { return "--\(option.name)" }
        // A long list of choices would push the column out of sight.
        let placeholder =
            syntax.choices.isEmpty || language.text(syntax.placeholder).count < 24
            ? language.text(syntax.placeholder) : language.text("NAME", "名称")
        return "--\(option.name) \(placeholder)"
    }

    private func description(of option: CommandOption) -> String {
        var text =
            option.value.syntax.map { described(option.summary, $0) }
            ?? language.text(option.summary)
        var notes: [String] = []
        if option.isRequired { notes.append(language.text("required", "必填")) }
        if case .many = option.value {
            notes.append(language.text("may be repeated", "可重复"))
        }
        if let variable = option.variable { notes.append(variable) }
        if let fallback = option.fallback {
            notes.append(language.text("by default \(fallback)", "默认 \(fallback)"))
        }
        if !notes.isEmpty {
            let list = notes.joined(separator: language.text("; ", "；"))
            text += language.text(" [\(list)]", "［\(list)］")
        }
        return text
    }

    /// The summary, with the choices where there are some.
    private func described(_ summary: Text, _ syntax: ValueSyntax) -> String {
        let text = language.text(summary)
        // Of methods and messages there are too many: the summary says where they are listed.
        guard !syntax.choices.isEmpty, syntax.choices.count <= 20 else { return text }
        let choices = syntax.choices.joined(separator: language.text(", ", "、"))
        return text + language.text(" (\(choices))", "（\(choices)）")
    }
}
