import BanjieProtocol

/// `banjie call`: any method, with its request in JSON.
enum CallCommand {
    static let command = Command(
        "call",
        Text("Calls any method, with its request in JSON.", "以 JSON 请求调用任一方法。"),
        notes: Text(
            "The reply is printed as JSON: indented, or on one line with --json. See banjie describe "
                + "for the methods and their messages.",
            "以 JSON 输出应答：缩进显示，加 --json 则为一行。各方法及其消息见 banjie describe。"
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
            let method = invocation.values.required("METHOD", .method)
            var json = invocation.values.value("REQUEST", .text) ?? "{}"
            if json == "-" { json = try input(invocation.console) }
            let body: [UInt8]
            do throws(BanjieProtocol.JSONError) {
                body = try JSONTranscoder.encode(json, as: method.request)
            } catch {
                throw .request(method.fullName, error)
            }
            let channel = try invocation.channel()
            let reply = try await invocation.call(method, body, over: channel)
            try invocation.writeJSON(reply, of: method, isPretty: !invocation.wantsJSON)
            return .success
        }
    )

    /// The largest request read from the standard input, in bytes.
    private static let inputBytesMax = 16 << 20

    private static func input(_ console: Console) throws(CommandFailure) -> String {
        var bytes: [UInt8] = []
        do throws(FileError) {
            while let chunk = try console.read() {
                bytes += chunk
                guard bytes.count <= inputBytesMax else {
                    throw FileError(
                        path: "-",
                        problem: .reading,
                        reason: console.language.text(
                            "longer than \(inputBytesMax) bytes",
                            "超过 \(inputBytesMax) 字节"
                        )
                    )
                }
            }
        } catch {
            throw .file(error)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .file(
                FileError(
                    path: "-",
                    problem: .reading,
                    reason: console.language.text("it isn't UTF-8", "不是 UTF-8")
                )
            )
        }
        return text
    }
}

extension ValueForm where Value == MethodDescriptor {
    /// `Service/Method`.
    static var method: ValueForm {
        let names = BanjieProtocolSchema.services.flatMap(\.methods).map(\.fullName)
        return ValueForm(
            Text(same: "SERVICE/METHOD"),
            expected: Text(
                "Service/Method, as banjie describe lists them",
                "服务/方法，见 banjie describe"
            ),
            choices: names
        ) { BanjieProtocolSchema.method(named: $0) }
    }
}
