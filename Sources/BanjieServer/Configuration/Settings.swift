internal import CivilTime
internal import Office
internal import TLS
internal import Telemetry
internal import Transport

/// A setting: its name in the file, in the environment (`BANJIE_NAME`) and as a flag (`--name`).
package enum Setting: String, CaseIterable, Sendable {
    case listen
    case tlsCertificate = "tls_certificate"
    case tlsKey = "tls_key"
    case tlsClientCA = "tls_client_ca"
    case tlsClients = "tls_clients"
    case data
    case keys
    case clock
    case production
    case realm
    case reactors
    case queryThreads = "query_threads"
    case gapHours = "gap_hours"
    case replyDays = "reply_days"
    case metrics
    case logFormat = "log_format"
    case logLevel = "log_level"
    case slowCallMillis = "slow_call_millis"
    // What is taken of clients.
    case frameBytes = "limits.frame_bytes"
    case messageBytes = "limits.message_bytes"
    case metadataBytes = "limits.metadata_bytes"
    case unfinishedBytes = "limits.unfinished_bytes"
    case calls = "limits.calls"
    case streams = "limits.streams"
    case streamWindowBytes = "limits.stream_window_bytes"
    case connectionWindowBytes = "limits.connection_window_bytes"
    case streamQueueBytes = "limits.stream_queue_bytes"
    case connections = "limits.connections"
    case connectionsPerAddress = "limits.connections_per_address"
    case tlsHandshakesPerAddress = "limits.tls_handshakes_per_address"
    case handshakeMillis = "limits.handshake_millis"
    case frameMillis = "limits.frame_millis"
    case requestMillis = "limits.request_millis"
    case idleMillis = "limits.idle_millis"
    case pongMillis = "limits.pong_millis"
    case outputPauseBytes = "limits.output_pause_bytes"
    case outputBytes = "limits.output_bytes"
    case outputStallMillis = "limits.output_stall_millis"
    case resetsPerSecond = "limits.resets_per_second"
    // The city's policy.
    case noticeDays = "policy.notice_days"
    case extensionDaysMax = "policy.extension_days_max"
    case jointExtensionDaysMax = "policy.joint_extension_days_max"
    case deliveryDays = "policy.delivery_days"
    case reviewWindowDays = "policy.review_window_days"
    case instantTargetMinutes = "policy.instant_target_minutes"
    case correctionLapseDays = "policy.correction_lapse_days"
    case personalDays = "policy.personal_days"

    /// The value without any other.
    var standard: String {
        let policy = Policy()
        if let limit { return "\(limit.value(Limits()))" }
        return switch self {
        case .listen: "127.0.0.1:7410"
        case .tlsCertificate, .tlsKey, .tlsClientCA: "none"
        case .tlsClients: "may"
        case .data: "banjie-data"
        case .keys: "beside"
        case .clock: "machine"
        case .production: "false"
        case .realm: "banjie"
        case .reactors: "1"
        case .queryThreads: "2"
        case .gapHours: "72"
        case .replyDays: "30"
        case .metrics: "none"
        case .logFormat: LogFormat.logfmt.rawValue
        case .logLevel: LogLevel.info.rawValue
        case .slowCallMillis: "1000"
        case .noticeDays: "\(policy.noticeDays)"
        case .extensionDaysMax: "\(policy.extensionDaysMax)"
        case .jointExtensionDaysMax: "\(policy.jointExtensionDaysMax)"
        case .deliveryDays: "\(policy.deliveryDays)"
        case .reviewWindowDays: "\(policy.reviewWindowDays)"
        case .instantTargetMinutes: "\(policy.instantTargetMinutes)"
        case .correctionLapseDays: "none"
        case .personalDays: "\(policy.personalDays)"
        case .frameBytes, .messageBytes, .metadataBytes, .unfinishedBytes, .calls,
            .streams, .streamWindowBytes, .connectionWindowBytes, .streamQueueBytes,
            .connections, .connectionsPerAddress, .tlsHandshakesPerAddress, .handshakeMillis,
            .frameMillis, .requestMillis, .idleMillis, .pongMillis,
            .outputPauseBytes, .outputBytes, .outputStallMillis, .resetsPerSecond:
            preconditionFailure("a limit's default is that of `Limits`")
        }
    }

    /// What the setting is, for `--help`.
    var summary: Text {
        if let limit { return limit.summary }
        return switch self {
        case .listen:
            Text(
                "where to listen: HOST:PORT on loopback, tls:HOST:PORT or unix:PATH, several by commas",
                "监听地址：本机回环的 HOST:PORT、tls:HOST:PORT 或 unix:PATH，多个以逗号分隔"
            )
        case .tlsCertificate:
            Text(
                "the PEM file of the server's certificate and those behind it, or none",
                "服务器证书及其证书链的 PEM 文件，或 none"
            )
        case .tlsKey:
            Text(
                "the PEM file of the certificate's key, readable by its owner alone",
                "证书私钥的 PEM 文件，只许属主读取"
            )
        case .tlsClientCA:
            Text(
                "the PEM file of the authorities of clients' certificates, or none to ask for none",
                "签发客户端证书的机构的 PEM 文件；none 则不要求客户端证书"
            )
        case .tlsClients:
            Text(
                "may: clients may show a certificate instead of a secret; must: all must show one",
                "may：客户端可出示证书以代替口令；must：必须出示证书"
            )
        case .data: Text("the folder of the store", "存储所在的目录")
        case .keys:
            Text(
                "the file of the keys of personal data, or beside for DATA.keys; made at the first start",
                "个人信息密钥文件；beside 即 DATA.keys；首次启动时生成"
            )
        case .clock:
            Text(
                "machine, or virtual:YYYY-MM-DDTHH:MM:SS",
                "machine（本机时钟）或 virtual:YYYY-MM-DDTHH:MM:SS（虚拟时钟）"
            )
        case .production:
            Text(
                "refuses what only tests may do, such as a virtual clock",
                "生产环境：拒绝仅供测试的功能，如虚拟时钟"
            )
        case .realm:
            Text(
                "the installation's name; clients of another one are refused",
                "本套系统的名称；其他系统的客户端将被拒绝"
            )
        case .reactors:
            Text("loops that serve connections, 1…64", "处理连接的循环数，1…64")
        case .queryThreads:
            Text("threads that answer queries, 1…64", "处理查询的线程数，1…64")
        case .gapHours:
            Text(
                "hours after the last commit from which a start must be confirmed",
                "距上次提交超过多少小时，启动后须经运维人员确认"
            )
        case .replyDays:
            Text("days for which request ids are kept", "请求编号保存的天数")
        case .metrics:
            Text(
                "where Prometheus finds the metrics: HOST:PORT on loopback, or none",
                "供 Prometheus 采集指标的地址：本机回环的 HOST:PORT，或 none（不提供）"
            )
        case .logFormat: Text("logfmt, or json", "日志格式：logfmt 或 json")
        case .logLevel:
            Text(
                "the least that is logged: debug, info, warning or error",
                "日志的最低级别：debug、info、warning 或 error"
            )
        case .slowCallMillis:
            Text(
                "milliseconds from which on a call is logged as slow",
                "调用超过多少毫秒即作为慢调用记入日志"
            )
        case .noticeDays:
            Text(
                "working days to accept, refuse or ask for corrections (行政许可法 32)",
                "受理、不予受理或告知补正的工作日数（行政许可法第 32 条）"
            )
        case .extensionDaysMax:
            Text(
                "the most working days an extension adds (行政许可法 42)",
                "延长期限至多增加的工作日数（行政许可法第 42 条）"
            )
        case .jointExtensionDaysMax:
            Text(
                "the same for joint matters (行政许可法 42)",
                "联合办理事项延长期限至多增加的工作日数（行政许可法第 42 条）"
            )
        case .deliveryDays:
            Text(
                "working days to deliver a decision (行政许可法 44)",
                "送达决定的工作日数（行政许可法第 44 条）"
            )
        case .reviewWindowDays:
            Text("working days in which an applicant may review", "申请人可以评价的工作日数")
        case .instantTargetMinutes:
            Text(
                "working minutes that an instant item should take",
                "即办件的目标用时（工作分钟）"
            )
        case .correctionLapseDays:
            Text(
                "working days after which an uncorrected matter lapses, or none",
                "逾期未补正即失效的工作日数，或 none（不失效）"
            )
        case .personalDays:
            Text(
                "days after a case's end for which personal data are kept (个人信息保护法 19)",
                "办件结束后个人信息的保存天数（个人信息保护法第 19 条）"
            )
        case .frameBytes, .messageBytes, .metadataBytes, .unfinishedBytes, .calls,
            .streams, .streamWindowBytes, .connectionWindowBytes, .streamQueueBytes,
            .connections, .connectionsPerAddress, .tlsHandshakesPerAddress, .handshakeMillis,
            .frameMillis, .requestMillis, .idleMillis, .pongMillis,
            .outputPauseBytes, .outputBytes, .outputStallMillis, .resetsPerSecond:
            preconditionFailure("a limit is told by itself")
        }
    }

    /// The flag without its dashes.
    package var flag: String {
        rawValue.map { $0 == "_" || $0 == "." ? "-" : String($0) }.joined()
    }

    /// The environment variable.
    package var variable: String {
        "BANJIE_" + rawValue.map { $0 == "." ? "_" : $0.uppercased() }.joined()
    }
}

/// The settings in force, each with its value and where that came from.
package struct Settings: Sendable {
    package enum Origin: Hashable, Sendable {
        case standard
        case file(String)
        case environment(String)
        case flag(String)

        var text: Text {
            switch self {
            case .standard: Text("default", "默认值")
            case .file(let path): Text("file \(path)", "文件 \(path)")
            case .environment(let name): Text("environment \(name)", "环境变量 \(name)")
            case .flag(let name): Text("flag --\(name)", "选项 --\(name)")
            }
        }
    }

    private var values: [Setting: (value: String, origin: Origin)] = [:]

    /// Every setting at its default.
    package init() {
        for setting in Setting.allCases { values[setting] = (setting.standard, .standard) }
    }

    package mutating func set(_ setting: Setting, to value: String, from origin: Origin) {
        values[setting] = (value, origin)
    }

    /// Takes what the environment sets.
    package mutating func apply(environment: [String: String]) {
        for setting in Setting.allCases {
            if let value = environment[setting.variable] {
                set(setting, to: value, from: .environment(setting.variable))
            }
        }
    }

    /// The value of a setting, and where it came from.
    package subscript(_ setting: Setting) -> (value: String, origin: Origin) {
        values[setting] ?? (setting.standard, .standard)
    }

    /// One line a setting: name, value and origin.
    func listing(in language: Language) -> String {
        let width = Setting.allCases.map(\.rawValue.count).max() ?? 0
        return Setting.allCases.map { setting in
            let (value, origin) = self[setting]
            let padding = String(repeating: " ", count: width - setting.rawValue.count)
            return "\(setting.rawValue)\(padding) = \(value)  # \(origin.text.text(in: language))"
        }.joined(separator: "\n")
    }

    /// The configuration that the settings make.
    ///
    /// - Throws: the first setting that can't be what it is, in the order of `Setting`.
    package func configuration() throws(ConfigurationError) -> Configuration {
        var policy = Policy()
        let days = 1...1000
        policy.noticeDays = try integer(.noticeDays, in: days)
        policy.extensionDaysMax = try integer(.extensionDaysMax, in: days)
        policy.jointExtensionDaysMax = try integer(.jointExtensionDaysMax, in: days)
        policy.deliveryDays = try integer(.deliveryDays, in: days)
        policy.reviewWindowDays = try integer(.reviewWindowDays, in: days)
        policy.instantTargetMinutes = try integer(.instantTargetMinutes, in: 1...100_000)
        if self[.correctionLapseDays].value != "none" {
            policy.correctionLapseDays = try integer(.correctionLapseDays, in: days)
        }
        policy.personalDays = try integer(.personalDays, in: 1...36_500)
        let data = self[.data].value
        let keys = self[.keys].value
        let configuration = Configuration(
            listen: try endpoints(),
            tls: try tls(),
            data: data,
            keys: keys == "beside" ? "\(data).keys" : keys,
            clock: try clock(),
            isProduction: try boolean(.production),
            realm: self[.realm].value,
            reactors: try integer(.reactors, in: 1...64),
            queryThreads: try integer(.queryThreads, in: 1...64),
            gapHours: try integer(.gapHours, in: 1...100_000),
            replyDays: try integer(.replyDays, in: 1...3650),
            policy: policy,
            metrics: try metrics(),
            logFormat: try choice(.logFormat),
            logLevel: try choice(.logLevel),
            slowCallMilliseconds: try integer(.slowCallMillis, in: 1...86_400_000),
            limits: try limits()
        )
        if configuration.isProduction, configuration.clock != .machine {
            throw error(
                .clock,
                Text(
                    "a virtual clock is refused with production = true",
                    "production = true 时不得使用虚拟时钟"
                )
            )
        }
        return configuration
    }

    func error(_ setting: Setting, _ problem: Text) -> ConfigurationError {
        ConfigurationError(
            setting: setting.rawValue,
            origin: self[setting].origin.text,
            problem: problem
        )
    }

    func integer(
        _ setting: Setting,
        in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        let text = self[setting].value
        guard let value = Int(text), range.contains(value) else {
            throw error(
                setting,
                Text(
                    "\"\(text)\" isn't an integer within \(range.lowerBound)…\(range.upperBound)",
                    "“\(text)”不是 \(range.lowerBound)…\(range.upperBound) 之间的整数"
                )
            )
        }
        return value
    }

    private func boolean(_ setting: Setting) throws(ConfigurationError) -> Bool {
        switch self[setting].value {
        case "true": return true
        case "false": return false
        case let text:
            throw error(
                setting,
                Text(
                    "\"\(text)\" is neither true nor false",
                    "“\(text)”应为 true 或 false"
                )
            )
        }
    }

    /// One of the words of a list.
    private func choice<Choice: RawRepresentable & CaseIterable>(
        _ setting: Setting
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
        let text = self[setting].value
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map(\.rawValue)
            throw error(
                setting,
                Text(
                    "\"\(text)\" is none of \(words.joined(separator: ", "))",
                    "“\(text)”应为 \(words.joined(separator: "、")) 之一"
                )
            )
        }
        return choice
    }

    private func clock() throws(ConfigurationError) -> Configuration.Clock {
        let text = self[.clock].value
        if text == "machine" { return .machine }
        if text.hasPrefix("virtual:"), let instant = Instant(String(text.dropFirst(8))) {
            return .virtual(instant)
        }
        throw error(
            .clock,
            Text(
                "\"\(text)\" is neither machine nor virtual:YYYY-MM-DDTHH:MM:SS",
                "“\(text)”应为 machine 或 virtual:YYYY-MM-DDTHH:MM:SS"
            )
        )
    }

    private func endpoints() throws(ConfigurationError) -> [Endpoint] {
        var endpoints: [Endpoint] = []
        for part in self[.listen].value.split(separator: ",") {
            let endpoint = try endpoint(.listen, String(part))
            if case .tcp(let host, _) = endpoint, !Self.isLoopback(host) {
                throw error(
                    .listen,
                    Text(
                        "\(host) isn't a loopback address: without TLS the server listens on "
                            + "loopback and Unix sockets only; write tls:\(part)",
                        "\(host) 不是本机回环地址：未启用 TLS 时只监听回环地址和 Unix 套接字；"
                            + "可写作 tls:\(part)"
                    )
                )
            }
            endpoints.append(endpoint)
        }
        guard !endpoints.isEmpty else {
            throw error(.listen, Text("no address is given", "未指定地址"))
        }
        return endpoints
    }

    /// What is shown under TLS; nil when nothing is listened to under it.
    private func tls() throws(ConfigurationError) -> TLSServerFiles? {
        let isUsed = self[.listen].value.split(separator: ",").contains { $0.hasPrefix("tls:") }
        guard isUsed else { return nil }
        for setting in [Setting.tlsCertificate, .tlsKey] where self[setting].value == "none" {
            throw error(
                setting,
                Text(
                    "an address under TLS needs a file: give --\(setting.flag) FILE",
                    "监听 tls: 地址须给出文件：--\(setting.flag) FILE"
                )
            )
        }
        let identity = TLSIdentityFiles(
            certificate: self[.tlsCertificate].value,
            key: self[.tlsKey].value
        )
        return TLSServerFiles(identity, clients: try tlsClients())
    }

    private func tlsClients() throws(ConfigurationError) -> TLSServerFiles.Clients {
        let authorities = self[.tlsClientCA].value
        switch (self[.tlsClients].value, authorities) {
        case ("may", "none"): return .unasked
        case ("may", _): return .may(authorities: authorities)
        case ("must", "none"):
            throw error(
                .tlsClients,
                Text(
                    "clients' certificates need an authority: give --\(Setting.tlsClientCA.flag) FILE",
                    "要求客户端证书须给出签发机构：--\(Setting.tlsClientCA.flag) FILE"
                )
            )
        case ("must", _): return .must(authorities: authorities)
        case (let text, _):
            throw error(
                .tlsClients,
                Text("\"\(text)\" is neither may nor must", "“\(text)”应为 may 或 must")
            )
        }
    }

    private func endpoint(
        _ setting: Setting,
        _ text: String
    ) throws(ConfigurationError) -> Endpoint {
        do {
            return try Endpoint(text)
        } catch {
            throw self.error(
                setting,
                Text("\(error)", "“\(text)”不是地址，应为 HOST:PORT、[IPV6]:PORT、tls:HOST:PORT 或 unix:PATH")
            )
        }
    }

    private func metrics() throws(ConfigurationError) -> Endpoint? {
        let text = self[.metrics].value
        if text == "none" { return nil }
        let endpoint = try endpoint(.metrics, text)
        guard case .tcp(let host, _) = endpoint, Self.isLoopback(host) else {
            throw error(
                .metrics,
                Text(
                    "\(text) isn't a loopback address: metrics are served to this machine only",
                    "\(text) 不是本机回环地址：指标只向本机提供"
                )
            )
        }
        return endpoint
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
