import CSystem
import Glibc

/// The kernel's list of descriptors that are waited for: epoll, level-triggered.
struct Poller: ~Copyable {
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let readable = Interest(rawValue: UInt32(BANJIE_READABLE))
        static let writable = Interest(rawValue: UInt32(BANJIE_WRITABLE))
        /// Of several loops that wait for one listening socket, wake one.
        static let exclusive = Interest(rawValue: UInt32(BANJIE_EXCLUSIVE))
        /// Reported whether asked for or not: the peer has closed both sides, or reset.
        static let failed = Interest(rawValue: UInt32(BANJIE_FAILED))
    }

    private let descriptor: Descriptor
    private let events: UnsafeMutablePointer<banjie_event>

    init() throws(TransportError) {
        let number = banjie_epoll()
        guard number >= 0 else { throw .lastFailure("create an epoll instance") }
        descriptor = Descriptor(number)
        events = .allocate(capacity: Limits.events)
    }

    deinit { events.deallocate() }

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

    /// Waits for events, at most `timeout` milliseconds, or for ever when nil; returns how many.
    func wait(timeout: UInt64?) -> Int {
        let milliseconds = timeout.map { Int32(clamping: $0) } ?? -1
        let count = banjie_epoll_wait(
            descriptor.number,
            events,
            Int32(Limits.events),
            milliseconds
        )
        precondition(count >= 0, "an epoll instance that is open can be waited for")
        return Int(count)
    }

    /// An event of the last wait.
    func event(_ index: Int) -> (token: UInt64, interest: Interest) {
        let event = events[index]
        return (event.token, Interest(rawValue: event.events))
    }
}
