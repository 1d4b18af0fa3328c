import CSystem
import Glibc

/// What one thread wakes another's loop by: readable from `wake` to `clear`.
struct EventCounter: ~Copyable, Sendable {
    private let descriptor: Descriptor

    init() throws(TransportError) {
        let number = banjie_eventfd()
        guard number >= 0 else { throw .lastFailure("create an event counter") }
        descriptor = Descriptor(number)
    }

    /// For the poller.
    var number: Int32 { descriptor.number }

    func wake() { eventfd_write(descriptor.number, 1) }

    func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor.number, &count)
    }
}
