package import CivilTime
package import Store

/// A matter that stands, and how long that was planned to last.
package struct PauseRecord: Record, Hashable {
    /// The case serial.
    package let key: String
    /// The last day of the pause as the applicant was told it.
    package let planned: CivilDate

    package init(case serial: String, planned: CivilDate) {
        key = serial
        self.planned = planned
    }

    /// The pause that should end first, first.
    package static let byEnd = Index("pause_by_end", on: ["planned"])

    package static let table = Table(
        "pause",
        key: [Column("case_serial", .text)],
        columns: [Column("planned", .day)],
        indexes: [byEnd]
    )

    package func write(to row: inout RowWriter) { row.day(planned) }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        planned = try row.day()
    }
}
