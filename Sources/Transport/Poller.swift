import CSystem
import Glibc

/// The kernel's list of descriptors that one thread waits for: epoll, level-triggered.
final class Poller: Sendable {
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let readable = Interest(rawValue: UInt32(BANJIE_READABLE))
        static let writable = Interest(rawValue: UInt32(BANJIE_WRITABLE))
        /// Of several loops that wait for one listening socket, wake one.
        static let exclusive = Interest(rawValue: UInt32(BANJIE_EXCLUSIVE))
        /// Reported whether asked for or not: the peer has closed both sides, or reset.
        static let failed = Interest(rawValue: UInt32(BANJIE_FAILED))
    }

    /// What a wait has brought.
    struct Events: ~Copyable {
        fileprivate let list = UnsafeMutablePointer<banjie_event>.allocate(
            capacity: Limits.events
        )
        fileprivate(set) var count = 0

        deinit { list.deallocate() }

        /// An event of the last wait, `index` in 0..<count.
        subscript(index: Int) -> (token: UInt64, interest: Interest) {
            (list[index].token, Interest(rawValue: list[index].events))
        }
    }

    private let descriptor: Descriptor

    /// A poller that waits for `counter`, reported under `token`.
    init(_ counter: borrowing EventCounter, token: UInt64) throws(TransportError) {
        let number = banjie_epoll()
        guard number >= 0 else { throw .lastFailure("create an epoll instance") }
        descriptor = Descriptor(number)
        guard add(counter.number, .readable, token: token) else {
            throw .lastFailure("wait for an event counter")
        }
    }

    /// Waits for a descriptor; what happens to it is reported under `token`.
    func add(_ number: Int32, _ interest: Interest, token: UInt64) -> Bool {
        banjie_epoll_set(descriptor.number, EPOLL_CTL_ADD, number, interest.rawValue, token) == 0
    }

    /// Changes what is wanted of a descriptor that was added and is open.
    func change(_ number: Int32, _ interest: Interest, token: UInt64) {
        let result = banjie_epoll_set(
            descriptor.number,
            EPOLL_CTL_MOD,
            number,
            interest.rawValue,
            token
        )
        precondition(result == 0, "a descriptor that is open can be changed")
    }

    /// Stops waiting for a descriptor that stays open.
    func remove(_ number: Int32) {
        _ = banjie_epoll_set(descriptor.number, EPOLL_CTL_DEL, number, 0, 0)
    }

    /// Waits for events, at most `timeout` milliseconds, or for ever when nil.
    func wait(timeout: UInt64?, for events: inout Events) {
        let milliseconds = timeout.map { Int32(clamping: $0) } ?? -1
        let count = banjie_epoll_wait(
            descriptor.number,
            events.list,
            Int32(Limits.events),
            milliseconds
        )
        precondition(count >= 0, "an epoll instance that is open can be waited for")
        events.count = Int(count)
    }
}
