package import CivilTime
package import Store

/// 草稿: a matter that its applicant prepares and hasn't brought. It has no clock, and nobody else sees it.
package struct DraftRecord: Record, Hashable {
    /// The most drafts of one person.
    package static let countMax = 50

    package let key: Int64
    /// The login of whose it is; empty once it is dropped.
    package private(set) var owner: String
    package let item: String
    package let channel: Channel
    package private(set) var details: PersonDetails
    /// What the applicant notes for himself.
    package private(set) var note: String
    /// The day of the last change, from which the time is counted for which it is kept.
    package private(set) var changed: CivilDate

    package init(
        number: Int64,
        of owner: String,
        item: String,
        channel: Channel,
        details: PersonDetails,
        note: String,
        on day: CivilDate
    ) {
        key = number
        self.owner = owner
        self.item = item
        self.channel = channel
        self.details = details
        self.note = note
        changed = day
    }

    package var isDropped: Bool { owner.isEmpty }

    /// Something that belongs to it was brought.
    package mutating func touch(on day: CivilDate) { changed = day }

    /// Makes it nobody's: its materials are erased before it, some at a time.
    package mutating func drop() {
        (owner, note) = ("", "")
        details = details.erased
        changed = CivilDate(daysSinceEpoch: 0)
    }

    /// Somebody's own, by number.
    package static let byOwner = Index("draft_by_owner", on: ["owner"])
    /// All, by the day of the last change.
    package static let byChange = Index("draft_by_change", on: ["changed"])

    package static let table = Table(
        "draft",
        key: [Column("number", .integer)],
        columns: PersonDetails.columns + [
            Column("owner", .text), Column("item", .text),
            Column("channel", .choice(of: Channel.self)),
            Column("note", .text, personal: true), Column("changed", .day),
        ],
        indexes: [byOwner, byChange]
    )

    package func write(to row: inout RowWriter) {
        details.write(to: &row)
        row.text(owner)
        row.text(item)
        row.enumeration(channel)
        row.text(note)
        row.day(changed)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        details = try PersonDetails(row: &row)
        owner = try row.text()
        item = try row.text()
        channel = try row.enumeration(Channel.self)
        note = try row.text()
        changed = try row.day()
    }
}

extension Refusal {
    package static func noDraft(_ number: UInt64) -> Refusal {
        .module(
            "NO_SUCH_DRAFT",
            zh: "没有第 \(number) 号草稿。",
            en: "There is no draft \(number)."
        )
    }
}
