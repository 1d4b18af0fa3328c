package import CivilTime
package import Store

/// 公告 or 典型案例: what a department has to say to everybody.
package struct PublicationRecord: Record, Hashable {
    package enum Kind: Int32, Hashable, Sendable, CaseIterable {
        /// 公告
        case announcement = 1
        /// 典型案例
        case modelCase = 2
    }

    package enum Progress: Hashable, Sendable {
        /// 起草
        case drafted
        /// 已发布
        case published(Publishing)
        /// 已撤下
        case takenDown(Publishing, reason: String)
    }

    package struct Publishing: Hashable, Sendable {
        package let at: Instant
        package let channels: [String]
    }

    package let key: Int64
    package let kind: Kind
    package let department: String
    package let title: String
    package let text: String
    package private(set) var progress = Progress.drafted

    /// - Throws: `personalData` when it holds somebody's ID or telephone number.
    package init(
        number: Int64,
        _ kind: Kind,
        by department: String,
        title: String,
        text: String
    ) throws(Refusal) {
        for (field, value) in [("title", title), ("text", text)]
        where Masking.scrubbed(value) != value {
            throw .outOfRange(field: field, allowed: "without ID and telephone numbers")
        }
        key = number
        self.kind = kind
        self.department = department
        self.title = title
        self.text = text
    }

    /// The state's name on the wire and in refusals.
    package var state: String {
        switch progress {
        case .drafted: "DRAFTED"
        case .published: "PUBLISHED"
        case .takenDown: "TAKEN_DOWN"
        }
    }

    /// Where and when it was published, if it ever was.
    package var publishing: Publishing? {
        switch progress {
        case .drafted: nil
        case .published(let publishing), .takenDown(let publishing, _): publishing
        }
    }

    /// - Throws: `wrongState` unless it is a draft.
    package mutating func publish(
        through channels: [String],
        at now: Instant
    ) throws(Refusal) {
        guard case .drafted = progress else { throw .wrongState(state) }
        progress = .published(Publishing(at: now, channels: channels))
    }

    /// - Throws: `wrongState` unless it is published.
    package mutating func takeDown(reason: String) throws(Refusal) {
        guard case .published(let publishing) = progress else { throw .wrongState(state) }
        progress = .takenDown(publishing, reason: reason)
    }

    package static let table = Table(
        "publication",
        key: [Column("id", .integer)],
        columns: [
            Column("kind", .choice(of: Kind.self)), Column("department", .text),
            Column("title", .text),
            Column("text", .text), Column("published", .instant, optional: true),
            Column("channels", .list(of: .text), optional: true),
            Column("taken_down", .text, optional: true),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.enumeration(kind)
        row.text(department)
        row.text(title)
        row.text(text)
        row.instant(publishing?.at)
        row.texts(publishing?.channels)
        if case .takenDown(_, let reason) = progress { row.text(reason) } else { row.null() }
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        kind = try row.enumeration(Kind.self)
        department = try row.text()
        title = try row.text()
        text = try row.text()
        let at = try row.optionalInstant()
        let channels = try row.optionalTexts()
        let reason = try row.optionalText()
        guard let at, let channels else { return }
        let publishing = Publishing(at: at, channels: channels)
        progress = reason.map { .takenDown(publishing, reason: $0) } ?? .published(publishing)
    }
}
