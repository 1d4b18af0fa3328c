package import CivilTime
package import Store

/// 办事指南: how an item is brought, beside what the item itself says. An edition is never changed: the next
/// one takes its place.
package struct GuideRecord: Record, Hashable {
    package struct Key: RecordKey {
        package let item: String
        /// From 1.
        package let edition: Int64

        package init(_ item: String, edition: Int64) {
            self.item = item
            self.edition = edition
        }

        package func write(to row: inout RowWriter) {
            row.text(item)
            row.integer(edition)
        }

        package init(row: inout RowReader) throws(StoreError) {
            item = try row.text()
            edition = try row.integer(in: 1...Int64(UInt32.max))
        }
    }

    /// 申请材料
    package struct Material: Hashable, Sendable {
        package let name: String
        package let originals: Int32
        package let copies: Int32
        /// 可容缺: it may follow later.
        package let isDeferrable: Bool
        /// It is taken as a file.
        package let isElectronic: Bool
        package let note: String

        package init(
            name: String,
            originals: Int32,
            copies: Int32,
            isDeferrable: Bool,
            isElectronic: Bool,
            note: String
        ) {
            self.name = name
            self.originals = originals
            self.copies = copies
            self.isDeferrable = isDeferrable
            self.isElectronic = isElectronic
            self.note = note
        }
    }

    package struct Fee: Hashable, Sendable {
        package let name: String
        package let amount: String
        package let basis: String

        package init(name: String, amount: String, basis: String) {
            self.name = name
            self.amount = amount
            self.basis = basis
        }
    }

    /// 送达方式
    package enum Delivery: Int32, Hashable, Sendable, CaseIterable {
        case counter = 1
        case mail = 2
        case download = 3
    }

    /// What is written in it.
    package struct Content: Hashable, Sendable {
        /// 责任岗位; nil where the department answers.
        package var post: String?
        /// 设定依据
        package var basis: [String] = []
        /// 服务对象
        package var applicants = ""
        /// 受理条件
        package var conditions: [String] = []
        package var materials: [Material] = []
        /// Empty when it costs nothing.
        package var fees: [Fee] = []
        /// 受理渠道
        package var channels: Set<Channel> = []
        /// 到现场次数
        package var visits: Int32 = 0
        package var place = ""
        /// The department's when empty, as the next.
        package var phone = ""
        package var complaintPhone = ""
        /// 办理结果
        package var result = ""
        package var delivery: Set<Delivery> = []
        /// 救济途径
        package var remedies: [String] = []

        package init() {}
    }

    package let key: Key
    package let content: Content
    package let since: Instant

    /// - Throws: `outOfRange` when it can be brought nowhere but online and one is to come, or the other way
    ///   round.
    package init(_ key: Key, _ content: Content, at now: Instant) throws(Refusal) {
        let isOnlineOnly = content.channels.isSubset(of: Channel.online)
        if isOnlineOnly, content.visits > 0 {
            throw .outOfRange(field: "visits", allowed: "0, for what is brought online alone")
        }
        if content.channels.isDisjoint(with: Channel.remote), content.visits == 0 {
            throw .outOfRange(field: "visits", allowed: "1 or more, for what is brought in person")
        }
        self.key = key
        self.content = content
        since = now
    }

    package static let table = Table(
        "guide",
        key: [Column("item", .text), Column("edition", .integer)],
        columns: [
            Column("since", .instant), Column("post", .text, optional: true),
            Column("basis", .list(of: .text)), Column("applicants", .text),
            Column("conditions", .list(of: .text)),
            Column("materials", .rows(Material.columns)), Column("fees", .rows(Fee.columns)),
            Column("channels", .set(of: Channel.self)),
            Column("visits", .integer), Column("place", .text), Column("phone", .text),
            Column("complaint_phone", .text), Column("result", .text),
            Column("delivery", .set(of: Delivery.self)), Column("remedies", .list(of: .text)),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.instant(since)
        row.text(content.post)
        row.texts(content.basis)
        row.text(content.applicants)
        row.texts(content.conditions)
        row.list(content.materials.map(\.values))
        row.list(content.fees.map(\.values))
        row.set(content.channels)
        row.integer(Int64(content.visits))
        row.text(content.place)
        row.text(content.phone)
        row.text(content.complaintPhone)
        row.text(content.result)
        row.set(content.delivery)
        row.texts(content.remedies)
    }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        since = try row.instant()
        var content = Content()
        content.post = try row.optionalText()
        content.basis = try row.texts()
        content.applicants = try row.text()
        content.conditions = try row.texts()
        for values in try ValueList.decode(try row.blob()) {
            guard let material = Material(values) else {
                throw row.mismatch("a material", .blob([]))
            }
            content.materials.append(material)
        }
        for values in try ValueList.decode(try row.blob()) {
            guard let fee = Fee(values) else { throw row.mismatch("a fee", .blob([])) }
            content.fees.append(fee)
        }
        content.channels = try row.set(of: Channel.self)
        content.visits = try row.integer(as: Int32.self)
        content.place = try row.text()
        content.phone = try row.text()
        content.complaintPhone = try row.text()
        content.result = try row.text()
        content.delivery = try row.set(of: Delivery.self)
        content.remedies = try row.texts()
        self.content = content
    }
}

extension GuideRecord.Material {
    fileprivate static let columns = [
        Column("name", .text), Column("originals", .integer), Column("copies", .integer),
        Column("deferrable", .flag), Column("electronic", .flag), Column("note", .text),
    ]

    fileprivate var values: [Value] {
        [
            .text(name), .integer(Int64(originals)), .integer(Int64(copies)),
            .integer(isDeferrable ? 1 : 0), .integer(isElectronic ? 1 : 0), .text(note),
        ]
    }

    fileprivate init?(_ values: [Value]) {
        guard values.count == 6, case .text(let name) = values[0],
            case .integer(let originals) = values[1], case .integer(let copies) = values[2],
            case .integer(let isDeferrable) = values[3],
            case .integer(let isElectronic) = values[4],
            case .text(let note) = values[5]
        else { return nil }
        self.init(
            name: name,
            originals: Int32(clamping: originals),
            copies: Int32(clamping: copies),
            isDeferrable: isDeferrable != 0,
            isElectronic: isElectronic != 0,
            note: note
        )
    }
}

extension GuideRecord.Fee {
    fileprivate static let columns = [
        Column("name", .text), Column("amount", .text), Column("basis", .text),
    ]

    fileprivate var values: [Value] { [.text(name), .text(amount), .text(basis)] }

    fileprivate init?(_ values: [Value]) {
        guard values.count == 3, case .text(let name) = values[0],
            case .text(let amount) = values[1], case .text(let basis) = values[2]
        else { return nil }
        self.init(name: name, amount: amount, basis: basis)
    }
}

extension Channel {
    /// The ways that need nobody to leave home, nor paper.
    static let online: Set<Channel> = [.pc, .mobile]
    /// The ways by which one may bring a matter without coming.
    static let remote: Set<Channel> = online.union([.phone, .post])
}

/// 网上办理深度: how far an item goes without coming.
///
/// Source: the four levels by which the State Council's yearly assessment (网上政务服务能力评估) counts items.
package enum ServiceDepth: Int32, Hashable, Sendable {
    /// 信息公开
    case information = 1
    /// 网上预审
    case preliminary = 2
    /// 最多跑一次
    case oneVisit = 3
    /// 全程网办
    case whollyOnline = 4

    /// What a guide's item really offers: online is what takes every material as a file, too.
    package init(of guide: GuideRecord.Content) {
        let isOnline =
            !guide.channels.isDisjoint(with: Channel.online)
            && guide.materials.allSatisfy(\.isElectronic)
        self =
            switch guide.visits {
            case _ where !isOnline: .information
            case 0 where guide.delivery != [.counter]: .whollyOnline
            case 0, 1: .oneVisit
            default: .preliminary
            }
    }
}
