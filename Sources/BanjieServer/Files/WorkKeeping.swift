internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store
internal import WorkCalendar

// What worklists and figures are read from, kept with every file's clocks.
extension CommandContext {
    /// Keeps a clock of a file on the worklist of whoever bears its cards, as long as it runs.
    func keepWork<File: ServedFile>(
        on clock: FileClock,
        of file: File,
        as record: DeadlineRecord
    ) throws(HandlerFailure) {
        // The applicants' own limits are nobody's work.
        guard !clock.kind.cards.isEmpty else { return }
        let known = try loadIfPresent(WorkRecord.self, record.key)
        guard record.deadline.isRunning else {
            guard let known else { return }
            unit.delete(WorkRecord.self, known.key)
            try addWork(-1, to: known.department)
            return publish(known, ended: true)
        }
        let work = WorkRecord(
            deadline: record.key,
            department: file.bearer(of: clock),
            person: file.worker(on: clock),
            due: record.listedDue ?? now.date,
            clock: clock.kind,
            subject: file.caseSerial ?? file.subject
        )
        guard work != known else { return }
        unit.save(work)
        if let known, known.department != work.department {
            try addWork(-1, to: known.department)
            publish(known, ended: true)
        }
        if known?.department != work.department { try addWork(1, to: work.department) }
        publish(work, ended: false)
    }

    private func addWork(_ count: Int64, to department: String) throws(HandlerFailure) {
        var record =
            try loadIfPresent(OpenWorkRecord.self, department)
            ?? OpenWorkRecord(department: department)
        record.add(count)
        unit.save(record)
    }

    private func publish(_ work: WorkRecord, ended: Bool) {
        let change = WorkChange(
            deadline: UInt64(clamping: work.key),
            department: work.department,
            ended: ended
        )
        unit.publish(EventDraft(topic: EventTopic.workChanged, payload: change.encoded()))
    }

    /// Adds to what is counted for a department and month.
    func count(_ counted: WorkTally) throws(HandlerFailure) {
        var tally = try loadIfPresent(WorkTally.self, counted.key) ?? WorkTally(counted.key)
        tally.add(counted)
        unit.save(tally)
    }

    /// Counts a card in the month in which it was issued, or takes it away.
    func count(_ card: CardRecord, by number: Int64 = 1) throws(HandlerFailure) {
        var tally = WorkTally(WorkTally.Key(card.at.date, card.department))
        tally.count(card.rung, by: number)
        try count(tally)
    }

    /// Keeps until when a matter was planned to stand, as long as it does.
    func keepPause(of file: CaseFile) throws(HandlerFailure) {
        if case .suspended(_, let days, _) = file.record.state {
            guard let paused = file.history.audits.last(where: { $0.kind == "CASE_PAUSED" }) else {
                return
            }
            let calendar = calendars.current.calendar
            let last = calendar.workingDay(Int(days), after: paused.at.date)
            return unit.save(PauseRecord(case: file.record.key, planned: last))
        }
        let hasGoneOn = file.history.audits.contains { $0.kind == "CASE_RESUMED" }
        guard hasGoneOn || file.record.state.isEnded,
            try loadIfPresent(PauseRecord.self, file.record.key) != nil
        else { return }
        unit.delete(PauseRecord.self, file.record.key)
    }
}
