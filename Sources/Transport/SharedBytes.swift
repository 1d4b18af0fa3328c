import Synchronization

/// A number of bytes that many share: each takes what it needs while there is enough left.
final class SharedBytes: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) {
        precondition(count >= 0, "there is no negative number of bytes")
        left = Atomic(count)
    }

    /// Takes bytes; false, and nothing is taken, when so many aren't left.
    fileprivate func take(_ count: Int) -> Bool {
        guard left.subtract(count, ordering: .relaxed).newValue < 0 else { return true }
        giveBack(count)
        return false
    }

    fileprivate func giveBack(_ count: Int) { left.add(count, ordering: .relaxed) }
}

/// What one of them has taken; given back when it ends.
struct BytesShare: ~Copyable {
    private let shared: SharedBytes
    private var count = 0

    init(of shared: SharedBytes) { self.shared = shared }

    deinit { shared.giveBack(count) }

    /// Takes further bytes; false, and nothing is taken, when so many aren't left.
    mutating func take(_ more: Int) -> Bool {
        guard shared.take(more) else { return false }
        count += more
        return true
    }
}
