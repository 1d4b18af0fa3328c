import Synchronization
import TLS
import Wire

/// One socket of a client loop.
struct Link: ~Copyable {
    enum Stage {
        case connecting(deadline: MonotonicTime)
        case open
    }

    let line: UInt32
    let subchannel: UInt32
    let endpoint: Endpoint
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
        subchannel: UInt32,
        endpoint: Endpoint,
        deadline: MonotonicTime
    ) {
        self.line = line
        self.subchannel = subchannel
        self.endpoint = endpoint
        channel = Channel(descriptor, security: security, interest: .writable)
        stage = .connecting(deadline: deadline)
    }
}

/// Calls in the order in which they came. Those that have ended meanwhile are passed over, and let go of
/// before they are more than those that wait.
struct WaitingCalls {
    private static let leastSweep = 1_024

    private var calls: [OutgoingCall] = []
    private var head = 0
    /// How many there may be before those that have ended are let go of.
    private var sweep = leastSweep

    var isEmpty: Bool { head == calls.count }

    /// Those that have ended, and are still kept, included.
    var count: Int { calls.count - head }

    var first: OutgoingCall? { head < calls.count ? calls[head] : nil }

    /// Constant on average.
    mutating func append(_ call: OutgoingCall) {
        if count >= sweep {
            _ = removeAll { $0.slot.load(ordering: .relaxed) == OutgoingCall.completed }
            sweep = max(Self.leastSweep, 2 * count)
        }
        calls.append(call)
    }

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

/// A logical connection, over one or several servers. A class, so that looking one up copies nothing.
final class KeptLine {
    let configuration: ClientConfiguration
    /// Over which calls are spread, as long as they are ready.
    let subchannels: Range<UInt32>
    /// Whose turn it is.
    private var next: UInt32
    /// Calls that can't begin yet.
    var waiting = WaitingCalls()

    /// Output beyond which calls wait.
    let outputPause: Int

    init(_ configuration: ClientConfiguration, _ subchannels: Range<UInt32>) {
        self.configuration = configuration
        self.subchannels = subchannels
        next = subchannels.lowerBound
        outputPause = configuration.profile.limits.outputPause
    }

    /// The subchannels, from the one whose turn it is.
    var rotation: some Sequence<UInt32> {
        [next..<subchannels.upperBound, subchannels.lowerBound..<next].joined()
    }

    /// A call was sent: it is the next one's turn.
    func rotate(behind number: UInt32) {
        next = number + 1 < subchannels.upperBound ? number + 1 : subchannels.lowerBound
    }
}

/// A connection to the first of some endpoints that answers, made again whenever it is lost.
final class Subchannel {
    enum State {
        /// No socket; the next attempt is due at `until`.
        case down(until: MonotonicTime)
        /// The name of `endpoint` is being resolved.
        case resolving(Resolver.Ticket)
        case opening(link: UInt32)
        case ready(link: UInt32, since: MonotonicTime)
    }

    struct Failure {
        let error: CallFailure
        /// Whether trying again is of no use.
        let isFinal: Bool
    }

    let line: UInt32
    private let endpoints: [Endpoint]
    var backoff: Backoff
    var state: State
    /// The one to which there is a connection, or an attempt to make it.
    private(set) var endpoint: Endpoint
    /// Those that the attempt under way hasn't come to.
    private var untried: ArraySlice<Endpoint> = []
    /// Addresses of `endpoint` that the attempt hasn't come to.
    var addresses: ArraySlice<Address> = []
    /// Why the attempt under way, or the last one, has failed so far; nil while nothing has.
    var failure: Failure?

    /// - Precondition: there are endpoints.
    init(_ endpoints: [Endpoint], of line: UInt32, _ backoff: Backoff, at now: MonotonicTime) {
        guard let first = endpoints.first else { preconditionFailure("an endpoint is named") }
        self.line = line
        self.endpoints = endpoints
        self.backoff = backoff
        endpoint = first
        state = .down(until: now)
    }

    /// Has an attempt go down the list, from the first or from behind one of them.
    func beginAttempt(behind last: Endpoint? = nil) {
        let start = last.flatMap(endpoints.firstIndex).map { $0 + 1 } ?? 0
        untried = endpoints[start...] + endpoints[..<start]
        addresses = []
        failure = nil
    }

    /// Goes on to the next endpoint of the attempt; false when there is none.
    func turnToNextEndpoint() -> Bool {
        guard let next = untried.popFirst() else { return false }
        endpoint = next
        return true
    }

    /// Takes note of why an endpoint isn't to be had.
    func note(_ failure: Failure) {
        self.failure = Failure(
            error: failure.error,
            isFinal: failure.isFinal && self.failure?.isFinal ?? true
        )
    }

    func note(_ error: CallFailure) { note(Failure(error: error, isFinal: false)) }
}

extension Subchannel.Failure {
    /// What a server said instead of taking the connection.
    init(_ farewell: Farewell, at endpoint: Endpoint) {
        self.init(
            error: .refusedByServer(endpoint, farewell),
            isFinal: ["WRONG_REALM", "NO_COMMON_VERSION"].contains(farewell.code)
        )
    }
}

/// A call that has come and not ended.
struct CallSlot {
    let call: OutgoingCall
    /// Where it was sent; nil while it waits.
    var sent: (link: UInt32, stream: UInt32)?
    /// Whether it was sent before, to a server that hasn't begun it.
    var wasSentBefore = false
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
