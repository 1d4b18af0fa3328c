package import CivilTime

/// 协办部门: a department whose opinion is asked for, and where it stands.
package struct CoHandler: Hashable, Sendable {
    /// What the opinion is needed for. Raw values are stored.
    package enum Role: Int32, Hashable, Sendable, CaseIterable {
        /// 征求意见: silence after it has signed counts as consent.
        case consult = 1
        /// 并联许可: silence grants nothing.
        case licensor = 2
    }

    /// Why it is before the coordinating office. Raw values are stored.
    package enum Escalation: Int32, Hashable, Sendable, CaseIterable {
        /// It says that the matter isn't its own.
        case notMine = 1
        /// Its time is over.
        case timeout = 2
    }

    package enum Standing: Hashable, Sendable {
        /// Asked: 待签收, or 已签收 once it has signed.
        case asked
        /// 已反馈
        case answered(Opinion, at: Instant)
        /// 逾期视为同意
        case agreedByDefault(at: Instant)
        /// 提请协调: it may still answer, once it has signed.
        case escalated(Escalation)
    }

    package let department: String
    package let role: Role
    package internal(set) var standing: Standing
    /// When it signed; nil when it hasn't.
    package internal(set) var signed: Instant?
    /// How often it has been asked: again after the applicant has corrected what it wanted corrected.
    package internal(set) var round: Int64
    /// What the applicant corrected since it was asked before.
    package internal(set) var corrected: [String]

    package init(_ department: String, as role: Role) {
        self.department = department
        self.role = role
        standing = .asked
        round = 1
        corrected = []
    }

    /// Whether its opinion is still to come.
    package var isAwaited: Bool {
        switch standing {
        case .asked, .escalated: true
        case .answered, .agreedByDefault: false
        }
    }

    package var isEscalated: Bool {
        if case .escalated = standing { true } else { false }
    }

    /// What was said to its disagreement; nil when nothing.
    package var override: Opinion.Override? {
        if case .answered(.disagree(_, let override), _) = standing { override } else { nil }
    }

    /// What it wants corrected; nil when nothing.
    var corrections: [String]? {
        if case .answered(.correction(_, let items), _) = standing { items } else { nil }
    }
}

/// 意见: what a co-handler says.
package enum Opinion: Hashable, Sendable {
    /// 同意; when forwarded, it is to be reported up.
    case agree(forwarded: Bool, remark: String)
    /// 不同意
    case disagree(reason: String, Override?)
    /// 需补正
    case correction(reason: String, items: [String])

    /// 否决不采纳: the lead goes on in spite of a disagreement.
    package struct Override: Hashable, Sendable {
        package let reason: String
        package let at: Instant
        /// When the reasons reached the department; nil before.
        package internal(set) var served: Instant?
    }

    /// What was said with it.
    package var reason: String {
        switch self {
        case .agree(_, let remark): remark
        case .disagree(let reason, _), .correction(let reason, _): reason
        }
    }
}
