import BanjieProtocol

extension CommandOption {
    /// The options of every command that calls a server.
    static let connection = [
        CommandOption(
            "server",
            .server,
            Text("the server", "服务器"),
            variable: "BANJIE_SERVER",
            fallback: "127.0.0.1:7410",
            heading: .connection
        ),
        CommandOption(
            "realm",
            .text,
            Text(
                "the installation, so that a client for tests can't reach another",
                "所属部署，以免测试客户端误连其他部署"
            ),
            variable: "BANJIE_REALM",
            fallback: "banjie",
            heading: .connection
        ),
        CommandOption(
            "login",
            .text,
            Text("who signs in; nobody when left out", "登录名；不填则不登录"),
            variable: "BANJIE_LOGIN",
            heading: .connection
        ),
        CommandOption(
            "secret-file",
            .path,
            Text(
                "the file with the secret (else the variable BANJIE_SECRET)",
                "存放口令的文件（否则取环境变量 BANJIE_SECRET）"
            ),
            variable: "BANJIE_SECRET_FILE",
            heading: .connection
        ),
        CommandOption(
            "timeout",
            .milliseconds,
            Text("how long the call may take in all", "调用总时限"),
            heading: .connection
        ),
        CommandOption(
            "request-id",
            .requestID,
            Text(
                "carry the command out at most once under this id; a new one when left out",
                "同一编号的命令至多执行一次；不填则新生成"
            ),
            heading: .connection
        ),
        CommandOption(
            "traceparent",
            .traceContext,
            Text(
                "the trace that the call belongs to (W3C Trace Context)",
                "调用所属的链路（W3C Trace Context）"
            ),
            variable: "TRACEPARENT",
            heading: .connection
        ),
        CommandOption(
            flag: "wait",
            Text("wait for the server, within the timeout", "在时限内等待服务器可用"),
            heading: .connection
        ),
    ]

    static let json = CommandOption(
        flag: "json",
        Text("print JSON; errors too, as an object", "输出 JSON；错误亦为 JSON 对象"),
        heading: .output
    )

    static let verbose = CommandOption(
        flag: "verbose",
        Text(
            "also print the server, the request id, the trace and the time taken",
            "另显示服务器、请求编号、链路与用时"
        ),
        heading: .output
    )

    /// The options that may also stand before a command's name.
    static let shared = connection + [json, verbose]
}

extension Invocation {
    /// The settings that the options and the environment give.
    func connectionSettings() throws(CommandFailure) -> ConnectionSettings {
        ConnectionSettings(
            server: values.required("server", .server),
            realm: values.required("realm", .text),
            identity: try identity(),
            language: language == .chinese ? "zh" : "en"
        )
    }

    private func identity() throws(CommandFailure) -> ConnectionSettings.Identity? {
        guard let login = values.value("login", .text), !login.isEmpty else { return nil }
        if let path = values.value("secret-file", .path) {
            let bytes: [UInt8]
            do { bytes = try console.readFile(path) } catch { throw .file(error) }
            let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            guard !line.isEmpty, let secret = String(validating: line, as: UTF8.self) else {
                throw .secretFile(path)
            }
            return .init(login: login, secret: secret)
        }
        guard let secret = console.variable("BANJIE_SECRET"), !secret.isEmpty else {
            throw .usage(
                .combination(
                    Text(
                        "a secret is missing for \(login): give --secret-file, or set "
                            + "BANJIE_SECRET_FILE or BANJIE_SECRET",
                        "缺少 \(login) 的口令：请给出 --secret-file，"
                            + "或设置 BANJIE_SECRET_FILE 或 BANJIE_SECRET"
                    )
                )
            )
        }
        return .init(login: login, secret: secret)
    }
}
