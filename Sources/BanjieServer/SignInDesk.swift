internal import Dispatch
internal import Office
internal import Store
internal import Synchronization
internal import TLS
internal import Transport
internal import Wire

/// Judges credentials on a thread of its own, and knows who has signed in.
final class SignInDesk: Sendable {
    private struct Attempt: Sendable {
        let credentials: Credentials
        let connection: ConnectionID
        /// Whom the connection's certificate vouches for.
        let vouchedFor: [String]
    }

    /// Who has signed in on a connection, and in which language they read.
    struct Session: Sendable {
        enum Proof: Sendable {
            case secret, certificate
        }

        fileprivate(set) var actor: Actor
        let language: Language
        let proof: Proof
    }

    private struct People {
        /// By connection, for as long as it is open.
        var sessions: [ConnectionID: Session] = [:]
        /// Open connections whose credentials are being judged.
        var judged: Set<ConnectionID> = []
        /// The logins that certificates of open connections vouch for.
        var vouchedFor: [ConnectionID: [String]] = [:]
        /// Counts the changes of accounts that sessions have followed.
        var changes: UInt64 = 0
        var last: UInt64 = 0
    }

    /// The most attempts that wait: each costs a read of the store.
    private static let waitingMax = 4096

    private let inbox = Inbox<Attempt>(capacity: SignInDesk.waitingMax)
    private let people = Mutex(People())
    private let post: @Sendable (Verdict, ConnectionID) -> Void
    private let log: @Sendable (String) -> Void
    private let finished = DispatchSemaphore(value: 0)

    init(
        log: @escaping @Sendable (String) -> Void,
        post: @escaping @Sendable (Verdict, ConnectionID) -> Void
    ) {
        self.log = log
        self.post = post
    }

    func start(
        makeReader: @escaping @Sendable () throws(StoreError) -> any RecordReader
    ) throws(StoreError) {
        try startThread(named: "sign-in", opening: makeReader) { [self] reader in
            while judgeBatch(from: reader, waitingMilliseconds: 1000) {}
            finished.signal()
        }
    }

    /// Judges some of what waits, and waits at most so long for the first of it; false once the desk is
    /// stopped and empty.
    @discardableResult
    func judgeBatch(
        from reader: any RecordReader,
        waitingMilliseconds milliseconds: Int
    ) -> Bool {
        guard let attempts = inbox.take(limit: 64, waitingMilliseconds: milliseconds) else {
            return false
        }
        for attempt in attempts { post(verdict(on: attempt, from: reader), attempt.connection) }
        return true
    }

    func stop() {
        inbox.close()
        finished.wait()
    }

    /// Takes note of the certificate that a connection has shown.
    func identify(_ connection: ConnectionID, by certificate: PeerCertificate) {
        people.withLock { $0.vouchedFor[connection] = certificate.logins }
    }

    /// Takes credentials; the verdict is posted.
    func judge(_ credentials: Credentials, on connection: ConnectionID) {
        let vouchedFor = people.withLock { people in
            people.judged.insert(connection)
            return people.vouchedFor[connection] ?? []
        }
        let attempt = Attempt(
            credentials: credentials,
            connection: connection,
            vouchedFor: vouchedFor
        )
        if inbox.add([attempt]) == 0 {
            _ = people.withLock { $0.judged.remove(connection) }
            post(
                .refused(
                    CallFailure(
                        .unavailable,
                        reason: "SIGN_IN_BUSY",
                        message: "Too many people sign in at once; try again shortly.",
                        outcome: .notProcessed,
                        origin: .server,
                        retryAfterMilliseconds: 1000
                    )
                ),
                connection
            )
        }
    }

    /// Who has signed in on a connection; nil for nobody.
    func session(of principal: Principal, on connection: ConnectionID) -> Session? {
        if principal == .anonymous { return nil }
        return people.withLock { $0.sessions[connection] }
    }

    /// Has open sessions follow what a commit has changed: they have new rights, or are over, from
    /// the next call on. Linear in the sessions.
    ///
    /// Must be called AFTER the commit and before the change is answered.
    func follow(_ changes: [AccountChange]) {
        people.withLock { people in
            people.changes += 1
            for change in changes {
                switch change {
                case .rights(let actor):
                    for (connection, session) in people.sessions
                    where session.actor.login == actor.login {
                        people.sessions[connection]?.actor = actor
                    }
                case .secret(let login):
                    people.sessions = people.sessions.filter { _, session in
                        session.actor.login != login || session.proof == .certificate
                    }
                }
            }
        }
    }

    /// The connection is closed.
    func forget(_ connection: ConnectionID) {
        people.withLock {
            $0.sessions[connection] = nil
            $0.judged.remove(connection)
            $0.vouchedFor[connection] = nil
        }
    }

    /// Lets somebody in, in the place of whoever was signed in before. Whoever has gone meanwhile
    /// leaves nothing. Nil when accounts have changed since there were `changes` of them: what was
    /// read may be outdated, and no session that isn't there yet has followed.
    private func admit(
        _ session: Session,
        on connection: ConnectionID,
        changes: UInt64
    ) -> Principal? {
        people.withLock { people in
            guard people.changes == changes else { return nil }
            if people.judged.remove(connection) != nil { people.sessions[connection] = session }
            people.last += 1
            return Principal(rawValue: people.last)
        }
    }

    /// Judges an attempt, anew as often as accounts change meanwhile.
    private func verdict(on attempt: Attempt, from reader: any RecordReader) -> Verdict {
        do {
            while true {
                let changes = people.withLock { $0.changes }
                guard let session = try session(for: attempt, from: reader) else {
                    return .refused(Self.wrongCredentials)
                }
                guard let principal = admit(session, on: attempt.connection, changes: changes)
                else { continue }
                return .accepted(
                    principal,
                    SignedIn(
                        login: session.actor.login,
                        roles: Role.allCases.filter(session.actor.has).map { "\($0)" }
                    )
                )
            }
        } catch {
            log("credentials couldn't be judged: \(error)")
            return .refused(
                CallFailure(
                    .internal,
                    reason: "INTERNAL",
                    message: "The server failed; its log says more.",
                    outcome: .notProcessed,
                    origin: .server
                )
            )
        }
    }

    private static let wrongCredentials = CallFailure(
        .unauthenticated,
        reason: "WRONG_CREDENTIALS",
        message: "No person has this login and secret.",
        outcome: .notProcessed,
        origin: .server
    )

    /// The session that an attempt opens; nil when it opens none.
    private func session(
        for attempt: Attempt,
        from reader: any RecordReader
    ) throws(StoreError) -> Session? {
        let credentials = attempt.credentials
        guard let proof = try proof(in: attempt, from: reader),
            let person = try reader.load(PersonRecord.self, credentials.login)
        else { return nil }
        return Session(
            actor: person.actor,
            language: Language(tag: credentials.language),
            proof: proof
        )
    }

    /// What shows that an attempt is the login's: its secret, or without one the certificate that
    /// vouches for it; nil when nothing does.
    private func proof(
        in attempt: Attempt,
        from reader: any RecordReader
    ) throws(StoreError) -> Session.Proof? {
        let credentials = attempt.credentials
        if credentials.secret.isEmpty, !attempt.vouchedFor.isEmpty {
            return attempt.vouchedFor.contains(credentials.login) ? .certificate : nil
        }
        // Digested in either case, so that an unknown login takes as long as a wrong secret.
        let digest = Secret.digest(of: credentials.secret)
        guard let stored = try reader.load(CredentialRecord.self, credentials.login),
            Self.equal(stored.secretDigest, digest)
        else { return nil }
        return .secret
    }

    /// Compares in a time that doesn't depend on where the bytes differ.
    private static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
