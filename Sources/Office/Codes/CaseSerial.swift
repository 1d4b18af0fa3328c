package import CivilTime

/// 办件编号: a case's serial: item code, day (yyyymmdd), and a number of four digits.
package struct CaseSerial: Hashable, Sendable, CustomStringConvertible {
    /// The most cases of one item on one day.
    package static let numberMax = 9999
    package let description: String

    /// - Precondition: `number` is within 1…9999.
    package init(item: ItemCode, day: CivilDate, number: Int) {
        precondition((1...Self.numberMax).contains(number))
        let digits = String(number)
        let leading = String(repeating: "0", count: 4 - digits.utf8.count)
        description = "\(item)\(Self.compact(day))\(leading)\(digits)"
    }

    /// `yyyymmdd`.
    package static func compact(_ day: CivilDate) -> String {
        String(day.description.filter { $0 != "-" })
    }
}
