package import CivilTime
package import Store

/// A step of a review in the chain of all reviews' steps: what happened, and a hash over it and all before.
package struct ReviewLinkRecord: Record, Hashable {
    /// Counts the steps, from 1.
    package let key: Int64
    package let at: Instant
    package let caseSerial: String
    /// The past tense of what happened.
    package let what: String
    package let by: String
    package let state: ReviewFile.State
    /// 0 without one.
    package let grade: Int32
    package let hash: [UInt8]

    package init(
        sequence: Int64,
        at: Instant,
        case serial: String,
        what: String,
        by: String,
        state: ReviewFile.State,
        grade: Int32,
        hash: [UInt8]
    ) {
        key = sequence
        self.at = at
        caseSerial = serial
        self.what = what
        self.by = by
        self.state = state
        self.grade = grade
        self.hash = hash
    }

    package static let table = Table(
        "review_link",
        key: [Column("sequence", .integer)],
        columns: [
            Column("at", .instant), Column("case_serial", .text), Column("what", .text),
            Column("by_login", .text), Column("state", .text), Column("grade", .integer),
            Column("hash", .digest),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.instant(at)
        row.text(caseSerial)
        row.text(what)
        row.text(by)
        row.text(state.rawValue)
        row.integer(Int64(grade))
        row.digest(hash)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        at = try row.instant()
        caseSerial = try row.text()
        what = try row.text()
        by = try row.text()
        let name = try row.text()
        guard let state = ReviewFile.State(rawValue: name) else {
            throw row.mismatch("the state of a review", .text(name))
        }
        self.state = state
        grade = try row.integer(as: Int32.self)
        hash = try row.blob()
    }
}

/// The end of the chain of reviews' steps.
package struct ReviewChainRecord: Record, Hashable {
    /// There is one.
    package static let onlyKey: Int64 = 1

    package let key: Int64
    package let sequence: Int64
    package let hash: [UInt8]

    package init(sequence: Int64, hash: [UInt8]) {
        key = Self.onlyKey
        self.sequence = sequence
        self.hash = hash
    }

    package static let table = Table(
        "review_chain",
        key: [Column("id", .integer)],
        columns: [Column("sequence", .integer), Column("hash", .digest)]
    )

    package func write(to row: inout RowWriter) {
        row.integer(sequence)
        row.digest(hash)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        sequence = try row.integer(in: 0...Int64.max / 2)
        hash = try row.blob()
    }
}
