import Wire

/// What one side takes, and how long it waits: every bound of the transport, in one place.
///
/// Whatever a peer does, a connection holds at most: one unfinished frame, `unfinishedBytes` of
/// unfinished requests, `callsInFlight` calls, `outputBytes` of output, and for each of `streams`
/// streams a window of what nobody has read yet and a queue of what isn't sent yet.
package struct Limits: Sendable, Hashable {
    /// The longest payload of a frame taken: 64 KiB keeps one stream's fragment from holding up the
    /// others for longer than about half a millisecond at 1 Gbit/s.
    package var longestPayload: UInt32 = 64 << 10
    /// The longest message taken: a scanned page with room; more is uploaded in chunks.
    package var longestMessage: UInt32 = 4 << 20
    /// Calls taken at a time on a connection: bounds what one peer can queue for the executor.
    package var callsInFlight: UInt32 = 1024
    /// The longest metadata of a call taken: sixty times what there is to say, so that later versions
    /// may say more, and little enough to be read at once.
    package var longestMetadata: UInt32 = 8 << 10
    /// Connections taken: the rest of the descriptors is for the store.
    package var connections = 50_000
    /// Connections taken from one address, or one IPv6 network of 64 bits: a third of all, since all of
    /// an authority may come through one proxy, and nobody alone can keep the others out.
    package var connectionsPerAddress = 16_384
    /// Handshakes of TLS under way from one address: each costs a signature of the server's key, a third
    /// of a millisecond, and some 50 KiB, and whoever begins one has paid nothing yet.
    package var tlsHandshakesPerAddress = 256
    /// The handshake's time: ten round trips over a bad line.
    package var handshakeMilliseconds: UInt64 = 5_000
    /// The time to finish a frame once begun: 64 KiB at 20 kbit/s take 26 s.
    package var frameMilliseconds: UInt64 = 30_000
    /// After this long without a byte the peer is asked whether it is there; 0 for never. Below the
    /// five minutes after which common firewalls forget a connection.
    package var idleMilliseconds: UInt64 = 120_000
    /// How long a PING waits for any byte.
    package var pongMilliseconds: UInt64 = 20_000
    /// How long the first step of a drain waits for its PONG.
    package var drainStepMilliseconds: UInt64 = 1_000
    /// How long a connection lingers after its last frame, so that a reset doesn't overtake it.
    package var lingerMilliseconds: UInt64 = 1_000
    /// Waiting output at which the peer isn't read any more until it has drained.
    package var outputPause = 1 << 20
    /// Waiting output at which the connection is given up: the calls in flight when reading stopped
    /// can still add that much.
    package var outputBytes = 32 << 20
    /// How long output may wait without any of it being taken.
    package var outputStallMilliseconds: UInt64 = 30_000
    /// How long a partial message without a timeout of its own may take to come.
    package var assemblyMilliseconds: UInt64 = 60_000

    /// Streaming calls taken at a time on a connection: a person's windows watch a few things each, a
    /// daemon holds a handful; each may hold `streamWindow` and `streamQueueBytes`.
    package var streams = 100
    /// Credit with which each stream towards this side begins; 0 when it takes no streams. A message
    /// takes half of it at most, so this is two chunks of an upload, and fills 20 MB/s over 12 ms.
    package var streamWindow: UInt32 = 256 << 10
    /// Credit with which a connection towards this side begins: bounds the messages that are coming,
    /// of all its streams together.
    package var connectionWindow: UInt32 = 1 << 20
    /// What this side queues on a stream beyond what the peer's credit and the socket take, before
    /// whoever writes there must wait.
    package var streamQueueBytes = 256 << 10
    /// Running calls that a peer may cancel in a second, beyond as many at once as may be in flight:
    /// who begins and cancels in a loop makes work and pays nothing (CVE-2023-44487).
    package var resetsPerSecond = 500

    /// Bytes of unfinished requests kept for all connections together, counted as they come: sixty of the
    /// longest, more than an authority's windows bring at one moment, and no more than the memory that the
    /// server can spare, however many connections send a part of a request each and no end.
    package var unfinishedBytesInAll = 256 << 20

    /// Bytes of unfinished messages kept for a connection: one of the longest while another comes.
    package var unfinishedBytes: Int { 2 * Int(longestMessage) }

    package init() {}

    /// Whether the limits agree with each other and with the protocol.
    package var isConsistent: Bool {
        longestPayload >= Hello.leastLongestPayload && longestPayload <= longestMessage
            && longestPayload <= UInt32(FrameHeader.longestPayload) && callsInFlight > 0
            && outputPause < outputBytes && Int(longestMessage) < outputBytes
            && Hello(self).areWindowsValid && resetsPerSecond > 0 && connections > 0
            && connectionsPerAddress > 0 && tlsHandshakesPerAddress > 0
            && streamQueueBytes > Int(streamWindow / 2)
            && unfinishedBytesInAll >= Int(longestMessage)
    }
}

extension Limits {
    /// Bytes read from a connection at a time. Shared by all connections of a loop.
    static let readBytes = 256 << 10
    /// Output at which fragments wait for the socket: enough to keep it busy, little enough that
    /// other frames don't wait long behind it.
    static let fragmentMark = 256 << 10
    /// The longest fragment sent, whatever the receiver would take.
    static let longestFragment = 64 << 10
    /// The stream numbers end here (W24).
    static let lastStream: UInt32 = 0x7FFF_FFFF
    /// Connections of a loop that were turned away and are told why at a time; the others are closed
    /// without a word, so that a flood of them takes no more descriptors.
    static let turnedAwayAtOnce = 256
    /// Names of hosts that a client's loop has resolved at a time, each on a thread: a resolver that hangs
    /// takes a thread until it gives up, and must not take any number of them.
    static let namesResolvedAtOnce = 4
    /// Events fetched from the kernel at a time.
    static let events = 256
}

extension Hello {
    /// What a side with these limits says of them.
    init(_ limits: Limits) {
        self.init()
        longestPayload = limits.longestPayload
        longestMessage = limits.longestMessage
        streamWindow = limits.streamWindow
        connectionWindow = limits.connectionWindow
    }
}
