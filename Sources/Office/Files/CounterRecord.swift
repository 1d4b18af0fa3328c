package import Store

/// The last number that was given to a kind of file whose numbers people read out.
package struct CounterRecord: Record, Hashable {
    /// What is counted. Raw values are stored.
    package enum Count: Int64, Hashable, Sendable {
        case inquiries = 1
        case consultations = 2
    }

    package let key: Int64
    package var last: Int64

    package init(of count: Count, last: Int64) {
        key = count.rawValue
        self.last = last
    }

    /// The table is named after what was counted in it first.
    package static let table = Table(
        "inquiry_counter",
        key: [Column("id", .integer)],
        columns: [Column("last", .integer)]
    )

    package func write(to row: inout RowWriter) { row.integer(last) }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        last = try row.integer(in: 0...Int64.max / 2)
    }
}
