/// What a clock measures. The raw values are stored and sent; their order is the order of ties.
package enum ClockKind: Int32, Hashable, Comparable, Sendable, CaseIterable {
    /// 受理通知: five working days to accept, refuse, or ask for corrections (行政许可法 32).
    case notice = 1
    /// 法定时限 (行政许可法 42).
    case statutory = 2
    /// 承诺时限: the office's own, shorter promise.
    case promised = 3
    /// 即办件: done the same working day.
    case instant = 4
    /// 容缺: the applicant's dated promise to supply what is missing.
    case gap = 5
    /// 送达 (行政许可法 44).
    case delivery = 6
    /// 征求意见: a co-handler's opinion.
    case opinion = 7
    /// 首问答复.
    case reply = 8
    /// 评价期: the applicant's review window.
    case review = 9
    /// 差评核实.
    case verify = 10
    /// 差评整改.
    case rectify = 11
    /// 证件有效期.
    case certificate = 12
    /// 年审.
    case annualCheck = 13
    /// 限期整改.
    case order = 14
    /// 任务.
    case task = 15
    /// 补正期限, where the city sets one.
    case correction = 16
    /// A deadline that a client armed for itself.
    case free = 17

    package static func < (left: ClockKind, right: ClockKind) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The rungs of a clock of the office: all cards for the promise, none for the applicant's own
    /// limits, red alone for the rest.
    package var cards: RungSet {
        switch self {
        case .promised: .cards
        case .gap, .review, .correction, .free: []
        default: .red
        }
    }

    /// Whether the file that owns such a clock changes when it runs out.
    package var expires: Bool {
        switch self {
        case .notice, .gap, .opinion, .review, .certificate, .annualCheck, .correction: true
        default: false
        }
    }
}
