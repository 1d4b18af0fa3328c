internal import Office

extension AssignmentFile: ServedFile {
    static func absent(_ key: String, in context: some RecordContext) -> Refusal {
        .noAssignment(key)
    }

    static func assemble(
        _ record: AssignmentRecord,
        _ clocks: [FileClock],
        in context: some RecordContext
    ) -> AssignmentFile {
        AssignmentFile(record: record, clocks: clocks)
    }
}
