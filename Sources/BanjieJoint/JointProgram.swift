import BanjieClient
import BanjieProtocol
import CivilTime
import Dispatch
import Foundation
import Wire

/// The program `banjie-joint`: its command line, its log, its signals.
package enum JointProgram {
    private static let usage = """
        usage: banjie-joint --config FILE

        Attends a server for a department's joint approvals (联审联办): takes what waits, earliest
        deadline first, signs for it, hands it to the department's program, gives its opinion.

        FILE is an object in JSON5:
          server                   HOST:PORT, tls:HOST:PORT or unix:PATH, or a list of them
          realm                    the installation ("banjie")
          login, secret_file       who signs in, and the file with the secret
          ca, certificate, key     TLS: the authorities to trust, and what stands in for the secret
          worker                   the daemon's name, its own within the department
          capacity                 how many tasks it takes at a time (4)
          sign                     whether it signs for what comes by itself (true)
          handler                  the program and its arguments; without one, people give the
                                   opinions: banjie joint opinion
          handler_timeout_seconds  how long it may take (600)
          handler_attempts         how often it is tried before a person must look (3)
          outbox                   the folder for opinions that aren't acknowledged yet
          drain_seconds            how long running handlers are waited for in the end (30)

        The handler reads one object from its standard input:
          {"case":…, "item":…, "lead":…, "role":"CONSULT"|"LICENSOR", "round":1, "due":"2026-03-09",
           "corrected":[…], "department":…}
        and writes one to its standard output, with status 0:
          {"kind":"AGREE"|"AGREE_FORWARD"|"DISAGREE"|"CORRECTION"|"NOT_MINE", "reason":…, "items":[…]}

        SIGTERM ends it: nothing new is taken, what is handled is waited for.

        """

    /// Runs the program; returns its exit status: 0 when it was told to stop, 64 for a wrong command line,
    /// 78 for a wrong configuration.
    package static func main(arguments: [String]) async -> Int32 {
        switch arguments.first {
        case "--help", "-h":
            write(usage, to: .standardOutput)
            return 0
        case "--version":
            write("banjie-joint 0.1.0\n", to: .standardOutput)
            return 0
        case "--config" where arguments.count == 2: break
        default:
            write(usage, to: .standardError)
            return 64
        }
        signal(SIGPIPE, SIG_IGN)
        unblockSignals()
        do {
            let configuration = try JointConfiguration(file: arguments[1])
            let daemon = JointDaemon(
                configuration,
                over: try connection(configuration),
                outbox: try Outbox(configuration.outbox),
                tell: { write(line($0), to: .standardError) }
            )
            let signals = [SIGTERM, SIGINT].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { Task { await daemon.stop() } }
                source.resume()
                return source
            }
            await daemon.run()
            for source in signals { source.cancel() }
            return 0
        } catch {
            write("banjie-joint: \(error)\n", to: .standardError)
            return 78
        }
    }

    /// Whoever has started us may have blocked them.
    private static func unblockSignals() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    private static func connection(_ configuration: JointConfiguration) throws -> Connection {
        var secret = ""
        if let file = configuration.secretFile {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw JointConfiguration.Failure(description: "secret_file \(file) can't be read")
            }
            secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        var options = ConnectionOptions(
            realm: configuration.realm,
            credentials: Credentials(login: configuration.login, secret: secret),
            product: "banjie-joint/\(configuration.worker)"
        )
        options.longestBackoffMillis = 10_000
        options.keepAliveMillis = 15_000
        if configuration.servers.contains(where: { $0.hasPrefix("tls:") }) {
            var certificate: ConnectionSecurity.Certificate?
            if let file = configuration.certificate, let key = configuration.certificateKey {
                certificate = ConnectionSecurity.Certificate(file: file, keyFile: key)
            }
            options.security = try ConnectionSecurity(
                authorities: configuration.authorities,
                certificate: certificate
            )
        }
        return try Connection(to: configuration.servers, options: options)
    }

    // MARK: The log

    /// A line of the log, in logfmt. It names cases and departments, never people.
    private static func line(_ event: JointDaemon.Event) -> String {
        let now = Instant(unixSeconds: Int64(Date().timeIntervalSince1970))
        let fields: [(String, String)] =
            switch event {
            case .attending: [("event", "attending")]
            case .lost(let why): [("event", "lost"), ("why", why)]
            case .task(let task):
                [
                    ("event", "task"), ("case", task.case), ("role", "\(task.role)"),
                    ("round", "\(task.round)"), ("due", task.due.map { "\($0)" } ?? ""),
                ]
            case .opinion(let opinion):
                [("event", "opinion"), ("case", opinion.case), ("kind", "\(opinion.kind)")]
            case .acknowledged(let acknowledgement):
                [
                    ("event", "acknowledged"), ("case", acknowledgement.case),
                    ("state", "\(acknowledgement.state)"), ("refusal", acknowledgement.refusal),
                ]
            case .withdrawn(let serial): [("event", "withdrawn"), ("case", serial)]
            case .failed(let serial, let attempt, let failure):
                [
                    ("event", "handler.failed"), ("case", serial), ("attempt", "\(attempt)"),
                    ("why", "\(failure)"),
                ]
            case .wantsPerson(let serial): [("event", "wants.person"), ("case", serial)]
            case .overridden(let serial): [("event", "overridden"), ("case", serial)]
            case .notKept(let why): [("event", "outbox.failed"), ("why", why)]
            case .stopped: [("event", "stopped")]
            }
        let texts = [("time", "\(now)+08:00")] + fields
        return texts.filter { !$0.1.isEmpty }.map { "\($0)=\(quoted($1))" }
            .joined(separator: " ") + "\n"
    }

    private static func quoted(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0 != "\\"
        }
        guard !isPlain else { return text }
        let escaped = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case "\n": "\\n"
            case _ where scalar.value < 0x20: "\\u{\(String(scalar.value, radix: 16))}"
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }

    private static func write(_ text: String, to handle: FileHandle) {
        // Whoever reads the log may be gone; that is no reason to stop working.
        try? handle.write(contentsOf: Data(text.utf8))
    }
}
