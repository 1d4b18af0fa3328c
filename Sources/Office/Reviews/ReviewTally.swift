package import CivilTime
package import Store

/// Figures of reviews: of a department, an item, a post and who delivered from it, in a month.
package struct ReviewTally: Record, Hashable {
    package struct Key: RecordKey {
        /// The first day of the month of delivery.
        package let month: CivilDate
        package let department: String
        package let item: String
        package let post: String
        package let handler: String

        package init(of review: ReviewRecord) {
            month = review.delivered.startOfMonth
            department = review.department
            item = review.item
            post = review.post
            handler = review.handler
        }

        package func write(to row: inout RowWriter) {
            row.day(month)
            row.text(department)
            row.text(item)
            row.text(post)
            row.text(handler)
        }

        package init(row: inout RowReader) throws(StoreError) {
            month = try row.day()
            department = try row.text()
            item = try row.text()
            post = try row.text()
            handler = try row.text()
        }
    }

    package let key: Key
    package private(set) var invited: Int64 = 0
    package private(set) var rated: Int64 = 0
    package private(set) var satisfied: Int64 = 0

    package init(_ key: Key) { self.key = key }

    /// Takes a review in the place of what was counted for it before; nil when it is new.
    package mutating func count(_ review: ReviewRecord, insteadOf former: ReviewRecord?) {
        let (old, new) = (former.map(Counted.init) ?? Counted(), Counted(review))
        invited += new.invited - old.invited
        rated += new.rated - old.rated
        satisfied += new.satisfied - old.satisfied
    }

    private struct Counted {
        var invited: Int64 = 0
        var rated: Int64 = 0
        var satisfied: Int64 = 0

        init() {}

        init(_ review: ReviewRecord) {
            switch review.progress {
            case .excluded: break
            case .invited, .unrated: invited = 1
            case .satisfied: (invited, rated, satisfied) = (1, 1, 1)
            case .negative, .appealed: (invited, rated) = (1, 1)
            }
        }
    }

    package static let table = Table(
        "review_tally",
        key: [
            Column("month", .day), Column("department", .text), Column("item", .text),
            Column("post", .text), Column("handler", .text),
        ],
        columns: [
            Column("invited", .integer), Column("rated", .integer), Column("satisfied", .integer),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.integer(invited)
        row.integer(rated)
        row.integer(satisfied)
    }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        let counts: ClosedRange<Int64> = 0...Int64.max / 2
        invited = try row.integer(in: counts)
        rated = try row.integer(in: counts)
        satisfied = try row.integer(in: counts)
    }
}
