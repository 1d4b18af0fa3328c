internal import CivilTime
internal import Deadlines
internal import Office
internal import Store

extension JointFile: ServedFile {
    static func absent(_ key: String, in context: some RecordContext) -> Refusal {
        context.absent(.joint, ofCase: key)
    }

    /// The file as of the end of its case, when that has ended: what would have followed doesn't.
    static func assemble(
        _ record: JointRecord,
        _ clocks: [FileClock],
        in context: some RecordContext
    ) throws(HandlerFailure) -> JointFile {
        let matter = try context.open(CaseFile.self, record.key)
        var file = JointFile(
            record: record,
            clocks: clocks,
            matter: matter,
            coHandlers: try context.find(
                CoHandlerRecord.self,
                Search(prefix: [.text(record.key)], limit: .max)
            ).map(\.content)
        )
        var circumstances = context.circumstances
        if matter.record.state.isEnded,
            let end = matter.clocks.compactMap(\.deadline.endedAt).max()
        {
            circumstances.now = end
            file.settle(in: circumstances)
        }
        file.followMatter(in: circumstances)
        return file
    }

    func followSave(in context: inout CommandContext) throws(HandlerFailure) {
        let stored = try context.find(
            CoHandlerRecord.self,
            Search(prefix: [.text(record.key)], limit: .max)
        )
        for former in stored where coHandler(former.key.department) == nil {
            context.unit.delete(CoHandlerRecord.self, former.key)
        }
        for coHandler in coHandlers {
            context.unit.save(
                CoHandlerRecord(
                    coHandler,
                    of: record.key,
                    due: workDue(of: coHandler, on: context.now.date, in: context.calendars)
                )
            )
        }
        var matter = matter
        try context.save(&matter)
    }
}

extension CommandContext {
    /// Lets a joint approval see what has become of its case.
    mutating func followJointCase(_ matter: CaseFile) throws(HandlerFailure) {
        guard matter.record.isJoint else { return }
        if var joint = try openIfPresent(JointFile.self, matter.record.key) { try save(&joint) }
    }
}
