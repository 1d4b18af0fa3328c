internal import Office

extension InquiryFile: ServedFile {
    static func absent(_ key: String, in context: some RecordContext) -> Refusal {
        .none(kind: .inquiry, name: key)
    }

    static func assemble(
        _ record: InquiryRecord,
        _ clocks: [FileClock],
        in context: some RecordContext
    ) -> InquiryFile {
        InquiryFile(record: record, clocks: clocks)
    }
}
