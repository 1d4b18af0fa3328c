/// `banjie completion`: the shell's part of completing command lines, and the program's.
enum CompletionCommands {
    static let group: CommandGroup = CommandGroup(
        "completion",
        Text("Completion of command lines in a shell.", "命令行自动补全。"),
        [
            .command(bash),
            .command(words),
        ]
    )

    private static let bash = Command(
        "bash",
        Text(
            "The script for bash; for zsh too, after bashcompinit.",
            "bash 的补全脚本；zsh 执行 bashcompinit 后亦可用。"
        ),
        examples: ["source <(banjie completion bash)"],
        run: { invocation in
            invocation.console.writeLine(
                """
                _banjie() {
                    local IFS=$'\\n'
                    COMPREPLY=($(banjie completion words -- \\
                        "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
                }
                complete -o default -F _banjie banjie
                """
            )
            return .success
        }
    )

    private static let words: Command = Command(
        "words",
        Text(
            "What may stand in place of the last word; the script asks for it.",
            "最后一个词可补全为什么；供脚本使用。"
        ),
        operands: [
            CommandOperand(
                "WORD",
                .text,
                Text("the words of the command line so far", "命令行已有的词"),
                isRequired: false,
                isRepeatable: true
            )
        ],
        run: { invocation in
            let words = invocation.values.texts("WORD")
            for word in Completion(root: CommandTree.root).candidates(for: words) {
                invocation.console.writeLine(word)
            }
            return .success
        }
    )
}
