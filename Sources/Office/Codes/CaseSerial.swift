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

    /// The year of the day on which a serial was given; nil for what is no serial.
    package static func year(of serial: String) -> Int32? {
        let bytes = Array(serial.utf8)
        guard bytes.count == ItemCode.length + 12 else { return nil }
        return Int32(String(decoding: bytes[ItemCode.length..<ItemCode.length + 4], as: UTF8.self))
    }

    /// `yyyymmdd`.
    package static func compact(_ day: CivilDate) -> String {
        String(day.description.filter { $0 != "-" })
    }
}
