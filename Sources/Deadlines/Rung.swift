package import CivilTime
package import WorkCalendar

/// What fires on the way to a deadline, in the order in which rungs of one instant fire.
package enum Rung: Int, Hashable, Comparable, Sendable, CaseIterable {
    /// 催办: at the opening of the charged day before the last.
    case remind = 1
    /// 黄牌: at the opening of charged day floor(0.9 N) + 1.
    case yellow = 2
    /// 红牌: when the clock is overdue.
    case red = 3
    /// The deadline's own end, at the instant of red and after it.
    case expire = 4

    package static func < (left: Rung, right: Rung) -> Bool { left.rawValue < right.rawValue }
}

extension Rung: CustomStringConvertible {
    /// The case's name, as the audit log has it: found without reflection, a million times at an opening.
    package var description: String {
        switch self {
        case .remind: "remind"
        case .yellow: "yellow"
        case .red: "red"
        case .expire: "expire"
        }
    }
}

/// A set of rungs.
package struct RungSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package init(_ rung: Rung) { rawValue = 1 << UInt8(rung.rawValue) }

    package static let remind = RungSet(.remind)
    package static let yellow = RungSet(.yellow)
    package static let red = RungSet(.red)
    package static let expire = RungSet(.expire)
    /// Reminder, yellow and red: the cards of a promised limit.
    package static let cards: RungSet = [.remind, .yellow, .red]

    package func contains(_ rung: Rung) -> Bool { contains(RungSet(rung)) }
}

/// A rung, and the instant as of which it fires.
package struct Firing: Hashable, Sendable {
    package let rung: Rung
    package let at: Instant

    package init(rung: Rung, at: Instant) {
        self.rung = rung
        self.at = at
    }
}

extension Firing: Comparable {
    package static func < (left: Firing, right: Firing) -> Bool {
        (left.at, left.rung) < (right.at, right.rung)
    }
}

extension Ledger {
    /// The moment of a reminder or a yellow card by this ledger; nil when it has none.
    ///
    /// A limit of one day has no reminder; limits in minutes and named days have neither.
    package func openingMoment(
        of rung: Rung,
        in calendar: WorkCalendar,
        on today: CivilDate
    ) -> Instant? {
        switch budget {
        case .workingMinutes, .through: return nil
        case .workingDays, .naturalDays: break
        }
        let number = rung == .remind ? total - 1 : total * 9 / 10 + 1
        guard number >= 1, number <= total else { return nil }
        let day = chargedDay(number, in: calendar, on: today)
        return Instant(day, secondOfDay: OfficeHours.opening)
    }
}
