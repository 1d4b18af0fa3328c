package import CivilTime
package import Office
package import TLS
package import Telemetry
package import Transport

/// What a server is told when it starts.
package struct Configuration: Sendable {
    /// Where it listens: `HOST:PORT` of a loopback address, `tls:HOST:PORT`, or `unix:PATH`.
    package var listen: [Endpoint]
    /// What it shows under TLS; nil when it listens nowhere under it.
    package var tls: TLSServerFiles?
    /// The folder of the store.
    package var data: String
    /// The file of the keys by which personal data are sealed. It doesn't belong into the same backup as
    /// the store.
    package var keys: String
    package var clock: Clock
    /// Refuses what only tests may do.
    package var isProduction: Bool
    /// The name of the installation: a client of another one is refused, so that a test can't reach
    /// production by mistake.
    package var realm: String
    /// Loops that serve connections.
    package var reactors: Int
    /// Threads that answer queries.
    package var queryThreads: Int
    /// Hours after the last commit from which a start must be confirmed by an operator.
    package var gapHours: Int
    /// Days for which request ids and their replies are kept.
    package var replyDays: Int
    package var policy: Policy
    /// Where metrics are served, on loopback; nowhere when nil.
    package var metrics: Endpoint?
    package var logFormat: LogFormat
    /// The least level of the lines that are written.
    package var logLevel: LogLevel
    /// From how many milliseconds on a call counts as slow and is logged.
    package var slowCallMilliseconds: Int
    /// What is taken of clients, and how long is waited for them.
    package var limits: Limits

    package enum Clock: Hashable, Sendable {
        case machine
        case virtual(Instant)
    }
}

/// Why a configuration can't be used: which setting, from where, and what it must be.
package struct ConfigurationError: Error, Hashable, Sendable {
    package let setting: String
    package let origin: Text
    package let problem: Text

    func sentence(in language: Language) -> String {
        switch language {
        case .english: "\(setting) (\(origin.english)): \(problem.english)"
        case .chinese: "\(setting)（\(origin.chinese)）：\(problem.chinese)"
        }
    }
}
