internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store

extension CaseFile: ServedFile {
    static func absent(_ key: String, in context: some RecordContext) -> Refusal {
        .none(kind: .case, name: key)
    }

    static func assemble(
        _ record: CaseRecord,
        _ clocks: [FileClock],
        in context: some RecordContext
    ) -> CaseFile {
        CaseFile(record: record, clocks: clocks)
    }

    func willSave(in context: CommandContext) throws(HandlerFailure) {
        for tally in work(in: context.calendars) { try context.count(tally) }
        try context.keepPause(of: self)
    }

    func notify(in context: inout CommandContext) throws(HandlerFailure) {
        try context.notify(of: history.audits, in: self)
    }

    func followSave(in context: inout CommandContext) throws(HandlerFailure) {
        if record.state.isEnded { try context.endApplicantsTime(of: record.key) }
        context.unit.publish(
            EventDraft(
                topic: EventTopic.caseChanged,
                payload: record.change(at: context.now).encoded()
            )
        )
        try context.followDelivery(self)
        try context.followJointCase(self)
    }
}

extension RecordContext {
    /// What is missing when a case has no file of a kind, or isn't there itself.
    func absent(_ kind: Refusal.RecordKind, ofCase serial: String) -> Refusal {
        let isCase = (try? stored(CaseRecord.self, serial)) != nil
        return .none(kind: isCase ? kind : .case, name: serial)
    }
}
