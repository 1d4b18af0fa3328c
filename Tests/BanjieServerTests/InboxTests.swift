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

    @Test func whatOneConsumerLeavesGoesToAnother() {
        let desk = Desk()
        for _ in 0..<2 { desk.startConsumer() }
        #expect(desk.inbox.add([1, 2]) == 2)
        #expect(desk.waitForOne() && desk.waitForOne())
        for _ in 0..<2 { desk.mayGoOn.signal() }
        desk.inbox.close()
        for _ in 0..<2 { #expect(desk.ended.wait(timeout: .now() + 20) == .success) }
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
