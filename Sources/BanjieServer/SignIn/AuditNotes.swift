internal import CivilTime
internal import Store
internal import Synchronization
internal import Wire

/// What threads that don't write have to enter in the audit log: the engine takes it along.
final class AuditNotes: Sendable {
    struct Note: Sendable {
        let actor: String
        let kind: String
        let subject: String
        var detail = ""
        var trace: AuditTrace?

        func draft(at instant: Instant) -> AuditDraft {
            AuditDraft(
                at: instant,
                actor: actor,
                kind: kind,
                subject: subject,
                detail: detail,
                trace: trace
            )
        }
    }

    /// The most that wait for the engine.
    private static let waitingMax = 1024

    private struct State {
        var notes: [Note] = []
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Has `wake` called whenever there is something.
    func wake(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

    /// Takes a note; false when too many wait.
    func add(_ note: Note) -> Bool {
        let wake = state.withLock { state -> (@Sendable () -> Void)?? in
            guard state.notes.count < Self.waitingMax else { return nil }
            state.notes.append(note)
            return .some(state.wake)
        }
        guard let wake else { return false }
        wake?()
        return true
    }

    /// All there are.
    func take() -> [Note] {
        state.withLock { state in
            defer { state.notes = [] }
            return state.notes
        }
    }

    /// Puts back what was taken and couldn't be kept, before what has come since.
    func putBack(_ notes: [Note]) {
        state.withLock { $0.notes.insert(contentsOf: notes, at: 0) }
    }
}

extension AuditTrace {
    /// The trace that a caller says a call belongs to.
    init(_ trace: TraceID) { self.init(high: trace.high, low: trace.low) }
}
