package import CivilTime
import Deadlines
package import Store
import WorkCalendar

/// What an applicant is told of a matter or a consultation without asking (告知). Raw values are stored and sent.
package enum NotificationKind: Int32, Hashable, Sendable, CaseIterable {
    /// 已收件
    case received = 1
    /// 已受理
    case accepted = 2
    /// 容缺受理
    case acceptedWithGap = 3
    /// 视为受理
    case deemedAccepted = 4
    /// 不予受理
    case notAccepted = 5
    /// 一次性告知补正
    case correction = 6
    /// 中止
    case suspended = 7
    /// 恢复
    case resumed = 8
    /// 延期
    case extended = 9
    /// 已决定
    case decided = 10
    /// 已送达，邀请评价
    case delivered = 11
    /// 终止
    case terminated = 12
    /// 逾期未补正
    case lapsed = 13
    /// 差评已办结
    case reviewClosed = 14
    /// 咨询已答复
    case consultationAnswered = 15

    /// What an audit entry of a file is to its applicant; nil for what they did themselves, or needn't know.
    package init?(audit kind: String) {
        switch kind {
        case "CASE_SUBMITTED": self = .received
        case "CASE_ACCEPTED": self = .accepted
        case "CASE_ACCEPTED_WITH_GAP": self = .acceptedWithGap
        case "CASE_DEEMED_ACCEPTED": self = .deemedAccepted
        case "CASE_NOT_ACCEPTED": self = .notAccepted
        case "CASE_CORRECTION_NOTIFIED", "CASE_JOINT_CORRECTION_NOTIFIED": self = .correction
        case "CASE_PAUSED": self = .suspended
        case "CASE_RESUMED": self = .resumed
        case "CASE_EXTENDED": self = .extended
        case "CASE_DECIDED": self = .decided
        case "CASE_DELIVERED": self = .delivered
        case "CASE_TERMINATED": self = .terminated
        case "CASE_LAPSED": self = .lapsed
        case "REVIEW_CLOSED": self = .reviewClosed
        case "CONSULTATION_ANSWERED": self = .consultationAnswered
        default: return nil
        }
    }
}

extension CaseFile {
    /// The sentence in which an applicant is told something of the matter. It names nobody.
    ///
    /// Sources: 行政许可法 32 (corrections, refusal), 38 (decision), 42 (extension), 45 (what stops a limit).
    package func sentence(
        for kind: NotificationKind,
        in circumstances: Circumstances
    ) -> String {
        func due(_ clock: ClockKind) -> String {
            guard let deadline = self.clock(clock)?.deadline else { return "" }
            let day = deadline.due(on: circumstances.today, in: circumstances.calendars)
            return "\(day)"
        }
        let what =
            switch kind {
            case .received: "已收件，\(due(.notice))前告知是否受理"
            case .accepted, .deemedAccepted, .resumed:
                "\(Self.words[kind] ?? "")，承诺\(due(.promised))前办结，法定期限至\(due(.statutory))"
            case .acceptedWithGap:
                "已容缺受理，请于\(due(.gap))前补齐，承诺\(due(.promised))前办结"
            case .extended: "经批准延期，法定期限至\(due(.statutory))"
            case .correction: "须补正\(missing.count)项材料：\(missing.joined(separator: "；"))"
            case .suspended:
                "因\(suspension?.reason.chinese ?? "")中止，预计\(suspension?.days ?? 0)个工作日，所需时间不计入期限"
            case .notAccepted: "不予受理，原因见通知书"
            case .decided: "已作出决定，\(due(.delivery))前送达"
            case .delivered: "已送达，请于\(due(.review))前评价本次服务"
            case .terminated: "因未按承诺补齐材料已终止"
            case .lapsed: "因逾期未补正已终止"
            case .reviewClosed: "的评价已办结"
            case .consultationAnswered: preconditionFailure("a matter is no consultation")
            }
        return "您的办件\(record.key)\(what)。"
    }

    private static let words: [NotificationKind: String] = [
        .accepted: "已受理", .deemedAccepted: "逾期未告知，视为受理", .resumed: "恢复办理",
    ]

    private var missing: [String] {
        if case .waitCorrection(let missing) = record.state { return missing }
        return record.jointCorrections
    }

    private var suspension: (reason: PauseReason, days: Int32)? {
        guard case .suspended(let reason, let days, _) = record.state else { return nil }
        return (reason, days)
    }
}

extension ConsultationFile {
    /// The sentence in which somebody is told that there is an answer. What it is they read signed in.
    package var answeredSentence: String { "您的第\(record.number)号咨询已答复，请登录查看。" }
}

extension PauseReason {
    /// As the law has it (行政许可法 45).
    package var chinese: String {
        switch self {
        case .hearing: "听证"
        case .bidding: "招标"
        case .auction: "拍卖"
        case .inspection: "检验"
        case .testing: "检测"
        case .quarantine: "检疫"
        case .appraisal: "鉴定"
        case .expertReview: "专家评审"
        }
    }
}

/// A notification to an applicant: kept in the transaction of what it tells of, so that none is lost and none
/// is told of what didn't happen.
package struct NotificationRecord: Record, Hashable {
    package enum Delivery: Hashable, Sendable {
        /// It waits for the gateway, with the code that goes out with it, if any.
        case waiting(code: String?)
        /// The gateway has it; the code is forgotten.
        case handedOver(Instant)
    }

    package let key: Int64
    /// The applicant's login.
    package let recipient: String
    /// What it tells of: the case serial, or the consultation's key.
    package let subject: String
    package let kind: NotificationKind
    package let at: Instant
    package let text: String
    package private(set) var delivery: Delivery

    package init(
        number: Int64,
        to recipient: String,
        of subject: String,
        _ kind: NotificationKind,
        _ text: String,
        code: String?,
        at: Instant
    ) {
        key = number
        self.recipient = recipient
        self.subject = subject
        self.kind = kind
        self.text = Masking.scrubbed(text)
        self.at = at
        delivery = .waiting(code: code)
    }

    /// The gateway has it: the first time counts.
    package mutating func handOver(at now: Instant) {
        if case .waiting = delivery { delivery = .handedOver(now) }
    }

    /// An applicant's, by number.
    package static let byRecipient = Index("notification_by_recipient", on: ["recipient"])
    /// Those that wait, by number.
    package static let waiting = Index("notification_waiting", on: ["waiting"])

    package static let table = Table(
        "notification",
        key: [Column("number", .integer)],
        columns: [
            Column("recipient", .text), Column("case_serial", .text),
            Column("kind", .choice(of: NotificationKind.self)),
            Column("at", .instant), Column("text", .text),
            Column("code", .text, optional: true, personal: true),
            Column("waiting", .flag, optional: true),
            Column("handed_over", .instant, optional: true),
        ],
        indexes: [byRecipient, waiting]
    )

    package func write(to row: inout RowWriter) {
        row.text(recipient)
        row.text(subject)
        row.enumeration(kind)
        row.instant(at)
        row.text(text)
        switch delivery {
        case .waiting(let code):
            row.text(code)
            row.flag(true)
            row.null()
        case .handedOver(let at):
            row.null()
            row.null()
            row.instant(at)
        }
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        recipient = try row.text()
        subject = try row.text()
        kind = try row.enumeration(NotificationKind.self)
        at = try row.instant()
        text = try row.text()
        let code = try row.optionalText()
        _ = try row.optionalInteger()
        delivery =
            try row.optionalInstant().map { .handedOver($0) } ?? .waiting(code: code)
    }
}
