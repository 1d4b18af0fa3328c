package import BanjieProtocol
import Foundation

/// A department's daemon: attends a server, takes tasks, has them handled, and gives the opinions.
///
/// An opinion is durable in the outbox before it is sent, and stays there until the server has taken it, or
/// refused it for good: whichever side restarts, it is given, and given once.
package actor JointDaemon {
    /// What people who run it are told.
    package enum Event: Sendable {
        case attending
        case lost(String)
        case task(JointTask)
        case opinion(OpinionRequest)
        case acknowledged(JointAcknowledgement)
        case withdrawn(String)
        case failed(String, attempt: Int, HandlerFailure)
        /// No program has handled it: a person must.
        case wantsPerson(String)
        /// The department's disagreement was overridden; the reasons lie in the outbox.
        case overridden(String)
        /// Something couldn't be written to the outbox.
        case notKept(String)
        case stopped
    }

    /// Why the department's program gave no opinion.
    package struct HandlerFailure: Sendable, CustomStringConvertible {
        package let description: String
    }

    private struct Handling {
        let round: UInt32
        let work: Task<Void, Never>
    }

    private let configuration: JointConfiguration
    private let client: JointApprovalClient
    private let handler: HandlerProgram?
    private let outbox: Outbox
    private let tell: @Sendable (Event) -> Void

    private var session: SessionCall<AttendRequest, AttendReply>?
    /// What is handled, by case.
    private var handlings: [String: Handling] = [:]
    private var isStopping = false

    package init(
        _ configuration: JointConfiguration,
        over channel: any CallChannel,
        outbox: Outbox,
        tell: @escaping @Sendable (Event) -> Void
    ) {
        self.configuration = configuration
        client = JointApprovalClient(channel)
        handler = configuration.handler.map { HandlerProgram(settings: $0) }
        self.outbox = outbox
        self.tell = tell
    }

    /// Attends, again and again, until it is stopped.
    package func run() async {
        var wait = Duration.seconds(1)
        while !isStopping {
            let begun = ContinuousClock.now
            do throws(CallError) {
                try await attend()
                if !isStopping { tell(.lost("another daemon of this name attends")) }
            } catch {
                if !isStopping { tell(.lost("\(error)")) }
            }
            session = nil
            guard !isStopping else { break }
            // One that lasted begins anew.
            if ContinuousClock.now - begun > wait { wait = .seconds(1) }
            try? await Task.sleep(for: wait * Double.random(in: 0.8...1.2))
            wait = min(wait * 1.6, .seconds(10))
        }
        tell(.stopped)
    }

    /// Takes nothing new, waits for what is handled as long as the configuration says, and ends.
    package func stop() async {
        isStopping = true
        let end = ContinuousClock.now + .seconds(configuration.drainSeconds)
        while !handlings.isEmpty, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(50))
        }
        for handling in handlings.values { handling.work.cancel() }
        session?.cancel()
    }

    private func attend() async throws(CallError) {
        let session = client.attend(
            AttendRequest(
                attend: Attendance(
                    worker: configuration.worker,
                    capacity: Int32(clamping: configuration.capacity)
                )
            )
        )
        self.session = session
        for opinion in outbox.all { try await session.send(AttendRequest(opinion: opinion)) }
        var isAttending = false
        var replies = session.replies.makeAsyncIterator()
        while let reply = try await replies.next() {
            if !isAttending { tell(.attending) }
            isAttending = true
            try await take(reply, from: session)
        }
    }

    private func take(
        _ reply: AttendReply,
        from session: SessionCall<AttendRequest, AttendReply>
    ) async throws(CallError) {
        if let task = reply.task { try await begin(task, session) }
        if let withdrawn = reply.withdrawn {
            tell(.withdrawn(withdrawn.case))
            handlings.removeValue(forKey: withdrawn.case)?.work.cancel()
            outbox.remove(withdrawn.case)
        }
        if let acknowledgement = reply.acknowledged {
            tell(.acknowledged(acknowledgement))
            try await settle(acknowledgement)
        }
        if let notice = reply.overridden {
            do {
                try outbox.keep(notice)
            } catch {
                return tell(.notKept("\(error)"))
            }
            tell(.overridden(notice.case))
            try await session.send(AttendRequest(served: JointRequest(case: notice.case)))
        }
    }

    /// What becomes of an opinion that the server has answered. One on a later asking stays, and so does one
    /// that was too early: the task is told again when it is signed for. One that is refused for good, while
    /// the server waits for another, is a person's matter.
    private func settle(_ acknowledgement: JointAcknowledgement) async throws(CallError) {
        let serial = acknowledgement.case
        guard acknowledgement.round > 0,
            outbox.opinion(on: serial)?.round == acknowledgement.round,
            acknowledgement.refusal != Reason.notSigned.rawValue
        else { return }
        outbox.remove(serial)
        let isAwaited = [.pending, .signed, .escalated].contains(acknowledgement.state)
        // A later asking comes as a task of its own.
        let isRefused = !["", Reason.staleVersion.rawValue].contains(acknowledgement.refusal)
        if isAwaited, isRefused {
            tell(.wantsPerson(serial))
            try await giveBack(serial)
        }
    }

    private func begin(
        _ task: JointTask,
        _ session: SessionCall<AttendRequest, AttendReply>
    ) async throws(CallError) {
        tell(.task(task))
        guard !isStopping else { return try await giveBack(task.case) }
        if configuration.signs, task.state == .pending {
            try await session.send(AttendRequest(sign: JointRequest(case: task.case)))
        }
        // It goes on where it was before the connection was lost.
        if handlings[task.case]?.round == task.round { return }
        if let opinion = outbox.opinion(on: task.case), opinion.round == task.round {
            // The server may have taken it by now, or refused it for the signature that it has only now.
            return try await session.send(AttendRequest(opinion: opinion))
        }
        guard let handler else { return tell(.wantsPerson(task.case)) }
        handlings.removeValue(forKey: task.case)?.work.cancel()
        let worker = configuration.worker
        handlings[task.case] = Handling(
            round: task.round,
            work: Task { await self.handle(task, with: handler, as: worker) }
        )
    }

    private func handle(
        _ task: JointTask,
        with handler: HandlerProgram,
        as worker: String
    ) async {
        for attempt in 1...handler.settings.attempts {
            do {
                let opinion = try await handler.handle(task, for: worker)
                guard finish(task) else { return }
                do {
                    try outbox.put(opinion)
                } catch {
                    // It isn't sent: what was sent and lost would be lost for good.
                    tell(.notKept("\(error)"))
                    try? await giveBack(task.case)
                    return
                }
                tell(.opinion(opinion))
                // When the session is lost meanwhile, the next one begins with it.
                try? await session?.send(AttendRequest(opinion: opinion))
                return
            } catch {
                guard !Task.isCancelled else { return }
                tell(.failed(task.case, attempt: attempt, HandlerFailure(description: "\(error)")))
            }
        }
        guard finish(task) else { return }
        tell(.wantsPerson(task.case))
        try? await giveBack(task.case)
    }

    private func giveBack(_ serial: String) async throws(CallError) {
        try await session?.send(AttendRequest(giveBack: JointRequest(case: serial)))
    }

    /// Whether the task was still being handled, and not another asking of it.
    private func finish(_ task: JointTask) -> Bool {
        guard handlings[task.case]?.round == task.round else { return false }
        handlings[task.case] = nil
        return true
    }
}
