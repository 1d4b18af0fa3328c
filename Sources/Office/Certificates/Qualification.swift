package import CivilTime

/// What an officer has of what a certificate needs: the year's hours of training, and the exam (执法人员培训考试).
package struct Qualification: Hashable, Sendable {
    /// The better of this year's and the last one's hours.
    package let hours: Int32
    /// When an exam that qualifies was passed last; nil when none was.
    package let passed: Instant?

    package init(hours: Int32, passed: Instant?) {
        self.hours = hours
        self.passed = passed
    }

    /// - Parameter since: when the exam counts from, for a renewal; nil for a first certificate.
    /// - Throws: `notQualified` with what is lacking.
    package func require(by policy: Policy, since: Instant? = nil) throws(Refusal) {
        let hasExam = passed.map { passed in since.map { passed > $0 } ?? true } ?? false
        guard hours < policy.trainingHours || !hasExam else { return }
        throw .notQualified(hours: hours, of: policy.trainingHours, hasExam: hasExam)
    }
}

extension CertificateRecord {
    /// The first day of the six months in which a certificate that is valid to a day may be renewed.
    package static func renewable(beforeEnd last: CivilDate) -> CivilDate {
        let (year, month, day) = last.fields
        let (y, m) = month > 6 ? (year, month - 6) : (year - 1, month + 6)
        // The same day, or the month's last where there is none.
        for candidate in stride(from: day, through: 28, by: -1) {
            if let found = CivilDate(year: y, month: m, day: candidate) { return found }
        }
        return CivilDate(year: y, month: m, day: min(day, 28)) ?? last
    }
}

extension Refusal {
    static func notQualified(hours: Int32, of required: Int32, hasExam: Bool) -> Refusal {
        .module(
            "NOT_QUALIFIED",
            zh: "培训 \(hours) 学时，须满 \(required) 学时；资格考试\(hasExam ? "已" : "未")通过。",
            en: "There are \(hours) hours of training, where \(required) are needed; the exam "
                + (hasExam ? "is passed." : "isn't passed.")
        )
    }

    static func tooEarly(from day: CivilDate) -> Refusal {
        .module(
            "TOO_EARLY",
            zh: "自 \(day) 起方可换证。",
            en: "It may be renewed from \(day) on."
        )
    }
}
