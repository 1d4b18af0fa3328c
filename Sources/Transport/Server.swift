import Synchronization
package import TLS

/// Figures of one loop, for anyone to read.
final class ReactorStatistics: Sendable {
    let connections = Atomic<Int>(0)
    let calls = Atomic<Int>(0)
    let accepted = Atomic<Int>(0)
    let turnedAway = Atomic<Int>(0)
    let bytesReceived = Atomic<Int>(0)
    let bytesSent = Atomic<Int>(0)
}

/// Listens, and serves connections on threads of its own.
///
/// Every method may be called from any thread, `drain` from any but those of the loops.
package final class Server: Sendable {
    private let profile: ServerProfile
    private let mailboxes: [Mailbox]
    private let statistics: [ReactorStatistics]
    private let threads: [LoopThread]
    private let isSingle: Bool

    /// Starts `reactors` loops, 1…64. Nothing is accepted before `listen`. The process's soft limit of
    /// descriptors is raised to its hard one.
    package init(
        profile: ServerProfile,
        handler: any CallHandler,
        reactors: Int = 1
    ) throws(TransportError) {
        precondition((1...64).contains(reactors), "a server has 1 to 64 loops")
        Descriptor.raiseLimit()
        self.profile = profile
        isSingle = reactors == 1
        var mailboxes: [Mailbox] = []
        for _ in 0..<reactors { mailboxes.append(try Mailbox()) }
        let statistics = mailboxes.map { _ in ReactorStatistics() }
        let census = ConnectionCensus(profile.limits)
        var threads: [LoopThread] = []
        do {
            for (number, mailbox) in mailboxes.enumerated() {
                let figures = statistics[number]
                threads.append(
                    try LoopThread(name: "reactor-\(number)") {
                        let reactor = Reactor(
                            UInt16(number),
                            profile: profile,
                            handler: handler,
                            mailbox: mailbox,
                            census: census,
                            statistics: figures
                        )
                        reactor.run()
                    }
                )
            }
        } catch {
            Self.stop(mailboxes)
            throw error
        }
        self.mailboxes = mailboxes
        self.statistics = statistics
        self.threads = threads
    }

    deinit { Self.stop(mailboxes) }

    /// Ends the loops at once; those that have ended already don't mind.
    private static func stop(_ mailboxes: [Mailbox]) {
        for mailbox in mailboxes { mailbox.leave(.drain(deadline: .now())) }
    }

    /// Begins to accept connections, and returns where: with the port that the system chose when
    /// `endpoint` left it open.
    ///
    /// - Parameter identity: what is shown on an endpoint under TLS; each connection begins with what
    ///   it is at that moment.
    package func listen(
        on endpoint: Endpoint,
        showing identity: TLSServerIdentity? = nil
    ) throws(TransportError) -> Endpoint {
        let listener = try Socket.listen(on: endpoint, showing: identity)
        for mailbox in mailboxes { mailbox.leave(.listen(listener)) }
        return listener.endpoint
    }

    /// Sends answers on their way, and leaves `replies` empty, to be filled again. Answers to calls
    /// that nobody waits for any more go nowhere.
    package func post(_ replies: inout ReplyBatch) {
        guard !isSingle else { return mailboxes[0].leave(&replies) }
        for (number, mailbox) in mailboxes.enumerated() {
            mailbox.leave(replies, for: UInt16(number))
        }
        replies.removeAll()
    }

    /// Tells the verdict on credentials for which `CallHandler.authenticate` returned nil.
    package func post(_ verdict: Verdict, for connection: ConnectionID) {
        mailboxes[Int(connection.reactor)].leave(.judge(connection, verdict))
    }

    /// Stops in two steps (WIRE.md, "Stopping a server") and returns when every connection is closed;
    /// what isn't done after `milliseconds` is cut off. Nothing is accepted afterwards.
    package func drain(within milliseconds: UInt64) {
        let deadline = MonotonicTime.now().adding(milliseconds: milliseconds)
        for mailbox in mailboxes { mailbox.leave(.drain(deadline: deadline)) }
        for thread in threads { thread.join() }
    }

    /// Connections open, over all loops.
    package var connections: Int {
        statistics.reduce(0) { $0 + $1.connections.load(ordering: .relaxed) }
    }

    /// Calls handed to the handler since the start, over all loops.
    package var calls: Int {
        statistics.reduce(0) { $0 + $1.calls.load(ordering: .relaxed) }
    }

    /// Connections since the start, over all loops: all that came, and those of them that were turned
    /// away since there were too many or the server was stopping.
    package var connectionsSinceStart: (accepted: Int, turnedAway: Int) {
        statistics.reduce(into: (accepted: 0, turnedAway: 0)) { sum, figures in
            sum.accepted += figures.accepted.load(ordering: .relaxed)
            sum.turnedAway += figures.turnedAway.load(ordering: .relaxed)
        }
    }

    /// Bytes since the start, over all loops: of frames that were received, and what was sent, under
    /// TLS with what that adds.
    package var bytesSinceStart: (received: Int, sent: Int) {
        statistics.reduce(into: (received: 0, sent: 0)) { sum, figures in
            sum.received += figures.bytesReceived.load(ordering: .relaxed)
            sum.sent += figures.bytesSent.load(ordering: .relaxed)
        }
    }
}
