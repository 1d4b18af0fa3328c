package import BanjieClient
import BanjieProtocol

/// Matters that two more departments have to agree to, from the window to the conclusion; the departments'
/// daemons answer meanwhile.
package struct JointLoad: Workload {
    private enum Step: Int, CaseIterable {
        case submit, accept, open, dispatch, look, conclude
    }

    package var operations: [String] { Step.allCases.map { "\($0)" } }
    private let items: [String]

    /// - Parameter items: the codes of items that need joint approval, at least one.
    package init(items: [String]) {
        precondition(!items.isEmpty, "matters are about items")
        self.items = items
    }

    package func script(_ number: Int) -> Script { Script(number, items) }

    package struct Script: LoadScript {
        private var matter: BroughtMatter
        private var step = Step.submit

        fileprivate init(_ number: Int, _ items: [String]) {
            matter = BroughtMatter(items: items, caller: number)
        }

        package mutating func next() -> LoadCall {
            let joint = JointRequest(case: matter.serial)
            let (method, body) =
                switch step {
                case .submit: (CasesMethods.submit, matter.submission.encoded())
                case .accept: (CasesMethods.accept, matter.request.encoded())
                case .open:
                    (
                        JointApprovalMethods.open,
                        OpenJointRequest(
                            case: matter.serial,
                            co: LoadSite.coHandlers.map {
                                CoHandler(department: $0, role: .consult)
                            },
                            opinionDays: 5
                        ).encoded()
                    )
                case .dispatch: (JointApprovalMethods.dispatch, joint.encoded())
                case .look: (JointApprovalMethods.get, joint.encoded())
                case .conclude: (JointApprovalMethods.conclude, joint.encoded())
                }
            return LoadCall(step.rawValue, method, body)
        }

        package mutating func received(_ reply: [UInt8]) -> Bool {
            switch step {
            case .submit:
                guard let view = try? CaseView(decoding: reply) else { return begin(false) }
                step = .accept
                return matter.wasSubmitted(view)
            case .accept:
                guard let view = try? CaseView(decoding: reply) else { return begin(false) }
                step = .open
                return matter.isShown(by: view, in: .accepted)
            case .open, .dispatch, .look, .conclude:
                guard let view = try? JointView(decoding: reply), view.case == matter.serial
                else {
                    return begin(false)
                }
                return received(view)
            }
        }

        private mutating func received(_ view: JointView) -> Bool {
            switch step {
            case .open:
                step = .dispatch
                return view.state == .open && view.co.count == LoadSite.coHandlers.count
            case .dispatch:
                step = .look
                return view.state == .dispatched
            case .look:
                if view.awaiting.isEmpty { step = .conclude }
                return [.dispatched, .collecting].contains(view.state)
            default: return begin(view.state == .concluded && view.outcome == .agreed)
            }
        }

        package mutating func failed() { _ = begin(false) }

        private mutating func begin(_ wasExpected: Bool) -> Bool {
            matter.bringAnother()
            step = .submit
            return wasExpected
        }
    }
}

/// The departments' daemons of a joint load: each signs for what it gets, and agrees.
package struct DaemonCrowd {
    private let sessions: [SessionCall<AttendRequest, AttendReply>]
    private let tasks: [Task<Void, Never>]

    /// Daemons that attend.
    ///
    /// - Parameter connections: one a daemon, signed in as that.
    package init(over connections: [Connection]) {
        var sessions: [SessionCall<AttendRequest, AttendReply>] = []
        var tasks: [Task<Void, Never>] = []
        for (number, connection) in connections.enumerated() {
            let attendance = Attendance(worker: "load-\(number)", capacity: 1000)
            let session = JointApprovalClient(connection).attend(AttendRequest(attend: attendance))
            sessions.append(session)
            tasks.append(Task { await Self.serve(session) })
        }
        self.sessions = sessions
        self.tasks = tasks
    }

    private static func serve(_ session: SessionCall<AttendRequest, AttendReply>) async {
        do {
            for try await reply in session.replies {
                guard let task = reply.task else { continue }
                let named = JointRequest(case: task.case)
                if task.state == .pending { try await session.send(AttendRequest(sign: named)) }
                let opinion = OpinionRequest(case: task.case, kind: .agree, round: task.round)
                try await session.send(AttendRequest(opinion: opinion))
            }
        } catch {
            // The matters that it leaves behind are seen to be stuck by those who look at them.
        }
    }

    package func dismiss() {
        for session in sessions { session.cancel() }
        for task in tasks { task.cancel() }
    }
}
