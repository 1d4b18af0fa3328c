import BanjieProtocol

/// `banjie directory`: who answers for what.
enum DirectoryCommands {
    static let group = CommandGroup(
        "directory",
        Text("Departments, posts, people and service items.", "部门、岗位、人员与事项。"),
        [
            group(
                "department",
                Text("Departments.", "部门。"),
                [
                    Command(
                        "put",
                        calling: DirectoryMethods.putDepartment,
                        RequestForm(operands: ["code"], required: ["name"]),
                        examples: ["banjie directory department put LEAD --name '行政审批局'"],
                        show: { (department: Department, page) in page.show(department) }
                    )
                ]
            ),
            group(
                "post",
                Text("Posts.", "岗位。"),
                [
                    Command(
                        "put",
                        calling: DirectoryMethods.putPost,
                        RequestForm(operands: ["code"], required: ["name", "department"]),
                        show: { (post: Post, page) in page.show(post) }
                    )
                ]
            ),
            group(
                "person",
                Text("People.", "人员。"),
                [
                    Command(
                        "put",
                        calling: DirectoryMethods.putPerson,
                        RequestForm(operands: ["login"], required: ["name", "roles"]),
                        examples: [
                            "banjie directory person put clerk --name '王芳' --department LEAD "
                                + "--post window --roles STAFF"
                        ],
                        show: { (person: Person, page) in page.show(person) }
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
                        examples: ["banjie directory person open zhang --reason '更正登记'"],
                        show: { (person: Person, page) in page.show(person) }
                    ),
                ]
            ),
            group(
                "item",
                Text("Service items.", "政务服务事项。"),
                [
                    Command(
                        "publish",
                        calling: DirectoryMethods.publishItem,
                        RequestForm(
                            operands: ["code"],
                            required: ["name", "department", "statutory", "promised"]
                        ),
                        show: { (item: ItemView, page) in page.show(item) }
                    ),
                    Command(
                        "show",
                        calling: DirectoryMethods.getItem,
                        RequestForm(operands: ["code"]),
                        show: { (item: ItemView, page) in page.show(item) }
                    ),
                ]
            ),
            group("credential", Text("Secrets to sign in with.", "登录口令。"), [issue]),
        ]
    )

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
            examples: ["banjie directory credential issue clerk --out clerk.secret"],
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
