import SeededRandom
import Synchronization
import Testing

@testable import Transport

@Suite struct TimerHeapTests {
    @Test("the heap and a plain search agree", arguments: RandomPeerTests.seeds)
    func agreesWithSearch(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var heap = TimerHeap()
        var plain: [UInt32: MonotonicTime] = [:]
        for _ in 0..<500 {
            let key = UInt32.random(in: 0..<40, using: &generator)
            let time =
                Int.random(in: 0..<4, using: &generator) == 0
                ? MonotonicTime.never
                : MonotonicTime(nanoseconds: UInt64.random(in: 0..<100, using: &generator))
            heap.set(key, to: time)
            plain[key] = time == .never ? nil : time
            #expect(heap.first?.time == plain.values.min())
            #expect(heap.time(of: key) == time)
            if let key = heap.first?.key { #expect(plain[key] == heap.first?.time) }
        }
    }
}

@Suite struct BackoffTests {
    @Test func `waits grow to the longest and begin anew`() {
        var backoff = Backoff()
        #expect((0..<4).map { _ in backoff.next(random: 0.5) } == [1_000, 1_600, 2_560, 4_096])
        for _ in 0..<20 { _ = backoff.next(random: 0.5) }
        #expect(backoff.next(random: 0.5) == 120_000)
        #expect(backoff.next(random: 0) == 96_000)
        #expect(backoff.next(random: 1) == 144_000)
        let hasNotLasted = backoff.ended(afterMilliseconds: 119_999)
        #expect(!hasNotLasted && backoff.next(random: 0.5) == 120_000)
        let hasLasted = backoff.ended(afterMilliseconds: 120_000)
        #expect(hasLasted && backoff.next(random: 0.5) == 1_000)
        let isStillYoung = !backoff.ended(afterMilliseconds: 1_599)
        #expect(isStillYoung && backoff.next(random: 0.5) == 1_600)
    }

    @Test("calls that end while they wait for a connection are let go of")
    func waitingCalls() {
        func call(_ method: UInt32) -> OutgoingCall {
            OutgoingCall(method: method, message: [], deadline: .never) { _ in }
        }
        var waiting = WaitingCalls()
        // One in fifty goes on waiting.
        for number in 0..<20_000 as Range<UInt32> {
            let call = call(number)
            waiting.append(call)
            if number % 50 != 0 {
                call.slot.store(OutgoingCall.completed, ordering: .relaxed)
            }
            #expect(waiting.count <= 1_024)
        }
        let left = waiting.removeAll { $0.slot.load(ordering: .relaxed) != OutgoingCall.completed }
        #expect(left.map(\.method) == Array(stride(from: 0, to: 20_000, by: 50)))
    }
}

@Suite struct EndpointTests {
    @Test(
        arguments: [
            "localhost:7400", "[::1]:7400", "127.0.0.1:0", "unix:/run/banjie.sock",
            "tls:banjie.test:7410", "tls:[::1]:7410",
        ]
    )
    func `an endpoint is written as it is read`(text: String) throws {
        #expect(try Endpoint(text).description == text)
    }

    @Test(
        arguments: [
            "", "host", ":7400", "host:", "host:70000", "::1:7400", "unix:", "host:-1", "tls:",
            "tls:host", "tls::7410", "tls:unix:/run/banjie.sock", "tls:tls:host:7410",
        ]
    )
    func `what names no endpoint is refused`(text: String) {
        #expect(throws: TransportError.endpoint(text)) { try Endpoint(text) }
    }
}

@Suite struct LimitsTests {
    @Test func `the limits agree with each other`() {
        #expect(Limits().isConsistent)
        // A whole frame fits what is read at a time, and reading stops before output ends a
        // connection even when every call in flight is answered with a whole frame.
        #expect(Int(Limits().longestPayload) + 24 <= Limits.readBytes)
        #expect(Limits.longestFragment <= Limits.fragmentMark)
    }
}
