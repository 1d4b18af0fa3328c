internal import Dispatch
internal import Foundation
internal import Synchronization

/// Writes lines to a descriptor on a thread of its own, so that a reader that doesn't read holds up
/// nobody: lines beyond what may wait are dropped and counted.
package final class LineWriter: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var isWriting = false
        var isClosed = false
    }

    private let descriptor: Int32
    private let bytesMax: Int
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private let droppedLines = Counter()

    /// - Parameters:
    ///   - descriptor: Where the lines go. The writer keeps a duplicate, so that its number may be closed
    ///     and given to another file while the thread still writes.
    ///   - bytesMax: How much may wait.
    package init(descriptor: Int32, bytesMax: Int = 1 << 20) {
        self.descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        self.bytesMax = bytesMax
        let thread = Thread { [self] in run() }
        thread.name = "log"
        thread.stackSize = 256 << 10
        thread.start()
    }

    /// Lines for which there was no room.
    package var dropped: UInt64 { droppedLines.value }

    /// Leaves a line to be written.
    package func write(_ line: [UInt8]) {
        let (fits, wakes) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed, state.waiting.count + line.count <= bytesMax else {
                return (false, false)
            }
            state.waiting.append(contentsOf: line)
            defer { state.isWriting = true }
            return (true, !state.isWriting)
        }
        if !fits { droppedLines.add() }
        if wakes { wake.signal() }
    }

    /// Writes what waits and takes no more; returns when that is done, or `seconds` have passed.
    package func close(within seconds: Int) {
        state.withLock { $0.isClosed = true }
        wake.signal()
        _ = finished.wait(timeout: .now() + .seconds(seconds))
    }

    private func run() {
        while true {
            let (lines, isClosed) = state.withLock { state -> ([UInt8], Bool) in
                let lines = state.waiting
                state.waiting = []
                if lines.isEmpty { state.isWriting = false }
                return (lines, state.isClosed)
            }
            if !lines.isEmpty {
                put(lines)
            } else if isClosed {
                Foundation.close(descriptor)
                finished.signal()
                return
            } else {
                wake.wait()
            }
        }
    }

    /// Writes all of it, unless nobody reads any more.
    private func put(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                start += count
            } else if count < 0, errno != EINTR {
                return
            }
        }
    }
}
