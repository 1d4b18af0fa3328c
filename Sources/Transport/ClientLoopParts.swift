import TLS
import Wire

/// One socket of a client loop.
struct Link: ~Copyable {
    enum Stage {
        case connecting(deadline: MonotonicTime)
        case open
    }

    let line: UInt32
    var channel: Channel
    var stage: Stage
    /// Nil while connecting.
    var session: ClientSession?
    var wanted = 0
    var isListed = false

    init(
        _ descriptor: consuming Descriptor,
        security: consuming TLSSession?,
        line: UInt32,
        deadline: MonotonicTime
    ) {
        self.line = line
        channel = Channel(descriptor, security: security, interest: .writable)
        stage = .connecting(deadline: deadline)
    }
}

/// Calls in the order in which they came. Those that have ended meanwhile are passed over.
struct WaitingCalls {
    private var calls: [OutgoingCall] = []
    private var head = 0

    var isEmpty: Bool { head == calls.count }

    var first: OutgoingCall? { head < calls.count ? calls[head] : nil }

    mutating func append(_ call: OutgoingCall) { calls.append(call) }

    mutating func removeFirst() {
        head += 1
        // Constant on average: half of the array has been consumed whenever it is moved.
        guard head >= 64, head * 2 >= calls.count else {
            if head == calls.count { reset() }
            return
        }
        calls.removeFirst(head)
        head = 0
    }

    private mutating func reset() {
        calls.removeAll(keepingCapacity: true)
        head = 0
    }

    /// Takes out the calls that `isMatch` names, in order.
    mutating func removeAll(where isMatch: (OutgoingCall) -> Bool) -> [OutgoingCall] {
        let all = calls[head...]
        calls = all.filter { !isMatch($0) }
        head = 0
        return all.filter(isMatch)
    }
}

/// A logical connection. A class, so that looking one up copies nothing.
final class KeptLine {
    enum State {
        /// No socket; the next attempt is due at `until`.
        case down(until: MonotonicTime)
        case opening(link: UInt32)
        case ready(link: UInt32)
    }

    let configuration: ClientConfiguration
    var backoff: Backoff
    var state: State
    /// Addresses of the endpoint that the attempt under way hasn't come to.
    var untried: [Address] = []
    /// Why the last attempt failed; nil while nothing has.
    var failure: CallFailure?
    /// Calls that can't begin yet.
    var waiting = WaitingCalls()

    /// Output beyond which calls wait.
    let outputPause: Int

    init(_ configuration: ClientConfiguration, at now: MonotonicTime) {
        self.configuration = configuration
        outputPause = configuration.profile.limits.outputPause
        backoff = configuration.backoff
        state = .down(until: now)
    }
}

/// A call that has come and not ended.
struct CallSlot {
    let call: OutgoingCall
    /// Where it was sent; nil while it waits.
    var sent: (link: UInt32, stream: UInt32)?
    /// Of a streaming call: what is written to it before it is sent.
    var early: [StreamWrite] = []
}

/// What is written to a stream.
enum StreamWrite: Sendable {
    case message([UInt8])
    case halfClose
}

extension OutgoingCall {
    /// CALL's.
    var flags: FrameFlags {
        guard let stream else { return [] }
        return stream.isHalfClosed ? [.stream, .halfClose] : .stream
    }
}
