/// A set of days of one year, numbered 0…365 from 1 January.
struct DaySet: Hashable, Sendable {
    /// 512 bits, of which the first 366 are used.
    private var words = SIMD8<UInt64>()

    func contains(_ day: Int) -> Bool { words[day >> 6] & (1 << UInt64(day & 63)) != 0 }

    mutating func insert(_ day: Int) { words[day >> 6] |= 1 << UInt64(day & 63) }

    mutating func remove(_ day: Int) { words[day >> 6] &= ~(1 << UInt64(day & 63)) }

    /// How many days of the set are numbered below `day`.
    func count(below day: Int) -> Int {
        let last = day >> 6
        var count = (words[last] & ((1 << UInt64(day & 63)) - 1)).nonzeroBitCount
        for index in 0..<last { count += words[index].nonzeroBitCount }
        return count
    }

    /// How many days the set holds.
    var count: Int { count(below: 511) }

    /// The number of the day with exactly `rank` days of the set before it.
    ///
    /// - Precondition: `0 <= rank < count`.
    func day(atRank rank: Int) -> Int {
        var rest = rank
        for index in words.indices {
            var word = words[index]
            guard rest >= word.nonzeroBitCount else {
                for _ in 0..<rest { word &= word - 1 }
                return index << 6 + word.trailingZeroBitCount
            }
            rest -= word.nonzeroBitCount
        }
        preconditionFailure("the rank of a day lies within its set")
    }
}
