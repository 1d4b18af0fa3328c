import BanjieProtocol

/// `banjie completion`: the shells' part of completing command lines, and the program's.
enum CompletionCommands {
    static let group: CommandGroup = CommandGroup(
        "completion",
        Text("Completion of command lines in a shell.", "命令行自动补全。"),
        [
            .command(bash),
            .command(zsh),
            .command(words),
        ]
    )

    private static let bash = Command(
        "bash",
        Text("The script for bash.", "bash 的补全脚本。"),
        examples: ["source <(banjie completion bash)"],
        run: { invocation in
            invocation.console.writeLine(
                #"""
                _banjie() {
                    local IFS=$'\n' words=() index word
                    for ((index = 1; index <= COMP_CWORD; index++)); do
                        word=${COMP_WORDS[index]}
                        # bash takes words apart at : and =.
                        if ((${#words[@]} > 0)) && { [[ $word == [:=]* ]] \
                            || [[ ${COMP_WORDS[index - 1]} == [:=] ]]; }; then
                            words[${#words[@]} - 1]+=$word
                        else
                            words+=("$word")
                        fi
                    done
                    COMPREPLY=($(banjie completion words -- "${words[@]}" 2>/dev/null))
                }
                complete -o default -F _banjie banjie
                """#
            )
            return .success
        }
    )

    private static let zsh = Command(
        "zsh",
        Text("The script for zsh, after compinit.", "zsh 的补全脚本，须先执行 compinit。"),
        examples: ["source <(banjie completion zsh)"],
        run: { invocation in
            invocation.console.writeLine(
                #"""
                #compdef banjie
                _banjie() {
                    local -a candidates
                    candidates=(${(f)"$(banjie completion words -- \
                        "${(@)words[2,CURRENT]}" 2>/dev/null)"})
                    if (( $#candidates )); then
                        compadd -- $candidates
                    else
                        _files
                    fi
                }
                compdef _banjie banjie
                """#
            )
            return .success
        }
    )

    private static let words: Command = Command(
        "words",
        Text(
            "What may stand in place of the last word; the scripts ask for it.",
            "最后一个词可补全为什么；供脚本使用。"
        ),
        notes: Text(
            "Methods and other names of the schema are the server's when it answers at once, else "
                + "those that this program was built with.",
            "方法等名称以服务器的模式为准；服务器未及时应答时取本程序内置的模式。"
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
            let completion = Completion(root: CommandTree.root)
            var schema = ServedSchema.builtIn
            if completion.hangsOnSchema(words) {
                schema = await invocation.schema(ofServerIn: words)
            }
            for word in completion.candidates(for: words, in: schema) {
                invocation.console.writeLine(word)
            }
            return .success
        }
    )
}

extension Invocation {
    /// How long a person is kept waiting for a completion, in milliseconds.
    private static let patienceMillis: UInt32 = 500

    /// The schema of the server that a command line being typed names, or the environment; ours when
    /// it doesn't answer at once.
    fileprivate func schema(ofServerIn words: [String]) async -> ServedSchema {
        func value(_ name: String) -> String? {
            let option = CommandOption.connection.first { $0.name == name }
            let typed = words.indices.compactMap { index -> String? in
                if words[index].hasPrefix("--\(name)=") {
                    return String(words[index].dropFirst(name.count + 3))
                }
                let isName = words[index] == "--\(name)" && index + 1 < words.count
                return isName ? words[index + 1] : nil
            }
            return typed.last ?? option?.variable.flatMap(console.variable) ?? option?.fallback
        }
        guard let servers = value("server").flatMap(ServerList.init), let realm = value("realm")
        else { return .builtIn }
        let settings = ConnectionSettings(
            servers: servers,
            realm: realm,
            identity: nil,
            security: ConnectionSettings.Security(authorities: value("ca")),
            language: language == .chinese ? "zh" : "en"
        )
        guard let channel = try? console.connect(settings) else { return .builtIn }
        return await SchemaSource.ask(channel, timeoutMillis: Self.patienceMillis).schema
    }
}
