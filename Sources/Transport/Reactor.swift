import Glibc
import Synchronization
import TLS
import Wire

/// One thread's loop over its connections: it waits, reads, hands frames to the sessions and calls to
/// the handler, and writes. All of it but `mailbox` belongs to that thread.
final class Reactor {
    typealias Pointer = UnsafeMutablePointer<ServerConnection>

    let number: UInt16
    let profile: ServerProfile
    let handler: any CallHandler
    private let mailbox: Mailbox
    let census: ConnectionCensus
    let statistics: ReactorStatistics

    let poller: Poller
    private var events = Poller.Events()
    var pool = OutputPool()
    let slab = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Limits.readBytes,
        alignment: 64
    )
    var replies = ReplyBatch()
    var timers = TimerHeap()
    var listeners: [Listener] = []

    var connections: [Pointer?] = []
    var generations: [UInt32] = []
    var freeIndices: [UInt32] = []
    var openCount = 0
    /// Those of them that were turned away.
    var turnedAwayCount = 0
    /// Connections with something to be sent or looked at before the next wait.
    var listed: [ConnectionID] = []

    var now = MonotonicTime.now()
    /// Calls handed to the handler, and bytes received and sent, since they were last told.
    var handed = 0
    var received = 0
    var sent = 0
    var callsWereDeferred = false
    /// When a drain cuts off what is left; nil while none has begun.
    var drainDeadline: MonotonicTime?

    enum Token {
        /// Listeners count down from here; above is the mailbox.
        static let listeners = Mailbox.token - 1
        /// Connections lie below: generation, then index.
        static let connectionsEnd: UInt64 = UInt64(UInt32.max) << 32
    }

    init(
        _ number: UInt16,
        profile: ServerProfile,
        handler: any CallHandler,
        mailbox: Mailbox,
        census: ConnectionCensus,
        statistics: ReactorStatistics
    ) {
        self.number = number
        self.profile = profile
        self.handler = handler
        self.mailbox = mailbox
        self.census = census
        self.statistics = statistics
        poller = mailbox.poller
    }

    deinit { slab.deallocate() }

    // MARK: - The loop

    /// Runs until a drain has ended.
    func run() {
        while !isDone {
            let timeout = nextDeadline.map { now.milliseconds(until: $0) }
            poller.wait(timeout: timeout, for: &events)
            now = .now()
            for index in 0..<events.count {
                let (token, interest) = events[index]
                take(token, interest)
            }
            fireTimers()
            settleListed()
            // Last: settling hands over the calls that waited behind AUTH or behind full output.
            tellFigures()
            if callsWereDeferred {
                callsWereDeferred = false
                handler.batchEnded()
            }
        }
    }

    /// Once a wake-up, since the figures are shared with other threads.
    private func tellFigures() {
        guard handed | received | sent != 0 else { return }
        statistics.calls.add(handed, ordering: .relaxed)
        statistics.bytesReceived.add(received, ordering: .relaxed)
        statistics.bytesSent.add(sent, ordering: .relaxed)
        (handed, received, sent) = (0, 0, 0)
    }

    private var isDone: Bool {
        guard let drainDeadline else { return false }
        if openCount == 0 { return true }
        guard now >= drainDeadline else { return false }
        for connection in connections { if let connection { destroy(connection) } }
        return true
    }

    private var nextDeadline: MonotonicTime? {
        let earliest = min(timers.first?.time ?? .never, drainDeadline ?? .never)
        return earliest == .never ? nil : earliest
    }

    private func take(_ token: UInt64, _ interest: Poller.Interest) {
        guard token >= Token.connectionsEnd else {
            let index = Int(truncatingIfNeeded: token & 0xFFFF_FFFF)
            guard generations[index] == UInt32(truncatingIfNeeded: token >> 32),
                let connection = connections[index]
            else { return }
            return serve(connection, interest)
        }
        if token == Mailbox.token { return emptyMailbox() }
        let index = Int(Token.listeners - token)
        if index < listeners.count { accept(from: listeners[index]) }
    }

    private func fireTimers() {
        while let (time, key) = timers.first, time <= now {
            guard let connection = connections[Int(key)] else {
                timers.set(key, to: .never)
                continue
            }
            tick(connection)
        }
    }

    private func settleListed() {
        var index = 0
        while index < listed.count {
            if let connection = find(listed[index]) {
                connection.pointee.isListed = false
                settle(connection)
            }
            index += 1
        }
        listed.removeAll(keepingCapacity: true)
    }

    // MARK: - Other threads

    private func emptyMailbox() {
        let commands = mailbox.empty(into: &replies)
        replies.withEntries { entry, payload in
            guard let connection = find(entry.ticket.connection) else { return }
            let output = connection.pointee.channel.openOutput(&pool)
            connection.pointee.session.pointee.answer(entry, payload, into: &output.pointee)
            list(connection)
        }
        replies.removeAll()
        for command in commands {
            switch command {
            case .listen(let listener): add(listener)
            case .judge(let id, let verdict):
                if let connection = find(id) { judge(connection, verdict) }
            case .drain(let deadline): drain(until: deadline)
            }
        }
    }

    func judge(_ connection: Pointer, _ verdict: Verdict) {
        let output = connection.pointee.channel.openOutput(&pool)
        connection.pointee.session.pointee.judge(verdict, into: &output.pointee)
        list(connection)
    }

    private func drain(until deadline: MonotonicTime) {
        drainDeadline = deadline
        for listener in listeners { poller.remove(listener.descriptor.number) }
        listeners = []
        for connection in connections {
            guard let connection else { continue }
            let output = connection.pointee.channel.openOutput(&pool)
            connection.pointee.session.pointee.beginDrain(at: now, into: &output.pointee)
            list(connection)
        }
    }
}
