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
            let name = invocation.values.required("METHOD", .method)
            var json = invocation.values.value("REQUEST", .text) ?? "{}"
            if json == "-" { json = try input(invocation.console) }
            if let method = BanjieProtocolSchema.method(named: name) {
                try await call(method, json, invocation)
            } else {
                try await call(unknown: name, json, invocation)
            }
            return .success
        }
    )

    /// Calls a method that this program was built with.
    private static func call(
        _ method: MethodDescriptor,
        _ json: String,
        _ invocation: Invocation
    ) async throws(CommandFailure) {
        let body: [UInt8]
        do throws(BanjieProtocol.JSONError) {
            body = try JSONTranscoder.encode(json, as: method.request)
        } catch {
            throw .request(method.fullName, error)
        }
        let channel = try invocation.channel()
        let reply = try await invocation.call(method, body, over: channel)
        try invocation.writeJSON(reply, of: method, isPretty: !invocation.wantsJSON)
    }

    /// Calls a method that this program wasn't built with, if the server has it, by the server's
    /// schema.
    private static func call(
        unknown name: String,
        _ json: String,
        _ invocation: Invocation
    ) async throws(CommandFailure) {
        let channel = try invocation.channel()
        let source = await SchemaSource.ask(
            channel,
            timeoutMillis: invocation.values.value("timeout", .milliseconds)
        )
        let schema = source.schema
        guard let (_, method) = schema.method(named: name),
            let descriptor = schema.descriptor(ofMethod: name)
        else {
            let nearest = NearestName.of(name, among: schema.methodNames)
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
        let body: [UInt8]
        do throws(BanjieProtocol.JSONError) {
            body = try schema.encode(json, as: method.request)
        } catch {
            throw .request(name, error)
        }
        let reply = try await invocation.call(descriptor, body, over: channel)
        do {
            invocation.console.writeLine(
                try schema.decode(reply, as: method.reply, isPretty: !invocation.wantsJSON)
            )
        } catch {
            throw .undecodableReply(name, "\(error)")
        }
    }

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
