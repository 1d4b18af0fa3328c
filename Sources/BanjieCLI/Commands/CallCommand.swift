import BanjieProtocol

/// `banjie call`: any method, with its request in JSON.
enum CallCommand {
    static let command = Command(
        "call",
        Text("Calls any method, with its request in JSON.", "以 JSON 请求调用任一方法。"),
        notes: Text(
            "The reply is printed as JSON: indented, or on one line with --json; each reply of a stream "
                + "on a line. With `-`, a stream's messages are the lines of the standard input. See "
                + "banjie describe for the methods and their messages.",
            "以 JSON 输出应答：缩进显示，加 --json 则为一行；流的每个应答各占一行。"
                + "以 `-` 从标准输入逐行读取流的消息。各方法及其消息见 banjie describe。"
        ),
        operands: [
            CommandOperand("METHOD", .method, Text("the method", "方法")),
            CommandOperand(
                "REQUEST",
                .text,
                Text(
                    "its request in JSON; {} when left out, `-` to read the standard input",
                    "JSON 请求；不填为 {}，`-` 表示从标准输入读取"
                ),
                isRequired: false
            ),
        ],
        options: CommandOption.shared,
        examples: [
            "banjie call Diagnostics/Status",
            #"banjie call Calendar/Due '{"from":"2026-03-02","days":20,"unit":"WORKING"}'"#,
        ],
        run: { invocation throws(CommandFailure) in
            let channel = try invocation.channel()
            let name = invocation.values.required("METHOD", .method)
            let method: NamedMethod
            if let known = BanjieProtocolSchema.method(named: name) {
                method = NamedMethod(known)
            } else {
                method = try await ask(for: name, over: channel, invocation)
            }
            let lines = InputLines(invocation.console)
            let json = try request(to: method.descriptor, invocation, lines)
            let body = try method.request(json)
            if method.descriptor.kind.isStream {
                let readsOn = invocation.values.value("REQUEST", .text) == "-"
                try await invocation.stream(method, body, over: channel) {
                    () throws(CommandFailure) in
                    guard readsOn, let line = try lines.next() else { return nil }
                    return try method.request(line)
                }
            } else {
                let reply = try await invocation.call(method.descriptor, body, over: channel)
                invocation.console.writeLine(
                    try method.reply(reply, isPretty: !invocation.wantsJSON)
                )
            }
            return .success
        }
    )

    /// The request, or the first message of a stream that sends several.
    private static func request(
        to method: MethodDescriptor,
        _ invocation: Invocation,
        _ lines: InputLines
    ) throws(CommandFailure) -> String {
        let given = invocation.values.value("REQUEST", .text) ?? "{}"
        guard given == "-" else { return given }
        switch method.kind {
        case .command, .query, .watch: return try lines.rest()
        case .upload, .session: return try lines.next() ?? "{}"
        }
    }

    /// A method that this program wasn't built with, if the server has it.
    private static func ask(
        for name: String,
        over channel: any CallChannel,
        _ invocation: Invocation
    ) async throws(CommandFailure) -> NamedMethod {
        let source = await SchemaSource.ask(
            channel,
            timeoutMillis: invocation.values.value("timeout", .milliseconds)
        )
        if let method = NamedMethod(name, in: source.schema) { return method }
        let nearest = NearestName.of(name, among: source.schema.methodNames)
        if nearest == nil, case .builtIn(let error) = source.origin {
            throw .call(error, requestID: nil)
        }
        throw .usage(
            .badValue(
                "METHOD",
                found: name,
                expected: ValueForm.method.expected,
                nearest: nearest
            )
        )
    }
}

extension ValueForm where Value == String {
    /// `Service/Method`, which the server may have when this program doesn't.
    static var method: ValueForm {
        ValueForm(
            Text(same: "SERVICE/METHOD"),
            expected: Text(
                "Service/Method, as banjie describe lists them",
                "服务/方法，见 banjie describe"
            ),
            schemaChoices: \.methodNames
        ) { text in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } ? text : nil
        }
    }
}

extension ServedSchema {
    /// Every method, as `Service/Method`.
    var methodNames: [String] {
        services.flatMap { service in service.methods.map { "\(service.name)/\($0.name)" } }
    }
}
