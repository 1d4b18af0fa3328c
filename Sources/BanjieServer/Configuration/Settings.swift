internal import CivilTime
internal import Office
internal import Transport

/// A setting: its name in the file, in the environment (`BANJIE_NAME`) and as a flag (`--name`).
package enum Setting: String, CaseIterable, Sendable {
    case listen
    case data
    case clock
    case production
    case realm
    case reactors
    case queryThreads = "query_threads"
    case gapHours = "gap_hours"
    case replyDays = "reply_days"
    // The city's policy.
    case noticeDays = "policy.notice_days"
    case extensionDaysMax = "policy.extension_days_max"
    case jointExtensionDaysMax = "policy.joint_extension_days_max"
    case deliveryDays = "policy.delivery_days"
    case reviewWindowDays = "policy.review_window_days"
    case instantTargetMinutes = "policy.instant_target_minutes"
    case correctionLapseDays = "policy.correction_lapse_days"

    /// The value without any other.
    var standard: String {
        let policy = Policy()
        return switch self {
        case .listen: "127.0.0.1:7410"
        case .data: "banjie-data"
        case .clock: "machine"
        case .production: "false"
        case .realm: "banjie"
        case .reactors: "1"
        case .queryThreads: "2"
        case .gapHours: "72"
        case .replyDays: "30"
        case .noticeDays: "\(policy.noticeDays)"
        case .extensionDaysMax: "\(policy.extensionDaysMax)"
        case .jointExtensionDaysMax: "\(policy.jointExtensionDaysMax)"
        case .deliveryDays: "\(policy.deliveryDays)"
        case .reviewWindowDays: "\(policy.reviewWindowDays)"
        case .instantTargetMinutes: "\(policy.instantTargetMinutes)"
        case .correctionLapseDays: "none"
        }
    }

    /// What the setting is, for `--help`.
    package var summary: String {
        switch self {
        case .listen: "where to listen: HOST:PORT on loopback or unix:PATH, several by commas"
        case .data: "the folder of the store"
        case .clock: "machine, or virtual:YYYY-MM-DDTHH:MM:SS"
        case .production: "refuses what only tests may do, such as a virtual clock"
        case .realm: "the installation's name; clients of another one are refused"
        case .reactors: "loops that serve connections, 1…64"
        case .queryThreads: "threads that answer queries, 1…64"
        case .gapHours: "hours after the last commit from which a start must be confirmed"
        case .replyDays: "days for which request ids are kept"
        case .noticeDays: "working days to accept, refuse or ask for corrections (行政许可法 32)"
        case .extensionDaysMax: "the most working days an extension adds (行政许可法 42)"
        case .jointExtensionDaysMax: "the same for joint matters (行政许可法 42)"
        case .deliveryDays: "working days to deliver a decision (行政许可法 44)"
        case .reviewWindowDays: "working days in which an applicant may review"
        case .instantTargetMinutes: "working minutes that an instant item should take"
        case .correctionLapseDays: "working days after which an uncorrected matter lapses, or none"
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
    package enum Origin: Hashable, Sendable, CustomStringConvertible {
        case standard
        case file(String)
        case environment(String)
        case flag(String)

        package var description: String {
            switch self {
            case .standard: "default"
            case .file(let path): "file \(path)"
            case .environment(let name): "environment \(name)"
            case .flag(let name): "flag --\(name)"
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
    package var listing: String {
        let width = Setting.allCases.map(\.rawValue.count).max() ?? 0
        return Setting.allCases.map { setting in
            let (value, origin) = self[setting]
            let padding = String(repeating: " ", count: width - setting.rawValue.count)
            return "\(setting.rawValue)\(padding) = \(value)  # \(origin)"
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
        let configuration = Configuration(
            listen: try endpoints(),
            data: self[.data].value,
            clock: try clock(),
            isProduction: try boolean(.production),
            realm: self[.realm].value,
            reactors: try integer(.reactors, in: 1...64),
            queryThreads: try integer(.queryThreads, in: 1...64),
            gapHours: try integer(.gapHours, in: 1...100_000),
            replyDays: try integer(.replyDays, in: 1...3650),
            policy: policy
        )
        if configuration.isProduction, configuration.clock != .machine {
            throw error(.clock, "a virtual clock is refused with production = true")
        }
        return configuration
    }

    private func error(_ setting: Setting, _ problem: String) -> ConfigurationError {
        ConfigurationError(
            setting: setting.rawValue,
            origin: self[setting].origin.description,
            problem: problem
        )
    }

    private func integer(
        _ setting: Setting,
        in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        let text = self[setting].value
        guard let value = Int(text), range.contains(value) else {
            throw error(
                setting,
                "\"\(text)\" isn't an integer within \(range.lowerBound)…\(range.upperBound)"
            )
        }
        return value
    }

    private func boolean(_ setting: Setting) throws(ConfigurationError) -> Bool {
        switch self[setting].value {
        case "true": return true
        case "false": return false
        case let text: throw error(setting, "\"\(text)\" is neither true nor false")
        }
    }

    private func clock() throws(ConfigurationError) -> Configuration.Clock {
        let text = self[.clock].value
        if text == "machine" { return .machine }
        if text.hasPrefix("virtual:"), let instant = Instant(String(text.dropFirst(8))) {
            return .virtual(instant)
        }
        throw error(
            .clock,
            "\"\(text)\" is neither machine nor virtual:YYYY-MM-DDTHH:MM:SS"
        )
    }

    private func endpoints() throws(ConfigurationError) -> [Endpoint] {
        var endpoints: [Endpoint] = []
        for part in self[.listen].value.split(separator: ",") {
            let endpoint: Endpoint
            do {
                endpoint = try Endpoint(String(part))
            } catch {
                throw self.error(.listen, "\(error)")
            }
            if case .tcp(let host, _) = endpoint, !Self.isLoopback(host) {
                throw self.error(
                    .listen,
                    "\(host) isn't a loopback address: without TLS the server listens on loopback "
                        + "and Unix sockets only"
                )
            }
            endpoints.append(endpoint)
        }
        guard !endpoints.isEmpty else { throw error(.listen, "no address is given") }
        return endpoints
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
