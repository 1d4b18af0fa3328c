internal import CivilTime
internal import Deadlines
internal import Office
internal import Store

extension ReviewFile: ServedFile {
    static func absent(_ key: String, in context: some RecordContext) -> Refusal {
        context.absent(.review, ofCase: key)
    }

    /// The window is a clock of the case.
    static func assemble(
        _ record: ReviewRecord,
        _ clocks: [FileClock],
        in context: some RecordContext
    ) throws(HandlerFailure) -> ReviewFile {
        var file = ReviewFile(record: record, clocks: clocks)
        guard case .invited = record.progress else { return file }
        let matter = try context.open(CaseFile.self, record.key)
        if case .expired(let at)? = matter.clock(.review)?.deadline.state {
            file.closeWindow(at: at)
        }
        return file
    }

    func notify(in context: inout CommandContext) throws(HandlerFailure) {
        guard history.audits.contains(where: { NotificationKind(audit: $0.kind) != nil }) else {
            return
        }
        let matter = try context.open(CaseFile.self, record.key)
        try context.notify(of: history.audits, in: matter)
    }

    /// Saves what is counted of it anew, and links its steps.
    func willSave(in context: CommandContext) throws(HandlerFailure) {
        try context.link(self)
        let former = try context.loadIfPresent(ReviewRecord.self, record.key)
        let key = ReviewTally.Key(of: record)
        let stored = try context.loadIfPresent(ReviewTally.self, key)
        var tally = stored ?? ReviewTally(key)
        tally.count(record, insteadOf: former)
        if tally != stored { context.unit.save(tally) }
    }
}

extension CommandContext {
    /// Invites the applicant once a matter has been delivered, and closes the window with its clock.
    mutating func followDelivery(_ matter: CaseFile) throws(HandlerFailure) {
        guard matter.clock(.review) != nil else { return }
        var review: ReviewFile
        if let opened = try openIfPresent(ReviewFile.self, matter.record.key) {
            review = opened
        } else {
            let post = try loadIfPresent(PersonRecord.self, actor.login)?.post ?? ""
            review = ReviewFile.invite(of: matter, by: actor.login, from: post, at: now)
        }
        try save(&review)
    }
}
