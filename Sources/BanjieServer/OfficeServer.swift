internal import CivilTime
internal import BanjieProtocol
internal import Dispatch
internal import Foundation
internal import Office
internal import Sealing
internal import Store
internal import StoreSQLite
internal import TLS
package import Telemetry
internal import Transport
internal import Wire
internal import WorkCalendar

/// A running server: the office's services over a store, on connections.
package final class OfficeServer: Sendable {
    /// The most calls that wait for the engine, and for the query threads; what comes beyond is
    /// refused at once, since a longer queue only adds waiting.
    private static let queueMax = 65_536

    private let transport: Transport.Server
    private let identity: TLSServerIdentity?
    private let keys: KeptKeyRing
    private let inbox: Inbox<EngineCall<HeldCall>>
    private let queries: QueryPool<HeldCall>
    private let watches: StreamDesk<WatchContext>
    private let statusWatches: StreamDesk<ServerStatus>
    private let signIns: SignInDesk
    private let passwords: PasswordWorker
    private let shared: SharedState
    private let engineFinished: DispatchSemaphore
    private let logger: Logger
    let metrics: ServerMetrics
    private let metricsEndpoint: MetricsEndpoint?
    /// Where it listens, ports filled in.
    package let addresses: [String]

    /// Where it serves metrics, the port filled in; nil when it doesn't.
    var metricsAddress: String? { metricsEndpoint?.address }

    /// Opens the store, arms what runs, and listens.
    ///
    /// - Throws: what keeps it from starting, in a sentence.
    package init(_ configuration: Configuration, logger: Logger) throws {
        // First, since most mistakes are here and nothing has been begun.
        identity = try configuration.tls.map { files throws(TLSFileError) in
            try TLSServerIdentity(files)
        }
        try Self.createFolder(configuration.data)
        let path = "\(configuration.data)/banjie.sqlite"
        let clock: ServerClock =
            switch configuration.clock {
            case .machine: ServerClock()
            case .virtual(let start): ServerClock(virtual: start)
            }
        let keys = try Self.keys(configuration.keys, of: path)
        self.keys = keys
        var options = SQLiteStore.Options()
        options.keys = keys
        let store = try SQLiteStore(
            path: path,
            tables: OfficeTables.all,
            options: options
        )
        try Bootstrap.run(store: store, folder: configuration.data, at: clock.now)

        let metrics = ServerMetrics()
        let interceptors = ServerInterceptors(
            CallMetrics(metrics.registry),
            [CallLog(logger, slowMilliseconds: configuration.slowCallMilliseconds)]
        )
        let exit = ReplyExit(interceptors: interceptors, metrics: metrics, logger: logger)
        let statusWatches = StreamDesk<ServerStatus>(
            open: ServiceRegistry.openStatusWatch,
            post: { exit.post(&$0) },
            ended: { interceptors.after($0.call.observed, CallEnding($0)) },
            log: Self.trouble("status_watch.trouble", logger)
        )
        let shared = SharedState(
            calendars: CalendarTimeline(.builtIn),
            clock: clock,
            policy: configuration.policy,
            healthChanged: { statusWatches.committed() }
        )
        let inbox = Inbox<EngineCall<HeldCall>>(capacity: Self.queueMax)
        let queries = QueryPool<HeldCall>(
            shared: shared,
            capacity: Self.queueMax,
            connections: { exit.connections },
            log: Self.trouble("query.trouble", logger),
            deliver: { exit.deliver($0) }
        )
        let watches = StreamDesk<WatchContext>(
            open: ServiceRegistry.openWatch,
            post: { exit.post(&$0) },
            ended: { interceptors.after($0.call.observed, CallEnding($0)) },
            log: Self.trouble("watch.trouble", logger)
        )
        let passwords = PasswordWorker()
        let signIns = SignInDesk(
            sessions: shared.sessions,
            passwords: passwords,
            notes: shared.notes,
            clock: clock,
            log: Self.trouble("sign_in.trouble", logger),
            post: { exit.post($0, for: $1) }
        )
        let streams = EngineStreams(commands: inbox)
        let router = Router(
            commands: inbox,
            queries: queries,
            watches: watches,
            statusWatches: statusWatches,
            streams: streams,
            signIns: signIns,
            shared: shared,
            interceptors: interceptors,
            metrics: metrics,
            log: Self.insecure(logger),
            deliver: { exit.deliver($0) }
        )

        let engineFinished = DispatchSemaphore(value: 0)
        try Self.startEngine(
            EngineStart(
                store: store,
                shared: shared,
                inbox: inbox,
                exit: exit,
                watches: watches,
                streams: streams,
                interceptors: interceptors,
                metrics: metrics,
                gapMax: Int64(configuration.gapHours) * 3600,
                replySeconds: Int64(configuration.replyDays) * Instant.secondsPerDay,
                log: Self.trouble("engine.trouble", logger),
                warned: { warnings in
                    metrics.warned(warnings)
                    Self.tell(warnings, logger)
                }
            ),
            finished: engineFinished
        )
        let makeReader: @Sendable () throws(StoreError) -> any RecordReader = {
            () throws(StoreError) in try SQLiteReader(path: path, keys: keys)
        }
        try queries.start(threads: configuration.queryThreads, makeReader: makeReader)
        try watches.start(named: "watches") { () throws(StoreError) in
            try WatchContexts(
                try makeReader(),
                shared: shared,
                connections: { exit.connections }
            )
        }
        try statusWatches.start(named: "status watches") { StatusContexts(shared) }
        try signIns.start(makeReader: makeReader)
        try passwords.start(makeReader: makeReader)

        let profile = ServerProfile(
            realm: configuration.realm,
            limits: configuration.limits,
            schema: withUnsafeBytes(of: BanjieProtocolSchema.fingerprint.bigEndian) { Array($0) },
            product: "banjied \(DiagnosticsService.version)"
        )
        let transport = try Transport.Server(
            profile: profile,
            handler: router,
            reactors: configuration.reactors
        )
        exit.open(transport)
        metrics.add(shared)
        metrics.add(exit)
        metrics.add(queues: [
            ("commands", { inbox.count }), ("queries", { queries.waitingCount }),
        ])
        metricsEndpoint = try Self.serveMetrics(of: metrics, at: configuration.metrics)
        let endpoints = try configuration.listen.map { [identity] in
            try transport.listen(on: $0, showing: identity)
        }
        if let identity { Self.tell(identity, "certificates.read", logger, metrics) }
        for endpoint in endpoints {
            logger.log(.info, "server.listening", [LogField("at", .identifier(endpoint))])
        }
        addresses = endpoints.map(\.description)
        self.logger = logger
        self.metrics = metrics
        self.transport = transport
        self.inbox = inbox
        self.queries = queries
        self.watches = watches
        self.statusWatches = statusWatches
        self.signIns = signIns
        self.passwords = passwords
        self.shared = shared
        self.engineFinished = engineFinished
    }

    /// Which matters they are, `banjie supervision warnings` tells those who may know.
    private static func tell(_ warnings: OfficeWarnings, _ logger: Logger) {
        if let year = warnings.missingYear {
            logger.log(.warning, "calendar.missing", [LogField("year", .count(year))])
        }
        if !warnings.longPauses.isEmpty {
            logger.log(
                .warning,
                "cases.paused_too_long",
                [LogField("cases", .count(warnings.longPauses.count))]
            )
        }
    }

    /// Writes what the server's own parts say went wrong in them.
    private static func trouble(
        _ event: StaticString,
        _ logger: Logger
    ) -> @Sendable (String) -> Void {
        let budget = LineBudget(linesPerSecond: 20)
        return { sentence in
            logger.log(
                .warning,
                event,
                within: budget,
                [LogField("message", .diagnosis(sentence))]
            )
        }
    }

    /// Writes why connections under TLS come to nothing; who knocks often doesn't fill the log.
    private static func insecure(
        _ logger: Logger
    ) -> @Sendable (ConnectionID, TLSError) -> Void {
        let budget = LineBudget(linesPerSecond: 5)
        return { connection, error in
            logger.log(
                .info,
                "tls.failed",
                within: budget,
                [
                    LogField("connection", .identifier(connection)),
                    LogField("message", .diagnosis(error.description)),
                ]
            )
        }
    }

    private static func serveMetrics(
        of metrics: ServerMetrics,
        at endpoint: Endpoint?
    ) throws(MetricsEndpoint.Failure) -> MetricsEndpoint? {
        guard case .tcp(let host, let port)? = endpoint else { return nil }
        return try MetricsEndpoint(host: host, port: port, metrics.registry)
    }

    /// The keys of the store's personal data, made for a store that has none sealed yet.
    private static func keys(_ file: String, of store: String) throws -> KeptKeyRing {
        if access(file, F_OK) != 0 {
            guard try !SQLiteStore.holdsSealedValues(at: store) else {
                throw KeysMissing(file: file, store: store)
            }
            try KeyFile.create(file)
        }
        return try KeptKeyRing(file)
    }

    /// Makes a folder, and those above it that are missing.
    private static func createFolder(_ path: String) throws(StoreError) {
        var ends = path.indices.dropFirst().filter { path[$0] == "/" }
        ends.append(path.endIndex)
        for end in ends where mkdir(String(path[..<end]), 0o700) != 0 && errno != EEXIST {
            let reason = String(cString: strerror(errno))
            throw .notWritable("the data folder \(path) can't be made: \(reason)")
        }
    }

    /// Reads the key file again: what comes later is sealed by its newest key, and what older ones sealed
    /// is sealed anew. When it can't be used, all stays as it was.
    package func reloadKeys() {
        do throws(KeyFileError) {
            try keys.reload()
            shared.isResealing = true
            logger.log(.info, "keys.reloaded")
        } catch {
            logger.log(
                .warning,
                "keys.kept",
                [LogField("message", .diagnosis(error.description))]
            )
        }
    }

    /// Reads the certificates again: connections that come later are shown the new ones. When they can't
    /// be used, all stays as it was.
    package func reloadCertificates() {
        guard let identity else { return logger.log(.info, "certificates.unused") }
        do throws(TLSFileError) {
            try identity.reload()
            Self.tell(identity, "certificates.reloaded", logger, metrics)
        } catch {
            logger.log(
                .warning,
                "certificates.kept",
                [LogField("message", .diagnosis(error.description))]
            )
        }
    }

    /// Tells until when the certificate that is shown is good.
    private static func tell(
        _ identity: TLSServerIdentity,
        _ event: StaticString,
        _ logger: Logger,
        _ metrics: ServerMetrics
    ) {
        let end = identity.current.validUntil
        let isOver = end < ServerClock.machineTime().second.unixSeconds
        metrics.certificate(validUntil: end)
        logger.log(
            isOver ? .error : .info,
            event,
            [
                LogField("valid_until", .diagnosis("\(Instant(unixSeconds: end))")),
                LogField("expired", .flag(isOver)),
            ]
        )
    }

    /// Stops in order: no new calls, all accepted ones answered, the store closed.
    package func drain() {
        logger.log(.info, "server.draining")
        shared.update { $0.status.draining = true }
        // Before the transport ends what streams are left.
        statusWatches.settle(withinMilliseconds: 1_000)
        transport.drain(within: 30_000)
        passwords.stop()
        inbox.close()
        engineFinished.wait()
        queries.stop()
        watches.stop()
        statusWatches.stop()
        signIns.stop()
        logger.log(.info, "server.stopped")
    }

    /// What the engine's thread takes over. The store is handed to that thread and used nowhere
    /// else afterwards, which makes sending it sound.
    private struct EngineStart: @unchecked Sendable {
        let store: SQLiteStore
        let shared: SharedState
        let inbox: Inbox<EngineCall<HeldCall>>
        let exit: ReplyExit
        let watches: StreamDesk<WatchContext>
        let streams: EngineStreams
        let interceptors: ServerInterceptors
        let metrics: ServerMetrics
        let gapMax: Int64
        let replySeconds: Int64
        let log: @Sendable (String) -> Void
        let warned: @Sendable (OfficeWarnings) -> Void
    }

    /// Runs the engine on its thread; returns once every running deadline is armed.
    private static func startEngine(
        _ start: EngineStart,
        finished: DispatchSemaphore
    ) throws(StoreError) {
        try startThread(
            named: "engine",
            opening: { () throws(StoreError) in
                try Engine(
                    store: start.store,
                    shared: start.shared,
                    gapMax: start.gapMax,
                    replySeconds: start.replySeconds,
                    log: start.log,
                    exit: EngineExit(
                        deliver: { start.exit.deliverCommitted($0) },
                        accountsChanged: { changes in
                            let cuts = start.shared.sessions.follow(changes)
                            start.watches.add(cuts.map(StreamEvent.cut))
                            start.streams.add(cuts.map(StreamEvent.cut))
                        },
                        published: { start.watches.committed() },
                        post: { start.exit.post(&$0) },
                        ended: {
                            start.streams.ended()
                            start.interceptors.after($0.call.observed, CallEnding($0))
                        },
                        measured: { start.metrics.committed($0) },
                        warned: start.warned
                    )
                )
            },
            { engine in
                engine.run(start.inbox, streamEvents: start.streams.events)
                finished.signal()
            }
        )
    }
}
