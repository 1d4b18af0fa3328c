import BanjieProtocol
import CivilTime
import Wire
import WorkCalendar

extension CityYear {
    /// Somebody brings a matter, to a window or over the network.
    func bring() throws {
        let index = world.chance.number(in: 0...people.items.count - 1)
        let item = people.items[index].request
        guard let department = people.department(item.department), let clerk = clerk(for: index),
            let applicant = world.chance.pick(people.applicants)
        else { return }
        if world.chance.happens(oneIn: 6) { return try prepare(index, as: applicant) }
        let isAtWindow = world.chance.happens(oneIn: 2)
        let request = SubmitCaseRequest(
            item: item.code,
            channel: isAtWindow ? .window : .mobile,
            applicant: isAtWindow ? applicant : ""
        )
        if world.chance.happens(oneIn: 50) { try err(instead: request, at: department) }
        let answer: Result<CaseView, CallFailure> = try office.order(
            CasesMethods.submit,
            request,
            as: isAtWindow ? clerk : applicant
        )
        enter(try answer.expected("a matter"), of: index, for: applicant, clerk)
    }

    /// Somebody of the department that has an item.
    func clerk(for item: Int) -> String? {
        people.department(people.items[item].request.department)
            .flatMap { world.chance.pick($0.clerks) }
    }

    /// A matter is there, and somebody looks at it soon.
    func enter(_ view: CaseView, of index: Int, for applicant: String, _ clerk: String) {
        let item = people.items[index].request
        let promised = Int(item.limits?.promised ?? 5)
        let matter = add(
            Matter(
                serial: view.case,
                item: index,
                department: item.department,
                clerk: clerk,
                applicant: applicant,
                // Most are done in time, some on the last day, some late.
                workingDays: world.chance.happens(oneIn: 10)
                    ? promised + world.chance.number(in: 0...4)
                    : world.chance.number(in: 0...max(0, promised - 1))
            )
        )
        enter(.look(matter), inWorkingDays: item.instant ? 0...0 : 0...2)
    }

    /// What somebody tries who is wrong here.
    private func err(
        instead request: SubmitCaseRequest,
        at department: CityPeople.Department
    ) throws {
        var wrong = request
        switch world.chance.number(in: 0...2) {
        case 0:
            wrong.item = "no such item"
            try office.mistake(CasesMethods.submit, wrong, as: department.clerks[0])
        case 1:
            guard let other = people.departments.first(where: { $0.code != department.code }) else {
                return
            }
            wrong.applicant = people.applicants[0]
            try office.mistake(CasesMethods.submit, wrong, as: other.clerks[0])
        default:
            wrong.applicant = people.applicants[0]
            let other = people.applicants[people.applicants.count - 1]
            try office.mistake(CasesMethods.submit, wrong, as: other)
        }
    }

    private func view(_ matter: Matter) throws -> CaseView {
        let answer: Result<CaseView, CallFailure> = try office.ask(
            CasesMethods.get,
            CaseRequest(case: matter.serial),
            as: matter.clerk
        )
        return try answer.expected("a look at \(matter.serial)")
    }

    /// A clerk's step; what isn't possible any more is seen at the next look.
    private func step(
        _ index: Int,
        _ method: MethodDescriptor,
        _ request: some Message,
        as login: String? = nil
    ) throws -> Bool {
        let answer: Result<CaseView, CallFailure> = try office.order(
            method,
            request,
            as: login ?? matters[index].clerk
        )
        if case .failure = answer { return false }
        return true
    }

    // MARK: - The clerk

    /// The clerk does what the state of a matter asks for.
    func look(at index: Int) throws {
        let matter = matters[index]
        let view = try view(matter)
        let request = CaseRequest(case: matter.serial, version: view.version)
        if world.chance.happens(oneIn: 60) { try err(at: matter, view) }
        switch view.state {
        case .received: try judgeReceipt(index, view, request)
        case .waitCorrection: try wait(index)
        case .accepted, .acceptedDeemed, .acceptedGap: try begin(index, view, request)
        case .inReview: try review(index, view, request)
        case .suspended:
            _ = try step(index, CasesMethods.resume, request)
            enter(.look(index), inWorkingDays: 0...2)
        case .joint: try coordinate(index)
        case .decided:
            _ = try step(index, CasesMethods.deliver, request)
            enter(.rate(index), inWorkingDays: 0...6)
            enter(.look(index), inWorkingDays: 8...9)
        case .delivered:
            // A bad review is made good first.
            guard try step(index, CasesMethods.archive, request) else {
                return enter(.look(index), inWorkingDays: 3...6)
            }
            close(index)
        default: close(index)
        }
    }

    /// A step out of turn, or by somebody who has nothing to do with it.
    private func err(at matter: Matter, _ view: CaseView) throws {
        let request = CaseRequest(case: matter.serial, version: view.version)
        switch world.chance.number(in: 0...3) {
        case 0:
            let stale = CaseRequest(case: matter.serial, version: view.version + 1)
            try office.mistake(CasesMethods.accept, stale, as: matter.clerk)
        case 1:
            guard
                let other = people.departments.first(where: { $0.code != matter.department })
            else { return }
            try office.mistake(CasesMethods.accept, request, as: other.clerks[0])
        case 2:
            let extend = ExtendCaseRequest(
                case: matter.serial,
                version: view.version,
                days: 5,
                reason: "案情复杂"
            )
            try office.mistake(CasesMethods.extend, extend, as: matter.clerk)
        default:
            let decide = DecideCaseRequest(
                case: matter.serial,
                version: view.version,
                result: .deny,
                reason: ""
            )
            try office.mistake(CasesMethods.decide, decide, as: matter.clerk)
        }
    }

    private func judgeReceipt(_ index: Int, _ view: CaseView, _ request: CaseRequest) throws {
        let isInstant = people.items[matters[index].item].request.instant
        switch isInstant ? 0 : world.chance.number(in: 0...19) {
        case 0...12:
            guard try step(index, CasesMethods.accept, request) else { break }
            matters[index].accepted = office.today
        case 13, 14:
            let notify = NotifyCorrectionRequest(
                case: view.case,
                version: view.version,
                items: ["身份证明", "申请表"]
            )
            guard try step(index, CasesMethods.notifyCorrection, notify) else { break }
            matters[index].correctionAsked = office.today
            enter(.supply(index), inWorkingDays: 1...15)
        case 15:
            let refuse = RefuseCaseRequest(
                case: view.case,
                version: view.version,
                reason: "不属于本机关职权范围",
                competentAgency: "省级机关"
            )
            _ = try step(index, CasesMethods.refuse, refuse)
        case 16:
            let item = people.items[matters[index].item].request
            let last = office.calendars.current.calendar.workingDay(
                max(1, min(3, Int(item.limits?.promised ?? 3))),
                after: office.today
            )
            let accept = AcceptWithGapRequest(
                case: view.case,
                version: view.version,
                supplementBy: last
            )
            guard try step(index, CasesMethods.acceptWithGap, accept) else { break }
            matters[index].accepted = office.today
            enter(.supply(index), inWorkingDays: 1...4)
        default:
            // It lies there, perhaps until it counts as accepted.
            return enter(.look(index), inWorkingDays: 2...6)
        }
        enter(.look(index), inWorkingDays: isInstant ? 0...0 : 0...2)
    }

    private func wait(_ index: Int) throws {
        let since = matters[index].correctionAsked ?? office.today
        guard since.days(until: office.today) > 45 else {
            return enter(.look(index), inWorkingDays: 5...10)
        }
        let matter = matters[index]
        let request = CaseRequest(case: matter.serial)
        _ = try step(index, CasesMethods.withdraw, request, as: matter.applicant)
        enter(.look(index), inWorkingDays: 1...1)
    }

    private func begin(_ index: Int, _ view: CaseView, _ request: CaseRequest) throws {
        if view.state == .acceptedGap, world.chance.happens(oneIn: 2) {
            // Nothing is decided before the gap is closed, or has ended the matter.
            return enter(.look(index), inWorkingDays: 1...2)
        }
        if matters[index].accepted == nil { matters[index].accepted = office.today }
        if !people.items[matters[index].item].coHandlers.isEmpty, !matters[index].isJoint {
            return try open(index)
        }
        if people.items[matters[index].item].request.instant {
            return try decide(index, view)
        }
        _ = try step(index, CasesMethods.beginReview, request)
        enter(.look(index), inWorkingDays: 0...1)
    }

    private func review(_ index: Int, _ view: CaseView, _ request: CaseRequest) throws {
        let matter = matters[index]
        if !matter.isPaused, world.chance.happens(oneIn: 12) {
            let pause = PauseCaseRequest(
                case: view.case,
                version: view.version,
                reason: world.chance.pick([.hearing, .expertReview, .inspection]) ?? .hearing,
                plannedDays: Int32(world.chance.number(in: 1...20))
            )
            if try step(index, CasesMethods.pause, pause) { matters[index].isPaused = true }
            return enter(.look(index), inWorkingDays: 0...12)
        }
        if !matter.isExtended, world.chance.happens(oneIn: 15),
            let head = people.department(matter.department)?.head
        {
            let extend = ExtendCaseRequest(
                case: view.case,
                version: view.version,
                days: Int32(world.chance.number(in: 1...10)),
                reason: "需要进一步核实材料"
            )
            let isGranted = try step(index, CasesMethods.extend, extend, as: head)
            matters[index].isExtended = true
            if isGranted { return enter(.look(index), inWorkingDays: 1...5) }
        }
        let calendar = office.calendars.current.calendar
        let used = calendar.workingDays(
            after: matter.accepted ?? office.today,
            through: office.today
        )
        guard used >= matter.workingDays else {
            let rest = min(5, matter.workingDays - used)
            return enter(.look(index), inWorkingDays: rest...rest)
        }
        try decide(index, view)
    }

    private func decide(_ index: Int, _ view: CaseView) throws {
        // What a joint approval has refused isn't granted.
        if world.chance.happens(oneIn: 10) {
            try deny(index, view)
        } else {
            let grant = DecideCaseRequest(
                case: view.case,
                version: view.version,
                result: .grant,
                reason: "符合法定条件"
            )
            if try !step(index, CasesMethods.decide, grant) { try deny(index, view) }
        }
        let isInstant = people.items[matters[index].item].request.instant
        enter(.look(index), inWorkingDays: isInstant ? 0...0 : 0...11)
    }

    private func deny(_ index: Int, _ view: CaseView) throws {
        let request = DecideCaseRequest(
            case: view.case,
            version: view.version,
            result: .deny,
            reason: "不符合法定条件",
            remedies: "六十日内申请行政复议，六个月内提起行政诉讼"
        )
        _ = try step(index, CasesMethods.decide, request)
    }

    // MARK: - The applicant

    /// The applicant supplies what is missing, or not all of it.
    func supply(_ index: Int) throws {
        let matter = matters[index]
        let view = try view(matter)
        switch view.state {
        case .waitCorrection, .joint:
            guard !view.missing.isEmpty else { return }
            let missing =
                world.chance.happens(oneIn: 4) ? Array(view.missing.prefix(1)) : []
            let request = ResubmitRequest(case: matter.serial, missing: missing)
            _ = try step(index, CasesMethods.resubmit, request, as: matter.applicant)
            if !missing.isEmpty { enter(.supply(index), inWorkingDays: 1...5) }
        case .acceptedGap:
            let request = CaseRequest(case: matter.serial)
            _ = try step(index, CasesMethods.supplyGap, request, as: matter.applicant)
        default: break
        }
    }
}
