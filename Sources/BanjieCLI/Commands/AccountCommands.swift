import BanjieProtocol

/// `banjie admin` and `banjie password`: who may sign in, with what, and who has.
enum AccountCommands {
    static let group = CommandGroup(
        "admin",
        Text("People, what they sign in with, and their sessions.", "人员、登录凭据与会话。"),
        [
            group(
                "person",
                Text("People.", "人员。"),
                [
                    Command(
                        "put",
                        calling: DirectoryMethods.putPerson,
                        RequestForm(
                            operands: ["login"],
                            required: ["name", "roles"],
                            replyOnly: ["disabled"]
                        ),
                        examples: [
                            "banjie admin person put clerk --name '王芳' --department LEAD "
                                + "--post window --roles STAFF"
                        ],
                        show: { (person: Person, page) in page.show(person) }
                    ),
                    Command(
                        "list",
                        calling: DirectoryMethods.listPeople,
                        RequestForm(fallbacks: ["limit": "100"]),
                        examples: ["banjie admin person list --department LEAD"],
                        show: { (reply: ListPeopleReply, page) in page.show(reply) }
                    ),
                    Command(
                        "show",
                        calling: DirectoryMethods.getPerson,
                        RequestForm(operands: ["login"]),
                        show: { (person: Person, page) in page.show(person) }
                    ),
                    Command(
                        "open",
                        calling: DirectoryMethods.openPerson,
                        RequestForm(operands: ["login"]),
                        examples: ["banjie admin person open zhang --reason '更正登记'"],
                        show: { (person: Person, page) in page.show(person) }
                    ),
                    Command(
                        "disable",
                        calling: DirectoryMethods.disablePerson,
                        RequestForm(operands: ["login"]),
                        examples: ["banjie admin person disable wang --reason '调离'"],
                        show: { (person: Person, page) in page.show(person) }
                    ),
                    Command(
                        "enable",
                        calling: DirectoryMethods.enablePerson,
                        RequestForm(operands: ["login"]),
                        show: { (person: Person, page) in page.show(person) }
                    ),
                ]
            ),
            group("credential", Text("Secrets to sign in with.", "登录密钥。"), [issue]),
            group("password", Text("Passwords to sign in with.", "登录口令。"), [setPassword]),
            group(
                "session",
                Text("Who has signed in.", "登录中的会话。"),
                [
                    Command(
                        "list",
                        calling: AdminMethods.listSessions,
                        RequestForm(fallbacks: ["limit": "100"]),
                        show: { (reply: ListSessionsReply, page) in page.show(reply) }
                    ),
                    Command(
                        "end",
                        calling: AdminMethods.endSession,
                        RequestForm(operands: ["session"]),
                        examples: ["banjie admin session end 17 --reason '设备遗失'"],
                        show: { (_: Empty, page) in page.done() }
                    ),
                ]
            ),
        ]
    )

    /// `banjie password`: one's own.
    static let changePassword = Command(
        "password",
        SchemaTexts.summary(of: DirectoryMethods.changePassword),
        notes: newPasswordNotes,
        options: CommandOption.shared,
        examples: ["banjie password --login clerk"],
        run: { invocation throws(CommandFailure) in
            let settings = try invocation.connectionSettings()
            guard let identity = settings.identity else {
                throw .usage(
                    .combination(
                        Text("say whose with --login", "请用 --login 指明是谁的口令")
                    )
                )
            }
            let request = ChangePasswordRequest(
                present: identity.secret,
                password: try newPassword(invocation)
            )
            let answer = try await invocation.call(
                DirectoryMethods.changePassword,
                request.encoded(),
                over: try invocation.channel(to: settings),
                reply: Empty.self
            )
            try invocation.show(answer, of: DirectoryMethods.changePassword) { $1.done() }
            return .success
        }
    )

    private static let newPasswordNotes = Text(
        "The new password is asked for twice on a terminal; otherwise it is the first line of the standard "
            + "input. It has 12 to 200 characters and doesn't contain the login.",
        "在终端上须输入新口令两次；否则取标准输入的首行。口令为 12 至 200 个字符，不得包含登录名。"
    )

    private static let setPassword = Command(
        "set",
        SchemaTexts.summary(of: DirectoryMethods.setPassword),
        notes: newPasswordNotes,
        operands: [
            CommandOperand(
                "LOGIN",
                .text,
                SchemaTexts.summary(
                    of: SetPasswordRequest.descriptor.fields[0],
                    in: SetPasswordRequest.descriptor
                )
            )
        ],
        options: CommandOption.shared,
        examples: ["banjie admin password set clerk"],
        run: { invocation throws(CommandFailure) in
            let request = SetPasswordRequest(
                login: invocation.values.required("LOGIN", .text),
                password: try newPassword(invocation)
            )
            let answer = try await invocation.call(
                DirectoryMethods.setPassword,
                request.encoded(),
                over: try invocation.channel(),
                reply: Empty.self
            )
            try invocation.show(answer, of: DirectoryMethods.setPassword) { $1.done() }
            return .success
        }
    )

    /// A new password from the terminal, where it is asked for twice, or from the standard input.
    private static func newPassword(_ invocation: Invocation) throws(CommandFailure) -> String {
        let (console, language) = (invocation.console, invocation.language)
        let first = try invocation.secret(Text("new password: ", "新口令："))
        guard console.asks else { return first }
        guard try invocation.secret(Text("the same again: ", "再输入一次：")) == first else {
            throw .file(
                FileError(
                    path: "-",
                    problem: .reading,
                    reason: language.text("the two differ", "两次输入不一致")
                )
            )
        }
        return first
    }

    private static func group(
        _ name: String,
        _ summary: Text,
        _ commands: [Command]
    ) -> CommandNode {
        .group(CommandGroup(name, summary, commands.map { .command($0) }))
    }

    /// `credential issue`: the secret goes to a file of its owner's alone, or is shown this once.
    private static let issue: Command = {
        let method = DirectoryMethods.issueCredential
        let fields = RequestField.all(of: PersonRequest.descriptor)
        return Command(
            "issue",
            SchemaTexts.summary(of: method),
            operands: fields.map { CommandOperand($0.operandName, $0.syntax, $0.summary) },
            options: [
                CommandOption(
                    "out",
                    .path,
                    Text(
                        "write the secret to this new file, readable by its owner only",
                        "将口令写入此新文件，仅本人可读"
                    )
                )
            ] + CommandOption.shared,
            examples: ["banjie admin credential issue clerk --out clerk.secret"],
            run: { invocation throws(CommandFailure) in
                let login = invocation.values.required("LOGIN", .text)
                let channel = try invocation.channel()
                let request = PersonRequest(login: login).encoded()
                guard let path = invocation.values.value("out", .path) else {
                    let answer = try await invocation.call(
                        method,
                        request,
                        over: channel,
                        reply: Credential.self
                    )
                    try invocation.show(answer, of: method) { $1.show($0) }
                    return .success
                }
                // Before the call, which makes the earlier secret void.
                let file: SecretFile
                do throws(FileError) {
                    file = try invocation.console.makeSecretFile(path)
                } catch {
                    throw .file(error)
                }
                let secret: String
                do throws(CommandFailure) {
                    secret = try await invocation.call(
                        method,
                        request,
                        over: channel,
                        reply: Credential.self
                    ).reply.secret
                } catch {
                    file.remove()
                    throw error
                }
                do throws(FileError) {
                    try file.write(Array((secret + "\n").utf8))
                } catch {
                    throw .lostSecret(error)
                }
                return .success
            }
        )
    }()
}
