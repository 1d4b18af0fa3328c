import Dispatch
import Synchronization
import Testing
import Wire

@testable import Transport

/// Names of hosts: resolved beside the loop, in their time, a few at once.
@Suite struct ResolverTests {
    /// A resolver of names that stands still until it is released.
    private final class Stuck: Sendable {
        private let gate = DispatchSemaphore(value: 0)
        private let state = Mutex((inside: 0, most: 0))

        var most: Int { state.withLock { $0.most } }

        /// Knows every name that ends in `.here`; stands still at each other one.
        func lookUp(_ endpoint: Endpoint) throws(TransportError) -> [Address] {
            guard case .tcp(let host, let port) = endpoint, host.hasSuffix(".here") else {
                state.withLock { state in
                    state.inside += 1
                    state.most = max(state.most, state.inside)
                }
                gate.wait()
                state.withLock { $0.inside -= 1 }
                throw .unresolved(host: "\(endpoint)", reason: "nobody knows it")
            }
            let loopback = Endpoint.tcp(host: "127.0.0.1", port: port)
            return try Address.all(of: loopback, isForListening: false)
        }

        func release(_ count: Int) { for _ in 0..<count { gate.signal() } }
    }

    private static func loop(_ names: Stuck) throws -> ClientLoop {
        try ClientLoop(name: "client", random: { 0.5 }) {
            (endpoint) throws(TransportError) in try names.lookUp(endpoint)
        }
    }

    private static func open(
        _ groups: [[Endpoint]],
        on loop: ClientLoop,
        connectMilliseconds: UInt64 = 20_000
    ) -> TestClient {
        var configuration = ClientConfiguration(
            groups: groups,
            profile: ClientProfile(realm: "test", credentials: nil, limits: Limits())
        )
        configuration.connectMilliseconds = connectMilliseconds
        return TestClient(loop: loop, line: loop.open(configuration))
    }

    private static func port(of server: TestServer) throws -> UInt16 {
        guard case .tcp(_, let port) = server.endpoint else {
            throw TransportError.endpoint("\(server.endpoint)")
        }
        return port
    }

    @Test func aNameThatHangsKeepsNobodyElseWaiting() async throws {
        let (server, names) = (try TestServer(), Stuck())
        let loop = try Self.loop(names)
        let stuck = Self.open([[.tcp(host: "stuck", port: 1)]], on: loop)
        // Its own calls obey their time.
        let late = await stuck.call(timeout: 50)
        #expect(throws: CallFailure.self) { try late.get() }
        if case .failure(let failure) = late {
            #expect(failure.status == .deadlineExceeded && failure.outcome == .notProcessed)
        }
        let named = Self.open(
            [[.tcp(host: "server.here", port: try Self.port(of: server))]],
            on: loop
        )
        #expect(try await named.call(TestHandler.echo, [1]).get() == [1])
        let written = Self.open([[server.endpoint]], on: loop)
        #expect(try await written.call(TestHandler.echo, [2]).get() == [2])
        names.release(1)
        server.stop()
    }

    @Test func theTimeToConnectEndsTheWaitAndTheNextEndpointIsTried() async throws {
        let (server, names) = (try TestServer(), Stuck())
        let loop = try Self.loop(names)
        let (stuck, here) = (Endpoint.tcp(host: "stuck", port: 1), server.endpoint)
        let alone = Self.open([[stuck]], on: loop, connectMilliseconds: 50)
        let failed = await alone.call()
        guard case .failure(let failure) = failed else { return #expect(Bool(false), "\(failed)") }
        #expect(failure.reason == "CONNECTION_FAILED" && failure.message.contains("resolved"))
        let either = Self.open([[stuck, here]], on: loop, connectMilliseconds: 50)
        #expect(try await either.call(TestHandler.echo, [3]).get() == [3])
        names.release(2)
        server.stop()
    }

    @Test func anAnswerThatComesTooLateIsPassedOver() async throws {
        let (server, names) = (try TestServer(), Stuck())
        let loop = try Self.loop(names)
        let stuck = Endpoint.tcp(host: "stuck", port: 1)
        let client = Self.open([[stuck, server.endpoint]], on: loop, connectMilliseconds: 50)
        #expect(try await client.call(TestHandler.echo, [4]).get() == [4])
        names.release(1)
        #expect(try await client.call(TestHandler.echo, [5]).get() == [5])
        server.stop()
    }

    @Test func aNameThatHangsHoldsOneThreadHoweverOftenItIsAskedFor() async throws {
        let names = Stuck()
        let resolver = Resolver { (endpoint) throws(TransportError) in
            try names.lookUp(endpoint)
        }
        let answered = Mutex<[Resolver.Ticket]>([])
        let ask = { (host: String) in
            resolver.resolve(.tcp(host: host, port: 1)) { ticket, _ in
                answered.withLock { $0.append(ticket) }
            }
        }
        let stuck = (0..<Limits.namesResolvedAtOnce * 2).map { _ in ask("stuck") }
        let known = ask("server.here")
        await eventually("another name is answered") { answered.withLock { $0 } == [known] }
        #expect(names.most == 1)
        // Who doesn't wait any more isn't told.
        resolver.drop(ask("stuck"))
        names.release(1)
        await eventually("all who asked are told") {
            answered.withLock { Set($0) } == Set(stuck + [known])
        }
    }

    @Test func namesThatHangTakeFewThreads() async throws {
        let names = Stuck()
        let resolver = Resolver { (endpoint) throws(TransportError) in
            try names.lookUp(endpoint)
        }
        let answered = Mutex<Set<Resolver.Ticket>>([])
        let tickets = (0..<20).map { number in
            resolver.resolve(.tcp(host: "stuck-\(number)", port: 1)) { ticket, answer in
                guard case .failure(.unresolved) = answer else { return }
                answered.withLock { _ = $0.insert(ticket) }
            }
        }
        await eventually("the threads stand still") { names.most == Limits.namesResolvedAtOnce }
        // Those that no thread has begun can be dropped.
        for ticket in tickets[10...] { resolver.drop(ticket) }
        names.release(10)
        await eventually("the others are answered") { answered.withLock { $0.count } == 10 }
        #expect(answered.withLock { $0 } == Set(tickets[..<10]))
        #expect(names.most == Limits.namesResolvedAtOnce)
    }
}
