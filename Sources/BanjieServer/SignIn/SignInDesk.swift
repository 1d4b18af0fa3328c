internal import BanjieProtocol
internal import CivilTime
internal import Dispatch
internal import Office
internal import Sealing
internal import Store
internal import Synchronization
internal import Transport
internal import Wire

/// Judges credentials: secrets and certificates on a thread of its own, passwords on that of the
/// `PasswordWorker`, so that nobody who guesses passwords keeps daemons waiting.
///
/// What it takes to find a login unknown, a secret wrong and a password wrong differs by what was sent
/// alone, and not by who is known.
final class SignInDesk: Sendable {
    private struct Attempt: Sendable {
        let credentials: Credentials
        let connection: ConnectionID
        /// Whom the connection's certificate vouches for.
        let vouchedFor: [String]

        /// Whether only a password can have been meant.
        var isByPassword: Bool {
            !credentials.secret.isEmpty && !PasswordRule.isSecret(credentials.secret)
        }
    }

    /// The most attempts that wait: each costs a read of the store.
    private static let waitingMax = 4096

    let sessions: Sessions
    private let passwords: PasswordWorker
    private let notes: AuditNotes
    private let clock: ServerClock
    private let passwordCost: Scrypt.Cost
    private let inbox = Inbox<Attempt>(capacity: SignInDesk.waitingMax)
    private let delays = Mutex(SignInDelays())
    private let post: @Sendable (Verdict, ConnectionID) -> Void
    private let log: @Sendable (String) -> Void
    private let finished = DispatchSemaphore(value: 0)

    /// - Parameter passwordCost: what hashes that there aren't would have cost.
    init(
        sessions: Sessions,
        passwords: PasswordWorker,
        notes: AuditNotes,
        clock: ServerClock,
        passwordCost: Scrypt.Cost = .standard,
        log: @escaping @Sendable (String) -> Void,
        post: @escaping @Sendable (Verdict, ConnectionID) -> Void
    ) {
        self.sessions = sessions
        self.passwords = passwords
        self.notes = notes
        self.clock = clock
        self.passwordCost = passwordCost
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
        for attempt in attempts {
            let verdict = verdict(on: attempt, from: reader) {
                (attempt, reader) throws(StoreError) in
                try secretSession(attempt, from: reader)
            }
            post(verdict, attempt.connection)
        }
        return true
    }

    func stop() {
        inbox.close()
        finished.wait()
    }

    /// Takes credentials; the verdict is posted.
    func judge(_ credentials: Credentials, on connection: ConnectionID) {
        let attempt = Attempt(
            credentials: credentials,
            connection: connection,
            vouchedFor: sessions.beginJudging(connection)
        )
        let isTaken =
            attempt.isByPassword
            ? passwords.add { [self] in judgePassword(attempt, from: $0) }
            : inbox.add([attempt]) == 1
        if !isTaken {
            sessions.endJudging(connection)
            post(.refused(Self.busy), connection)
        }
    }

    /// Judges an attempt, anew as often as accounts change meanwhile.
    private func verdict(
        on attempt: Attempt,
        from reader: any RecordReader,
        _ session: (Attempt, any RecordReader) throws(StoreError) -> Sessions.Session?
    ) -> Verdict {
        do {
            while true {
                let changes = sessions.changes
                guard let found = try session(attempt, reader) else {
                    return .refused(Self.wrongCredentials)
                }
                let principal = sessions.admit(found, on: attempt.connection, changes: changes)
                guard let principal else { continue }
                return .accepted(
                    principal,
                    SignedIn(
                        login: found.actor.login,
                        roles: Role.allCases.filter(found.actor.has).map { "\($0)" }
                    )
                )
            }
        } catch {
            log("credentials couldn't be judged: \(error)")
            return .refused(Self.failed)
        }
    }

    private func open(
        _ attempt: Attempt,
        _ proof: Sessions.Session.Proof,
        from reader: any RecordReader
    ) throws(StoreError) -> Sessions.Session? {
        guard let person = try reader.load(PersonRecord.self, attempt.credentials.login),
            !person.isDisabled
        else { return nil }
        return Sessions.Session(
            actor: person.actor,
            language: Language(tag: attempt.credentials.language),
            proof: proof,
            since: clock.now
        )
    }

    // MARK: Secrets and certificates

    /// The session that a secret opens, or without one the certificate that vouches for the login.
    private func secretSession(
        _ attempt: Attempt,
        from reader: any RecordReader
    ) throws(StoreError) -> Sessions.Session? {
        let credentials = attempt.credentials
        if credentials.secret.isEmpty, !attempt.vouchedFor.isEmpty {
            guard attempt.vouchedFor.contains(credentials.login) else { return nil }
            return try open(attempt, .certificate, from: reader)
        }
        // Digested in either case, so that an unknown login takes as long as a wrong secret.
        let digest = Secret.digest(of: credentials.secret)
        guard
            case .secret(let stored)? =
                try reader.load(CredentialRecord.self, credentials.login)?.proof,
            Secret.isEqual(stored, digest)
        else { return nil }
        return try open(attempt, .secret, from: reader)
    }

    // MARK: Passwords

    private func judgePassword(_ attempt: Attempt, from reader: any RecordReader) {
        let login = attempt.credentials.login
        let left = delays.withLock { $0.secondsLeft(for: login, at: clock.monotonicSeconds) }
        guard left == 0 else {
            sessions.endJudging(attempt.connection)
            return post(.refused(Self.delayed(seconds: left)), attempt.connection)
        }
        let verdict = verdict(on: attempt, from: reader) { (attempt, reader) throws(StoreError) in
            let matches = try matches(attempt.credentials.secret, of: login, from: reader)
            return matches == nil ? nil : try open(attempt, .password, from: reader)
        }
        switch verdict {
        case .accepted: succeeded(login)
        case .refused(let failure) where failure.status == .unauthenticated:
            failed(login, from: reader)
        case .refused: break
        }
        post(verdict, attempt.connection)
    }

    /// The hash of a login's password when this is it; nil otherwise, after as long a time.
    private func matches(
        _ password: String,
        of login: String,
        from reader: any RecordReader
    ) throws(StoreError) -> String? {
        var stored: String?
        if case .password(let hash)? = try reader.load(CredentialRecord.self, login)?.proof {
            stored = hash
        }
        let hash =
            stored.flatMap { PasswordHash(stored: $0) } ?? .unmatchable(cost: passwordCost)
        return hash.matches(password) ? stored : nil
    }

    private func succeeded(_ login: String) {
        let failures = delays.withLock { $0.succeeded(login) }
        if failures >= SignInDelays.freeFailures {
            note("SIGN_IN_RECOVERED", login, "after \(failures) wrong passwords")
        }
    }

    /// The first failure and each that leads to a delay are audited: a flood can't fill the log, since
    /// delays grow. Of an unknown login nothing is written, since anything can have been typed.
    private func failed(_ login: String, from reader: any RecordReader) {
        let failures = delays.withLock { $0.failed(login, at: clock.monotonicSeconds) }
        guard failures == 1 || failures >= SignInDelays.freeFailures,
            let person = try? reader.load(PersonRecord.self, login), person.key == login
        else { return }
        let delay = SignInDelays.delay(after: failures)
        note(
            "SIGN_IN_FAILED",
            login,
            "wrong passwords: \(failures)" + (delay > 0 ? ", delayed by \(delay) s" : "")
        )
    }

    private func note(_ kind: String, _ login: String, _ detail: String) {
        let note = AuditNotes.Note(
            actor: "system",
            kind: kind,
            subject: "person/\(login)",
            detail: detail
        )
        if !notes.add(note) { log("too much waits for the audit log: \(kind) isn't in it") }
    }

    /// Finds out what a command needs to know of the passwords in it, and hands that on; false when too many
    /// wait. A wrong present password counts as a failed attempt to sign in.
    func prepare(
        _ request: PasswordRequest,
        by actor: Actor,
        _ handOn: @escaping @Sendable (PreparedPassword) -> Void
    ) -> Bool {
        passwords.add { [self] reader in
            var found = PreparedPassword.Present.unknown
            if let present = request.present, !PasswordRule.isSecret(present) {
                found = judgePresent(present, of: actor.login, from: reader)
            }
            var hash: String?
            if request.isWellFormed {
                switch found {
                case .unknown, .matches:
                    hash = PasswordHash(of: request.password, cost: passwordCost).stored
                case .wrong, .delayed: break
                }
            }
            handOn(PreparedPassword(present: found, hash: hash))
        }
    }

    private func judgePresent(
        _ password: String,
        of login: String,
        from reader: any RecordReader
    ) -> PreparedPassword.Present {
        let left = delays.withLock { $0.secondsLeft(for: login, at: clock.monotonicSeconds) }
        guard left == 0 else { return .delayed(seconds: left) }
        do throws(StoreError) {
            guard let hash = try matches(password, of: login, from: reader) else {
                failed(login, from: reader)
                return .wrong
            }
            succeeded(login)
            return .matches(hash: hash)
        } catch {
            log("a password couldn't be judged: \(error)")
            return .unknown
        }
    }

    // MARK: Refusals

    private static let wrongCredentials = CallFailure(
        .unauthenticated,
        reason: "WRONG_CREDENTIALS",
        message: "No person has this login and secret.",
        outcome: .notProcessed,
        origin: .server
    )

    private static let failed = CallFailure(
        .internal,
        reason: "INTERNAL",
        message: "The server failed; its log says more.",
        outcome: .notProcessed,
        origin: .server
    )

    private static let busy = CallFailure(
        .unavailable,
        reason: "SIGN_IN_BUSY",
        message: "Too many people sign in at once; try again shortly.",
        outcome: .notProcessed,
        origin: .server,
        retryAfterMilliseconds: 1000
    )

    private static func delayed(seconds: Int64) -> CallFailure {
        CallFailure(
            Reason.signInDelayed.status,
            reason: Reason.signInDelayed.rawValue,
            message: "The password was wrong too often; try again in \(seconds) s.",
            outcome: .notProcessed,
            origin: .server,
            retryAfterMilliseconds: UInt32(clamping: seconds * 1000)
        )
    }
}

/// A request with a new password in it, and what the present one is said to be.
struct PasswordRequest: Sendable {
    let login: String
    let present: String?
    let password: String

    /// The request of a method that has one; nil for others, and for what the schema doesn't allow.
    init?(_ method: UInt32, _ body: [UInt8], by actor: Actor) {
        switch method {
        case DirectoryMethods.setPassword.id:
            guard let request = Self.valid(SetPasswordRequest.self, body) else { return nil }
            (login, present, password) = (request.login, nil, request.password)
        case DirectoryMethods.changePassword.id:
            guard let request = Self.valid(ChangePasswordRequest.self, body) else { return nil }
            (login, present, password) = (actor.login, request.present, request.password)
        default: return nil
        }
    }

    private static func valid<Request: Message>(
        _ type: Request.Type,
        _ body: [UInt8]
    ) -> Request? {
        guard let request = try? Request(decoding: body), (try? request.validate()) != nil else {
            return nil
        }
        return request
    }

    /// Whether the new one may be one.
    var isWellFormed: Bool { (try? PasswordRule.check(password, login: login)) != nil }
}
