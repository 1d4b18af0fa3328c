import BanjieProtocol
import Synchronization

extension Invocation {
    /// Makes a streaming call: sends `first` and then what `messages` gives, and writes each reply as a
    /// line of JSON until the server ends the call.
    ///
    /// - Parameter messages: The next message to be sent; nil when there is none any more. It may wait,
    ///   and isn't called for a watch.
    func stream(
        _ method: NamedMethod,
        _ first: [UInt8],
        over channel: any CallChannel,
        _ messages: @escaping @Sendable () throws(CommandFailure) -> [UInt8]?
    ) async throws(CommandFailure) {
        let options = callOptions(of: method.descriptor)
        let stream = channel.open(method.descriptor, first, options)
        defer { stream.cancel() }
        let input = InputFailure()
        if method.descriptor.kind != .watch {
            // Beside the reading: the server may answer a message before it takes the next.
            Task {
                do throws(CommandFailure) {
                    while let message = try messages() {
                        // When the stream has failed, whoever reads it is told.
                        do throws(CallError) { try await stream.send(message) } catch { return }
                    }
                    stream.finishSending()
                } catch {
                    input.set(error)
                    stream.cancel()
                }
            }
        }
        while true {
            let reply: [UInt8]?
            do { reply = try await stream.next() } catch {
                throw input.failure ?? .call(error, requestID: options.requestID)
            }
            guard let reply else { return }
            console.writeLine(try method.reply(reply, isPretty: false))
        }
    }
}

/// What was wrong with a message that was to be sent, for whoever reads the stream.
private final class InputFailure: Sendable {
    private let state = Mutex<CommandFailure?>(nil)

    func set(_ failure: CommandFailure) { state.withLock { $0 = failure } }

    var failure: CommandFailure? { state.withLock { $0 } }
}
