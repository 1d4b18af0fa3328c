/// 中止事由: what the law lets stop a limit, a closed list (行政许可法 45). Raw values are stored.
package enum PauseReason: Int32, Hashable, Sendable, CaseIterable {
    case hearing = 1
    case bidding = 2
    case auction = 3
    case inspection = 4
    case testing = 5
    case quarantine = 6
    case appraisal = 7
    case expertReview = 8
}

extension PauseReason: CustomStringConvertible {
    /// The name in the schema, as ledgers and the audit log keep it.
    package var description: String {
        switch self {
        case .hearing: "HEARING"
        case .bidding: "BIDDING"
        case .auction: "AUCTION"
        case .inspection: "INSPECTION"
        case .testing: "TESTING"
        case .quarantine: "QUARANTINE"
        case .appraisal: "APPRAISAL"
        case .expertReview: "EXPERT_REVIEW"
        }
    }
}

/// Where a matter came in. Raw values are stored.
package enum Channel: Int32, Hashable, Sendable, CaseIterable {
    case window = 1
    case pc = 2
    case mobile = 3
    case terminal = 4
    case phone = 5
    case post = 6
}

/// 决定: the outcome, with what the applicant must be told (行政许可法 38).
package struct Decision: Hashable, Sendable {
    package enum Result: Int32, Hashable, Sendable, CaseIterable {
        case grant = 1
        case deny = 2
    }

    package let result: Result
    package let reason: String
    /// The ways to appeal; never empty for a denial.
    package let remedies: String

    /// - Throws: `remediesRequired` for a denial without any.
    package init(_ result: Result, reason: String, remedies: String) throws(Refusal) {
        if result == .deny && remedies.isEmpty { throw .remediesRequired }
        self.result = result
        self.reason = reason
        self.remedies = remedies
    }

    init(stored result: Result, reason: String, remedies: String) {
        self.result = result
        self.reason = reason
        self.remedies = remedies
    }
}

/// The state of a case (办件状态), with what belongs to it.
package enum CaseState: Hashable, Sendable {
    /// An accepted matter on its way to a decision. Raw values are stored.
    package enum Stage: Int32, Hashable, Sendable, CaseIterable {
        /// 受理
        case accepted = 1
        /// 容缺受理
        case acceptedWithGap = 2
        /// 视为受理 (行政许可法 32)
        case deemedAccepted = 3
        /// 审查
        case inReview = 4
        /// 联审联办
        case joint = 5
    }

    /// 收件: waits for acceptance.
    case received
    /// 待补正: waits for the applicant, with what is still missing.
    case waitCorrection(missing: [String])
    case active(Stage)
    /// 中止: no time is charged; the stage is the one to which it returns.
    case suspended(PauseReason, plannedDays: Int32, from: Stage)
    /// 决定
    case decided(Decision)
    /// 送达
    case delivered(Decision)
    /// 归档
    case archived(Decision)
    /// 不予受理: with the competent agency when the matter isn't ours.
    case notAccepted(reason: String, competentAgency: String?)
    /// 逾期未补正
    case lapsed
    /// 终止
    case terminated
    /// 撤回
    case withdrawn

    /// The state's name on the wire and in refusals.
    package var name: String {
        switch self {
        case .received: "RECEIVED"
        case .waitCorrection: "WAIT_CORRECTION"
        case .active(.accepted): "ACCEPTED"
        case .active(.acceptedWithGap): "ACCEPTED_GAP"
        case .active(.deemedAccepted): "ACCEPTED_DEEMED"
        case .active(.inReview): "IN_REVIEW"
        case .active(.joint): "JOINT"
        case .suspended: "SUSPENDED"
        case .decided: "DECIDED"
        case .delivered: "DELIVERED"
        case .archived: "ARCHIVED"
        case .notAccepted: "NOT_ACCEPTED"
        case .lapsed: "LAPSED"
        case .terminated: "TERMINATED"
        case .withdrawn: "WITHDRAWN"
        }
    }

    /// Whether nothing more is done with the matter itself: from here on the time is counted for which
    /// the applicant's personal data are kept.
    package var isEnded: Bool {
        switch self {
        case .received, .waitCorrection, .active, .suspended, .decided: false
        case .delivered, .archived, .notAccepted, .lapsed, .terminated, .withdrawn: true
        }
    }

    /// The decision, once there is one.
    package var decision: Decision? {
        switch self {
        case .decided(let decision), .delivered(let decision), .archived(let decision): decision
        default: nil
        }
    }
}
