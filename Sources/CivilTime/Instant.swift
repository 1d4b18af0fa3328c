/// A moment of civil time in whole seconds, as the law counts it.
///
/// Stored as seconds since 1970-01-01T00:00:00Z. Its civil fields are those of Asia/Shanghai, which
/// has kept UTC+8 without daylight saving since 1991-09-15; earlier moments use the same offset.
/// What happens within one second is ordered by sequence numbers, never by time.
public struct Instant: Hashable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z, kept within the years of `CivilDate`.
    public let unixSeconds: Int64

    /// The offset of Asia/Shanghai from UTC, in seconds.
    public static let offsetSeconds: Int64 = 8 * 3600
    /// The length of a civil day, in seconds.
    public static let secondsPerDay: Int64 = 86_400

    /// The first moment of `CivilDate.earliest`.
    public static let earliest = Instant(CivilDate.earliest, secondOfDay: 0)
    /// The last second of `CivilDate.latest`.
    public static let latest = Instant(CivilDate.latest, secondOfDay: 86_399)

    /// The moment `seconds` after the epoch, or the nearest representable one.
    public init(unixSeconds seconds: Int64) {
        let bottom = Int64(CivilDate.earliest.daysSinceEpoch) * Self.secondsPerDay
        let top = (Int64(CivilDate.latest.daysSinceEpoch) + 1) * Self.secondsPerDay - 1
        unixSeconds = min(max(seconds, bottom - Self.offsetSeconds), top - Self.offsetSeconds)
    }

    /// The moment `secondOfDay` seconds into `date`; 86 400 is the next day's first moment.
    public init(_ date: CivilDate, secondOfDay: Int) {
        self.init(
            unixSeconds: Int64(date.daysSinceEpoch) * Self.secondsPerDay + Int64(secondOfDay)
                - Self.offsetSeconds
        )
    }

    /// The civil day in Asia/Shanghai.
    public var date: CivilDate {
        CivilDate(
            daysSinceEpoch: Int32(
                clamping: Self.floorDivide(unixSeconds + Self.offsetSeconds, Self.secondsPerDay)
            )
        )
    }

    /// Seconds since the civil day began, 0…86 399.
    public var secondOfDay: Int {
        let local = unixSeconds + Self.offsetSeconds
        return Int(local - Self.floorDivide(local, Self.secondsPerDay) * Self.secondsPerDay)
    }

    /// The moment `seconds` later, or earlier when negative.
    public func adding(seconds: Int64) -> Instant {
        let (sum, overflow) = unixSeconds.addingReportingOverflow(seconds)
        if overflow { return seconds > 0 ? .latest : .earliest }
        return Instant(unixSeconds: sum)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}

extension Instant: Comparable {
    public static func < (left: Instant, right: Instant) -> Bool {
        left.unixSeconds < right.unixSeconds
    }
}

extension Instant: CustomStringConvertible, LosslessStringConvertible {
    /// Parses `YYYY-MM-DDTHH:MM:SS`, the civil time in Asia/Shanghai, and nothing else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 19, bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"),
            let date = CivilDate(text.prefix(10)),
            let hour = decimal(bytes[11..<13]), hour < 24,
            let minute = decimal(bytes[14..<16]), minute < 60,
            let second = decimal(bytes[17..<19]), second < 60
        else { return nil }
        self.init(date, secondOfDay: hour * 3600 + minute * 60 + second)
    }

    /// `YYYY-MM-DDTHH:MM:SS`, the civil time in Asia/Shanghai.
    public var description: String {
        let second = secondOfDay
        let hour = padded(second / 3600, to: 2)
        let minute = padded(second / 60 % 60, to: 2)
        return "\(date)T\(hour):\(minute):\(padded(second % 60, to: 2))"
    }
}

extension CivilDate {
    /// The day's first moment, 00:00:00 in Asia/Shanghai.
    public var start: Instant { Instant(self, secondOfDay: 0) }

    /// The first moment of the next day: the day's 24:00.
    public var end: Instant { adding(days: 1).start }
}
