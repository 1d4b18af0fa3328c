/// Buckets whose width grows with the values in them: each octave, from one power of two to the next,
/// is cut into equally wide parts, so that the relative error is the same everywhere (as in
/// HdrHistogram). A value that equals a bound belongs to the bucket below it.
package struct LogLinearScale: Hashable, Sendable {
    /// Values up to 2^`lowestExponent` share the first bucket.
    package let lowestExponent: Int
    /// Values beyond 2^`highestExponent` share the last bucket, which has no bound.
    package let highestExponent: Int
    /// An octave has 2^`subdivisionBits` buckets.
    package let subdivisionBits: Int

    package init(from lowestExponent: Int, through highestExponent: Int, subdivisionBits: Int) {
        precondition(
            0 <= subdivisionBits && subdivisionBits <= lowestExponent
                && lowestExponent < highestExponent && highestExponent < 64,
            "the parts of an octave are at least 1 wide, and its bounds fit 64 bits"
        )
        self.lowestExponent = lowestExponent
        self.highestExponent = highestExponent
        self.subdivisionBits = subdivisionBits
    }

    /// How many buckets have a bound: all but the last.
    package var boundCount: Int {
        1 + (highestExponent - lowestExponent) << subdivisionBits
    }

    /// The largest value of a bucket, counted from 0.
    package func bound(ofBucket index: Int) -> UInt64 {
        precondition(index >= 0 && index < boundCount, "a bucket with a bound")
        guard index > 0 else { return 1 << lowestExponent }
        let octave = lowestExponent + (index - 1) >> subdivisionBits
        let part = (index - 1) & (1 << subdivisionBits - 1)
        return 1 << octave + UInt64(part + 1) << (octave - subdivisionBits)
    }

    /// The bucket of a value; O(1).
    package func bucket(of value: UInt64) -> Int {
        guard value > 1 << lowestExponent else { return 0 }
        let last = value - 1
        let octave = 63 - last.leadingZeroBitCount
        guard octave < highestExponent else { return boundCount }
        let part = Int(last >> (octave - subdivisionBits)) & (1 << subdivisionBits - 1)
        return 1 + (octave - lowestExponent) << subdivisionBits + part
    }
}
