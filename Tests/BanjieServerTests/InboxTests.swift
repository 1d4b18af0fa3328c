import Dispatch
import Foundation
import Synchronization
import Testing

@testable import BanjieServer

@Suite struct InboxTests {
    /// Who took what, and a way to wait for it.
    private final class Desk: Sendable {
        let inbox = Inbox<Int>(capacity: 8)
        let taken = Mutex<[Int]>([])
        let tookOne = DispatchSemaphore(value: 0)
        let mayGoOn = DispatchSemaphore(value: 0)
        let ended = DispatchSemaphore(value: 0)

        /// A consumer that works on each element until it may go on.
        func startConsumer() {
            let thread = Thread { [self] in
                while let elements = inbox.take(limit: 1, waitingMilliseconds: 60_000) {
                    guard !elements.isEmpty else { continue }
                    taken.withLock { $0 += elements }
                    tookOne.signal()
                    mayGoOn.wait()
                }
                ended.signal()
            }
            thread.start()
        }

        func waitForOne() -> Bool { tookOne.wait(timeout: .now() + 20) == .success }
    }

    @Test func aBusyConsumerHoldsUpNoOther() {
        let desk = Desk()
        for _ in 0..<3 { desk.startConsumer() }
        // However the consumers come to wait, each element finds one that isn't busy.
        for element in 1...3 {
            #expect(desk.inbox.add([element]) == 1)
            #expect(desk.waitForOne())
        }
        #expect(desk.taken.withLock { $0 } == [1, 2, 3])
        for _ in 0..<3 { desk.mayGoOn.signal() }
        desk.inbox.close()
        for _ in 0..<3 { #expect(desk.ended.wait(timeout: .now() + 20) == .success) }
        #expect(desk.inbox.add([4]) == 0)
    }

    @Test func theRoomIsWhatWouldFit() {
        let inbox = Inbox<Int>(capacity: 8)
        #expect(inbox.room == 8)
        #expect(inbox.add(Array(0..<5)) == 5)
        #expect(inbox.room == 3)
        #expect(inbox.add(Array(5..<10)) == 3)
        #expect(inbox.room == 0)
        #expect(inbox.take(limit: 6, waitingMilliseconds: 0) == Array(0..<6))
        #expect(inbox.room == 6)
        inbox.close()
        #expect(inbox.room == 0)
        #expect(inbox.take(limit: 6, waitingMilliseconds: 0) == [6, 7])
        #expect(inbox.take(limit: 6, waitingMilliseconds: 0) == nil)
    }

    @Test func whatIsTakenInPiecesKeepsItsOrder() {
        let inbox = Inbox<Int>(capacity: 2000)
        var next = 0
        var taken: [Int] = []
        for round in 0..<300 {
            next += inbox.add(Array(next..<next + round % 11))
            taken += inbox.take(limit: 1 + round % 7, waitingMilliseconds: 0) ?? []
        }
        while let more = inbox.take(limit: 5, waitingMilliseconds: 0), !more.isEmpty {
            taken += more
        }
        #expect(taken == Array(0..<next))
        #expect(inbox.isEmpty && inbox.count == 0)
    }

    @Test func whatOneConsumerLeavesGoesToAnother() {
        let desk = Desk()
        for _ in 0..<2 { desk.startConsumer() }
        #expect(desk.inbox.add([1, 2]) == 2)
        #expect(desk.waitForOne() && desk.waitForOne())
        for _ in 0..<2 { desk.mayGoOn.signal() }
        desk.inbox.close()
        for _ in 0..<2 { #expect(desk.ended.wait(timeout: .now() + 20) == .success) }
    }

    /// How many may wait follows how fast they go.
    @Test func nobodyWaitsLongInAnAdmittedQueue() {
        let millisecond: UInt64 = 1_000_000
        var admission = Admission(most: 65_536)
        #expect(admission.limit == 65_536)
        // Nothing waited: that says nothing of how fast a queue could be worked off.
        admission.took(10, leaving: 0, at: millisecond)
        admission.took(10, leaving: 500, at: 500 * millisecond)
        #expect(admission.limit == 65_536)
        for tick in 1...1000 as ClosedRange<UInt64> {
            admission.took(200, leaving: 500, at: (500 + 10 * tick) * millisecond)
        }
        // 20 a millisecond.
        #expect(admission.limit == 4000)
        // A disk that stalls for a third of a second doesn't have everybody refused.
        admission.took(200, leaving: 500, at: (500 + 10_000 + 300) * millisecond)
        #expect((3000..<4000).contains(admission.limit))
        for tick in 1...100 as ClosedRange<UInt64> {
            admission.took(1, leaving: 500, at: (11_000 + 1000 * tick) * millisecond)
        }
        #expect(admission.limit == Admission.least)
    }

    @Test func aQueueThatIsWorkedOffSlowlyTakesFewer() {
        let now = Mutex<UInt64>(0)
        let inbox = Inbox<Int>(capacity: 10_000, now: { now.withLock { $0 } })
        let many = Array(repeating: 0, count: 6000)
        #expect(inbox.add(many) == 6000)
        for _ in 1...20 {
            now.withLock { $0 += 100_000_000 }
            #expect(inbox.take(limit: 100, waitingMilliseconds: 0)?.count == 100)
        }
        // A thousand a second: what waits already is more than what is taken.
        #expect(inbox.add(many) == 0)
        while let rest = inbox.take(limit: 1000, waitingMilliseconds: 0), !rest.isEmpty {}
        #expect(inbox.add(many) == Admission.least)
    }

    @Test func takesNoMoreThanFit() {
        let inbox = Inbox<Int>(capacity: 3)
        #expect(inbox.add([1, 2]) == 2)
        #expect(inbox.add([3, 4]) == 1)
        #expect(inbox.take(limit: 2, waitingMilliseconds: 0) == [1, 2])
        #expect(inbox.take(limit: 2, waitingMilliseconds: 0) == [3])
        #expect(inbox.take(limit: 2, waitingMilliseconds: 1) == [])
        inbox.close()
        #expect(inbox.take(limit: 2, waitingMilliseconds: 1000) == nil)
    }
}
