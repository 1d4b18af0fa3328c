internal import Office
internal import Store

extension CertificateFile: ServedFile {
    static func absent(_ key: String, in context: some RecordContext) -> Refusal {
        .none(kind: .certificate, name: key)
    }

    static func assemble(
        _ record: CertificateRecord,
        _ clocks: [FileClock],
        in context: some RecordContext
    ) -> CertificateFile {
        CertificateFile(record: record, clocks: clocks)
    }

    /// Every change is announced.
    func willSave(in context: CommandContext) throws(HandlerFailure) {
        for audit in history.audits where audit.kind.hasPrefix("CERTIFICATE_") {
            let number = try context.nextKey(AnnouncementRecord.self)
            context.unit.save(
                AnnouncementRecord(
                    number: number,
                    at: audit.at,
                    certificate: record.key,
                    department: record.department,
                    what: audit.kind
                )
            )
        }
    }
}
