import Glibc
import Synchronization
import TLS
import Wire

/// The thread's side of `ClientLoop`: all of it but the inbox belongs to that thread.
final class ClientLoopBody {
    typealias Pointer = UnsafeMutablePointer<Link>

    let inbox: ClientLoop.Inbox
    let resolver: Resolver
    let random: () -> Double
    let poller: Poller
    private var events = Poller.Events()
    var pool = OutputPool()
    let slab = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Limits.readBytes,
        alignment: 64
    )
    var now = MonotonicTime.now()
    private var isStopped = false

    /// By number; nil before a line is opened and after it is closed.
    var lines: [KeptLine?] = []
    /// Those of all lines; nil after the line is closed.
    var subchannels: [Subchannel?] = []
    var subchannelTimers = TimerHeap()

    var links: [Pointer?] = []
    /// How often each place in `links` was given up: events of an earlier socket are known by it.
    var generations: [UInt32] = []
    var freeLinks: [UInt32] = []
    var linkTimers = TimerHeap()
    /// Links with something to be sent before the next wait.
    var listed: [UInt32] = []

    var calls: [CallSlot?] = []
    var freeCalls: [UInt32] = []
    var callTimers = TimerHeap()

    init(inbox: ClientLoop.Inbox, random: @escaping () -> Double, resolver: Resolver) {
        self.inbox = inbox
        self.resolver = resolver
        self.random = random
        poller = inbox.poller
    }

    deinit { slab.deallocate() }

    // MARK: - The loop

    /// Runs until it is told to stop.
    func run() {
        while !isStopped {
            poller.wait(
                timeout: nextDeadline.map { now.milliseconds(until: $0) },
                for: &events
            )
            now = .now()
            for index in 0..<events.count {
                let (token, interest) = events[index]
                if token == ClientLoop.Inbox.token {
                    emptyInbox()
                } else {
                    serve(token, interest)
                }
            }
            fireTimers()
            var index = 0
            while index < listed.count {
                if let link = links[Int(listed[index])] {
                    link.pointee.isListed = false
                    settle(listed[index], link)
                }
                index += 1
            }
            listed.removeAll(keepingCapacity: true)
        }
        for line in lines.indices { close(UInt32(line)) }
    }

    private var nextDeadline: MonotonicTime? {
        let earliest = min(
            callTimers.first?.time ?? .never,
            min(linkTimers.first?.time ?? .never, subchannelTimers.first?.time ?? .never)
        )
        return earliest == .never ? nil : earliest
    }

    private var spareCommands: [ClientLoop.Command] = []

    private func emptyInbox() {
        var commands = inbox.empty(leaving: spareCommands)
        spareCommands = []
        // A call may have been made, and be over, since this turn began.
        now = .now()
        for command in commands {
            switch command {
            case .open(let line, let configuration): open(line.number, configuration)
            case .call(let line, let call): take(call, on: line.number)
            case .write(let call, let content): write(content, on: call)
            case .giveBack(let call, let byteCount): giveBack(byteCount, to: call)
            case .cancel(let call): cancel(call)
            case .close(let line): close(line.number)
            case .resolved(let subchannel, let ticket, let answer):
                take(answer, to: ticket, for: subchannel)
            case .stop: isStopped = true
            }
        }
        commands.removeAll(keepingCapacity: true)
        spareCommands = commands
    }

    private func fireTimers() {
        while let (time, slot) = callTimers.first, time <= now {
            expire(slot)
        }
        while let (time, link) = linkTimers.first, time <= now {
            tick(link)
        }
        while let (time, subchannel) = subchannelTimers.first, time <= now {
            subchannelTimers.set(subchannel, to: .never)
            tick(subchannel: subchannel)
        }
    }
}
