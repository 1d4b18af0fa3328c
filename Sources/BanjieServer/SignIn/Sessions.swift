internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Synchronization
internal import TLS
internal import Transport

/// Who has signed in, on which connection.
final class Sessions: Sendable {
    /// Somebody who has signed in on a connection.
    struct Session: Sendable {
        enum Proof: Sendable {
            case secret, password, certificate
        }

        /// Higher than those of all that began before.
        fileprivate(set) var number: UInt64 = 0
        fileprivate(set) var actor: Actor
        /// In which language the person reads.
        let language: Language
        let proof: Proof
        let since: Instant

        init(actor: Actor, language: Language, proof: Proof, since: Instant) {
            self.actor = actor
            self.language = language
            self.proof = proof
            self.since = since
        }
    }

    /// The streams of a connection that must end, and what they are told.
    struct Cut: Hashable, Sendable {
        let connection: ConnectionID
        let reason: Reason
    }

    private struct State {
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

    private let state = Mutex(State())

    /// Who has signed in on a connection; nil for nobody.
    func session(of principal: Principal, on connection: ConnectionID) -> Session? {
        if principal == .anonymous { return nil }
        return state.withLock { $0.sessions[connection] }
    }

    /// All there are, by number. Linear in them.
    var all: [(connection: ConnectionID, session: Session)] {
        state.withLock { state in
            state.sessions.sorted { $0.value.number < $1.value.number }
                .map { ($0.key, $0.value) }
        }
    }

    // MARK: Signing in

    /// Takes note of the certificate that a connection has shown.
    func identify(_ connection: ConnectionID, by certificate: PeerCertificate) {
        state.withLock { $0.vouchedFor[connection] = certificate.logins }
    }

    /// Somebody's credentials are being judged; returns whom the connection's certificate vouches for.
    func beginJudging(_ connection: ConnectionID) -> [String] {
        state.withLock { state in
            state.judged.insert(connection)
            return state.vouchedFor[connection] ?? []
        }
    }

    /// They aren't any more.
    func endJudging(_ connection: ConnectionID) {
        state.withLock { _ = $0.judged.remove(connection) }
    }

    /// How many changes of accounts sessions have followed by now.
    var changes: UInt64 { state.withLock(\.changes) }

    /// Lets somebody in, in the place of whoever was signed in before. Whoever has gone meanwhile
    /// leaves nothing. Nil when accounts have changed since there were `changes` of them: what was
    /// read may be outdated, and no session that isn't there yet has followed.
    func admit(
        _ session: Session,
        on connection: ConnectionID,
        changes: UInt64
    ) -> Principal? {
        state.withLock { state in
            guard state.changes == changes else { return nil }
            state.last += 1
            if state.judged.remove(connection) != nil {
                var session = session
                session.number = state.last
                state.sessions[connection] = session
            }
            return Principal(rawValue: state.last)
        }
    }

    // MARK: What ends them

    /// The connection is closed.
    func forget(_ connection: ConnectionID) {
        state.withLock {
            $0.sessions[connection] = nil
            $0.judged.remove(connection)
            $0.vouchedFor[connection] = nil
        }
    }

    /// Has open sessions follow what a commit has changed: they have new rights, or are over, from
    /// the next call on. Returns the streams that must end. Linear in the sessions.
    ///
    /// Must be called AFTER the commit and before the change is answered.
    func follow(_ changes: [AccountChange]) -> [Cut] {
        state.withLock { state in
            state.changes += 1
            var cuts: [Cut] = []
            for change in changes {
                for (connection, session) in state.sessions {
                    switch change.effect(on: session) {
                    case .none: continue
                    case .rights(let actor):
                        state.sessions[connection]?.actor = actor
                        cuts.append(Cut(connection: connection, reason: .rightsChanged))
                    case .end:
                        state.sessions[connection] = nil
                        cuts.append(Cut(connection: connection, reason: .signedOut))
                    }
                }
            }
            return cuts
        }
    }
}

extension AccountChange {
    fileprivate enum Effect {
        case none
        case rights(Actor)
        case end
    }

    fileprivate func effect(on session: Sessions.Session) -> Effect {
        switch self {
        case .rights(let actor):
            guard session.actor.login == actor.login, session.actor != actor else { return .none }
            return .rights(actor)
        case .credential(let login):
            return session.actor.login == login && session.proof != .certificate ? .end : .none
        case .disabled(let login):
            return session.actor.login == login ? .end : .none
        case .ended(let number):
            return session.number == number ? .end : .none
        }
    }
}
