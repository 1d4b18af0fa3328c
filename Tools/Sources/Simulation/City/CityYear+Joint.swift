import BanjieProtocol
import CivilTime
import Wire

extension CityYear {
    private func order(
        _ method: MethodDescriptor,
        _ request: some Message,
        as login: String
    ) throws -> JointView? {
        let answer: Result<JointView, CallFailure> = try office.order(method, request, as: login)
        return try? answer.get()
    }

    /// The lead opens the joint approval of a matter and sends it out.
    func open(_ index: Int) throws {
        let matter = matters[index]
        let asked = people.items[matter.item].coHandlers.enumerated().map { place, code in
            CoHandler(department: code, role: place == 0 ? .licensor : .consult)
        }
        let open = OpenJointRequest(
            case: matter.serial,
            co: asked,
            opinionDays: Int32(world.chance.number(in: 2...6))
        )
        guard let view = try order(JointApprovalMethods.open, open, as: matter.clerk) else {
            return enter(.look(index), inWorkingDays: 1...1)
        }
        let dispatch = JointRequest(case: matter.serial, version: view.version)
        _ = try order(JointApprovalMethods.dispatch, dispatch, as: matter.clerk)
        matters[index].isJoint = true
        enter(.look(index), inWorkingDays: 1...3)
    }

    /// The lead sees how far a joint approval has come.
    func coordinate(_ index: Int) throws {
        let matter = matters[index]
        let answer: Result<JointView, CallFailure> = try office.ask(
            JointApprovalMethods.get,
            JointRequest(case: matter.serial),
            as: matter.clerk
        )
        let view = try answer.expected("a joint approval")
        switch view.state {
        case .escalated: try assign(matter, view)
        case .correction: enter(.supply(index), inWorkingDays: 1...4)
        case .open, .dispatched, .collecting: try conclude(matter, view)
        default: break
        }
        enter(.look(index), inWorkingDays: 1...2)
    }

    private func conclude(_ matter: Matter, _ view: JointView) throws {
        guard view.awaiting.isEmpty else { return }
        var version = view.version
        let disagreeing = view.co.first {
            $0.state == .disagree && $0.role == .consult && $0.overridden.isEmpty
        }
        if let disagreeing, world.chance.happens(oneIn: 2) {
            let override = OverrideRequest(
                case: matter.serial,
                version: version,
                department: disagreeing.department,
                reason: "牵头部门认为符合条件"
            )
            version =
                try order(JointApprovalMethods.override, override, as: matter.clerk)?.version
                ?? version
        }
        let request = JointRequest(case: matter.serial, version: version)
        _ = try order(JointApprovalMethods.conclude, request, as: matter.clerk)
    }

    /// The coordinating office replaces or releases whoever doesn't answer.
    private func assign(_ matter: Matter, _ view: JointView) throws {
        guard let silent = view.co.first(where: { $0.state == .escalated }) else { return }
        let known = Set(view.co.map(\.department) + [matter.department])
        let other = people.departments.first { !known.contains($0.code) }
        let request = AssignRequest(
            case: matter.serial,
            version: view.version,
            department: silent.department,
            replaceBy: world.chance.happens(oneIn: 2) ? other?.code ?? "" : ""
        )
        _ = try order(JointApprovalMethods.assign, request, as: people.office)
    }

    // MARK: - The departments' daemons

    /// A daemon looks for what waits, signs for it, and remembers to answer.
    func attend(_ department: CityPeople.Department) throws {
        let answer: Result<ListJointTasksReply, CallFailure> = try office.ask(
            JointApprovalMethods.listTasks,
            ListJointTasksRequest(department: department.code, limit: 1000),
            as: department.daemon
        )
        for task in try answer.expected("tasks").tasks {
            guard let index = matter(of: task.case),
                remembered[department.code, default: []].insert(index).inserted
            else { continue }
            if task.state == .pending, !world.chance.happens(oneIn: 12) {
                let sign = JointRequest(case: task.case)
                _ = try order(JointApprovalMethods.sign, sign, as: department.daemon)
            }
            enter(.answer(index, department: department.code), inWorkingDays: 0...7)
        }
        // It dies now and then, and with it what it had in memory.
        if world.chance.happens(oneIn: 30) { forget(department.code) }
        guard let index = people.departments.firstIndex(where: { $0.code == department.code }),
            office.today < plan.firstDay.adding(days: plan.days + Self.daysToEnd)
        else { return }
        enter(.attend(department: index), inWorkingDays: 1...1)
    }

    private func forget(_ department: String) {
        world.trace.note("the daemon of \(department) dies")
        remembered[department] = []
        agenda.forget { doing in
            if case .answer(_, department) = doing { true } else { false }
        }
    }

    /// A department's opinion, sent twice when its daemon isn't sure that it has arrived.
    func answer(_ index: Int, of department: String) throws {
        remembered[department, default: []].remove(index)
        guard let daemon = people.department(department)?.daemon else { return }
        let serial = matters[index].serial
        let opinion =
            switch world.chance.number(in: 0...19) {
            case 0...14: OpinionRequest(case: serial, kind: .agree)
            case 15: OpinionRequest(case: serial, kind: .agreeForward, reason: "报市政府")
            case 16: OpinionRequest(case: serial, kind: .disagree, reason: "与规划不符")
            case 17, 18:
                OpinionRequest(
                    case: serial,
                    kind: .correction,
                    reason: "材料不全",
                    items: ["消防设计图"]
                )
            default: OpinionRequest(case: serial, kind: .notMine, reason: "不属于本部门职责")
            }
        if try order(JointApprovalMethods.giveOpinion, opinion, as: daemon) == nil {
            // What it hasn't signed for it can't answer.
            let sign = JointRequest(case: serial)
            guard try order(JointApprovalMethods.sign, sign, as: daemon) != nil else { return }
            _ = try order(JointApprovalMethods.giveOpinion, opinion, as: daemon)
        }
    }
}
