import TLS
import Wire

/// One connection of a reactor.
struct ServerConnection: ~Copyable {
    enum Stage: Equatable {
        /// Frames are taken.
        case open
        /// What is in the output is sent, then the connection closes; cut off at `deadline`.
        case closing(deadline: MonotonicTime)
        /// All was sent and our side is closed: what still comes is dropped, until the peer has closed
        /// too, so that no reset overtakes our last frame.
        case lingering(deadline: MonotonicTime)
    }

    let id: ConnectionID
    var channel: Channel
    /// Allocated apart, so that responders can point to it.
    let session: UnsafeMutablePointer<ServerSession>
    var stage = Stage.open
    /// How many bytes the backlog must hold before it is worth looking at it again.
    var wanted = 0
    /// Frames wait because too much output does, or for a verdict.
    var isHalted = false
    /// Whether it is in the list of connections to be settled.
    var isListed = false
    /// How it is counted; nil when it was turned away.
    var entry: ConnectionCensus.Entry?

    init(
        _ id: ConnectionID,
        _ descriptor: consuming Descriptor,
        counted entry: ConnectionCensus.Entry?,
        security: consuming TLSSession?,
        profile: ServerProfile,
        at now: MonotonicTime
    ) {
        self.id = id
        self.entry = entry
        channel = Channel(descriptor, security: security, interest: .readable)
        session = .allocate(capacity: 1)
        session.initialize(to: ServerSession(id, profile: profile, at: now))
    }

    deinit {
        session.deinitialize(count: 1)
        session.deallocate()
    }
}
