import BanjieClient
import BanjieProtocol

extension CommandOption {
    /// The options of every command that calls a server.
    static let connection = [
        CommandOption(
            "server",
            .servers,
            Text(
                "the server; or several that stand in for each other",
                "服务器；可列多个互为替代的服务器"
            ),
            variable: "BANJIE_SERVER",
            fallback: "127.0.0.1:7410",
            heading: .connection
        ),
        CommandOption(
            "balance",
            .balance,
            Text(
                "of several servers: the first that answers, or each in turn",
                "多个服务器时：取第一个应答的，或轮流使用"
            ),
            variable: "BANJIE_BALANCE",
            fallback: "pick-first",
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
            "ca",
            .path,
            Text(
                "the authorities to trust under TLS; the system's when left out",
                "TLS 信任的签发机构文件；不填则用系统的"
            ),
            variable: "BANJIE_CA",
            heading: .connection
        ),
        CommandOption(
            "certificate",
            .path,
            Text(
                "your certificate under TLS, which signs --login in without a secret",
                "TLS 客户端证书文件，可代替口令登录 --login"
            ),
            variable: "BANJIE_CERTIFICATE",
            heading: .connection
        ),
        CommandOption(
            "key",
            .path,
            Text("the certificate's key", "证书的私钥文件"),
            variable: "BANJIE_KEY",
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

    /// `--store`: the file of commands that need no server.
    static let store = CommandOption(
        "store",
        .path,
        Text(
            "the store's file, banjie.sqlite in the server's data folder",
            "存储文件，即服务器数据目录中的 banjie.sqlite"
        ),
        isRequired: true
    )

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
        let servers = values.required("server", .servers)
        return ConnectionSettings(
            servers: servers,
            policy: values.required("balance", .balance),
            realm: values.required("realm", .text),
            identity: try identity(),
            security: try security(at: servers),
            language: language == .chinese ? "zh" : "en"
        )
    }

    private func security(
        at servers: ServerList
    ) throws(CommandFailure) -> ConnectionSettings.Security {
        let authorities = values.value("ca", .path)
        let certificate = values.value("certificate", .path)
        let key = values.value("key", .path)
        // A Unix socket needs none of it; another address in plain isn't what is expected.
        if authorities != nil || certificate != nil || key != nil,
            let server = servers.firstInPlain
        {
            throw .usage(
                .combination(
                    Text(
                        "--ca, --certificate and --key are for a server under TLS: write --server "
                            + "tls:\(server)",
                        "--ca、--certificate、--key 用于 TLS：请写 --server tls:\(server)"
                    )
                )
            )
        }
        var security = ConnectionSettings.Security(authorities: authorities)
        switch (certificate, key) {
        case (nil, nil): break
        case (let file?, let keyFile?):
            security.certificate = .init(file: file, keyFile: keyFile)
        case (.some, nil), (nil, .some):
            throw .usage(
                .combination(
                    Text(
                        "--certificate and --key go together",
                        "--certificate 与 --key 须同时给出"
                    )
                )
            )
        }
        return security
    }

    /// Something that is typed and not shown.
    ///
    /// - Throws: when nothing comes.
    func secret(_ prompt: Text) throws(CommandFailure) -> String {
        let line: String?
        do { line = try console.readSecret(language.text(prompt)) } catch { throw .file(error) }
        guard let line, !line.isEmpty else {
            throw .file(
                FileError(
                    path: "-",
                    problem: .reading,
                    reason: language.text("nothing came", "没有输入")
                )
            )
        }
        return line
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
            if values.value("certificate", .path) != nil { return .init(login: login, secret: "") }
            if console.asks {
                return .init(
                    login: login,
                    secret: try self.secret(
                        Text("password or secret of \(login): ", "\(login) 的口令或密钥：")
                    )
                )
            }
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
