internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store
internal import WorkCalendar

/// What is due and overdue, cards, orders, and how units' work is assessed.
struct SupervisionService: Sendable {
    fileprivate let orders = AssignmentDesk(sort: .order)
}

// MARK: - Orders and notices

extension SupervisionService: SupervisionCommands {
    func issueOrder(
        _ request: IssueAssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try orders.issue(request, in: &context) }

    func receiveOrder(
        _ request: AssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try orders.receive(request, in: &context) }

    func reportOrder(
        _ request: AssignmentTextRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try orders.report(request, in: &context) }

    func acceptOrder(
        _ request: AssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try orders.accept(request, in: &context) }

    func returnOrder(
        _ request: AssignmentTextRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try orders.sendBack(request, in: &context) }

    func extendOrder(
        _ request: ExtendAssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try orders.extend(request, in: &context) }

    func withdrawOrder(
        _ request: AssignmentTextRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try orders.withdraw(request, in: &context) }

    func giveNotice(
        _ request: GiveNoticeRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> NoticeView {
        try validating(request)
        guard let kind = NoticeRecord.Kind(rawValue: request.kind.rawValue) else {
            throw .refused(.unknownValue(field: "kind", value: "\(request.kind)"))
        }
        try context.requireDepartment(request.department)
        let notice = NoticeRecord(
            number: try context.nextKey(NoticeRecord.self),
            kind,
            of: request.department,
            reason: request.reason,
            at: context.now
        )
        context.unit.save(notice)
        context.audit(
            kind == .commendation ? "DEPARTMENT_COMMENDED" : "DEPARTMENT_CRITICIZED",
            "department/\(notice.department)",
            "notice \(notice.key)"
        )
        return notice.view
    }

    func revokeCard(
        _ request: RevokeCardRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CardView {
        try validating(request)
        guard let rung = Deadlines.Rung(request.kind) else {
            throw .refused(.unknownValue(field: "kind", value: "\(request.kind)"))
        }
        let deadline = Int64(clamping: request.deadline)
        _ = try context.load(
            DeadlineRecord.self,
            deadline,
            or: .none(kind: .deadline, name: "\(request.deadline)")
        )
        let key = CardRecord.key(deadline: deadline, rung: rung)
        var card = try context.load(CardRecord.self, key, or: .noCard(deadline: deadline))
        let (actor, now) = (context.actor, context.now)
        try ruling { () throws(Refusal) in
            try card.revoke(reason: request.reason, by: actor, at: now)
        }
        context.unit.save(card)
        try context.count(card, by: -1)
        context.audit(
            "CARD_REVOKED",
            card.subject.contains("/") ? card.subject : "case/\(card.subject)",
            "\(card.clock) \(rung) of deadline \(deadline): \(Masking.scrubbed(request.reason))"
        )
        return card.view
    }

    // MARK: Rounds

    func openRound(
        _ request: OpenRoundRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> RoundView {
        try validating(request)
        for department in request.departments { try context.requireDepartment(department) }
        let number = try context.nextKey(RoundRecord.self)
        let round = try ruling { () throws(Refusal) in
            try RoundRecord(
                number: number,
                title: request.title,
                from: request.from,
                until: request.until,
                departments: request.departments
            )
        }
        context.unit.save(round)
        context.audit("ROUND_OPENED", "round/\(number)")
        return try context.view(round)
    }

    func commentRound(
        _ request: CommentRoundRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> RoundView {
        let round = try context.round(request.round)
        let department = context.actor.department
        guard round.departments.contains(department) else {
            throw .refused(.wrongDepartment(answers: round.departments.joined(separator: ", ")))
        }
        try validating(request)
        try ruling { () throws(Refusal) in try round.requireOpen() }
        let key = RoundScoreRecord.Key(round.key, department)
        var score =
            try context.loadIfPresent(RoundScoreRecord.self, key) ?? RoundScoreRecord(key)
        score.comment = request.text
        context.unit.save(score)
        context.audit("ROUND_COMMENTED", "round/\(round.key)", department)
        return try context.view(round)
    }

    /// What the records say by now is what stands for good.
    func freezeRound(
        _ request: RoundRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> RoundView {
        var round = try context.round(request.round)
        let now = context.now
        try ruling { () throws(Refusal) in try round.requireOpen() }
        for department in round.departments {
            let key = RoundScoreRecord.Key(round.key, department)
            var score =
                try context.loadIfPresent(RoundScoreRecord.self, key) ?? RoundScoreRecord(key)
            score.counts = try context.counts(of: department, in: round)
            context.unit.save(score)
        }
        try ruling { () throws(Refusal) in try round.freeze(at: now) }
        context.unit.save(round)
        context.audit("ROUND_FROZEN", "round/\(round.key)")
        return try context.view(round)
    }
}

// MARK: - Queries

extension SupervisionService: SupervisionQueries {
    func score(
        _ request: ScoreRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ScoreReply {
        try validating(request)
        let score = try ruling { () throws(Refusal) in
            try AssessmentScore(
                AssessmentCounts(
                    warningTriples: request.warningTriples,
                    yellow: request.yellow,
                    red: request.red,
                    completed: request.completed,
                    early: request.early
                )
            )
        }
        return ScoreReply(score: score.total, lines: score.lines.map(\.message))
    }

    func getOrder(
        _ request: AssignmentRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> AssignmentView { try orders.get(request, in: context) }

    func listOrders(
        _ request: ListAssignmentsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListAssignmentsReply { try orders.list(request, in: context) }

    func getRound(
        _ request: RoundRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> RoundView { try context.view(try context.round(request.round)) }

    func listRounds(
        _ request: ListRoundsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListRoundsReply {
        try validating(request)
        // There is a handful a year.
        let all = try context.find(RoundRecord.self, Search(limit: .max)).reversed()
        let rest = all.filter { request.before == 0 || $0.key < Int64(clamping: request.before) }
        let page = rest.prefix(Int(request.limit))
        return ListRoundsReply(rounds: page.map(\.head), more: page.count < rest.count)
    }

    func listNotices(
        _ request: ListNoticesRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListNoticesReply {
        try validating(request)
        let page = try context.page(
            NoticeRecord.self,
            Search(after: [.integer(Int64(clamping: request.after))], limit: Int(request.limit))
        )
        return ListNoticesReply(notices: page.records.map(\.view), more: page.isMore)
    }
}

extension RecordContext {
    fileprivate func round(_ number: UInt64) throws(HandlerFailure) -> RoundRecord {
        try load(RoundRecord.self, Int64(clamping: number), or: .noRound(number))
    }

    /// A round with its scores: frozen, or as they would come out now.
    fileprivate func view(_ round: RoundRecord) throws(HandlerFailure) -> RoundView {
        var view = round.head
        for department in round.departments {
            let stored = try loadIfPresent(
                RoundScoreRecord.self,
                RoundScoreRecord.Key(round.key, department)
            )
            let counts: AssessmentCounts
            if let frozen = stored?.counts {
                counts = frozen
            } else {
                counts = try self.counts(of: department, in: round)
            }
            let score = try ruling { () throws(Refusal) in try AssessmentScore(counts) }
            view.scores.append(
                RoundScore(
                    department: department,
                    score: score.total,
                    lines: score.lines.map(\.message),
                    comment: stored?.comment ?? ""
                )
            )
        }
        return view
    }

    /// What the records say of a department in a round's months; cards that were revoked don't count.
    fileprivate func counts(
        of department: String,
        in round: RoundRecord
    ) throws(HandlerFailure) -> AssessmentCounts {
        var sum = WorkTally(WorkTally.Key(round.first, department))
        var month = round.first
        while month <= round.last {
            if let tally = try loadIfPresent(WorkTally.self, WorkTally.Key(month, department)) {
                sum.add(tally)
            }
            month = month.adding(days: 31).startOfMonth
        }
        let calendar = calendars.current.calendar
        return AssessmentCounts(
            warningTriples: AssessmentCounts.triples(
                of: try daysWithReminders(department, in: round),
                isWorkingDay: calendar.isWorkingDay
            ),
            yellow: Int32(clamping: sum.yellow),
            red: Int32(clamping: sum.red),
            completed: Int32(clamping: sum.completed),
            early: Int32(clamping: min(sum.early, sum.completed))
        )
    }

    private func daysWithReminders(
        _ department: String,
        in round: RoundRecord
    ) throws(HandlerFailure) -> [CivilDate] {
        let pageSize = 1000
        var days: [CivilDate] = []
        let before = round.first.start.unixSeconds - 1
        var after: [Value] = [.integer(before)] + Array(repeating: .integer(.max), count: 3)
        while true {
            let cards = try find(
                CardRecord.self,
                Search(
                    by: CardRecord.byDepartment,
                    prefix: [.text(department)],
                    after: after,
                    limit: pageSize
                )
            )
            for card in cards where card.at.date <= round.lastDay {
                guard card.rung == .remind, card.revocation == nil else { continue }
                if days.last != card.at.date { days.append(card.at.date) }
            }
            guard cards.count == pageSize, let last = cards.last, last.at.date <= round.lastDay
            else { return days }
            after = [
                .integer(last.at.unixSeconds), .integer(Int64(last.rung.rawValue)),
                .integer(Int64(last.clock.rawValue)), .integer(last.key),
            ]
        }
    }
}

extension AssessmentScore.Line {
    fileprivate var message: ScoreLine {
        ScoreLine(
            item: ScoreItem(rawValue: item.rawValue),
            count: count,
            each: item.each,
            points: points
        )
    }
}

extension RoundRecord {
    /// The round without its scores.
    fileprivate var head: RoundView {
        RoundView(
            round: UInt64(clamping: key),
            title: title,
            from: first,
            until: lastDay,
            frozen: frozen
        )
    }
}

extension NoticeRecord {
    fileprivate var view: NoticeView {
        NoticeView(
            number: UInt64(clamping: key),
            kind: NoticeKind(rawValue: kind.rawValue),
            department: department,
            reason: reason,
            at: at
        )
    }
}
