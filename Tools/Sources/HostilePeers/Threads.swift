import Foundation
import Synchronization

/// Runs `body` on threads of their own and adds up how the peers ended.
func onThreads(
    _ count: Int,
    _ body: @escaping @Sendable () throws -> Attack.Endings
) throws -> Attack.Endings {
    let results = Results()
    let group = DispatchGroup()
    for _ in 0..<count {
        group.enter()
        Thread.detachNewThread {
            results.add(Result { try body() })
            group.leave()
        }
    }
    group.wait()
    var endings: Attack.Endings = [:]
    for result in results.all { endings.count(try result.get()) }
    return endings
}

/// Runs what blocks on a thread of its own.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
{
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

private final class Results: Sendable {
    private let state = Mutex<[Result<Attack.Endings, any Error>]>([])
    func add(_ result: Result<Attack.Endings, any Error>) { state.withLock { $0.append(result) } }
    var all: [Result<Attack.Endings, any Error>] { state.withLock { $0 } }
}
