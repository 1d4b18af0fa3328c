package import BanjieProtocol
import Transport
import Wire

extension Connection {
    /// Sends one request once and hands its end to `completion`: without a task, and without retries.
    ///
    /// - Parameters:
    ///   - requestID: of 1 to 32 bytes for a command that takes one; else empty.
    ///   - completion: is called once, on the connection's thread, which it must not block.
    package func send(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        requestID: [UInt8],
        timeoutMillis: UInt32,
        completion: @escaping @Sendable (Result<CallReply, CallError>) -> Void
    ) {
        let call = OutgoingCall(
            method: method.id,
            message: body,
            requestID: requestID,
            deadline: MonotonicTime.now().adding(milliseconds: UInt64(timeoutMillis)),
            waitsForReady: true
        ) { result in
            completion(
                result.map { CallReply(bytes: $0.message, isReplay: $0.isReplay) }
                    .mapError { CallError($0) }
            )
        }
        thread.loop.submit(call, on: line)
    }
}
