public import BanjieProtocol
import Synchronization
import Wire

/// A channel whose calls interceptors look at, in their order; at a call's end in the reverse one.
public struct InterceptedChannel: CallChannel {
    private let channel: any CallChannel
    private let interceptors: [any ClientInterceptor]

    public init(_ channel: any CallChannel, _ interceptors: [any ClientInterceptor]) {
        self.channel = channel
        self.interceptors = interceptors
    }

    public func unary(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        _ options: CallOptions
    ) async throws(CallError) -> CallReply {
        let watch = begin(method, options)
        do {
            let reply = try await channel.unary(method, body, watch.call.options)
            watch.end(nil, isReplay: reply.isReplay)
            return reply
        } catch {
            watch.end(error)
            throw error
        }
    }

    public func open(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        _ options: CallOptions
    ) -> any CallStream {
        let watch = begin(method, options)
        return InterceptedStream(channel.open(method, body, watch.call.options), watch)
    }

    private func begin(_ method: MethodDescriptor, _ options: CallOptions) -> CallWatch {
        var call = ClientCall(method: method, options: options)
        for interceptor in interceptors { interceptor.before(&call) }
        return CallWatch(call, interceptors)
    }
}

/// Tells the interceptors of one call's end, once.
private final class CallWatch: Sendable {
    let call: ClientCall
    private let interceptors: [any ClientInterceptor]
    private let began = ContinuousClock.now
    private let hasEnded = Atomic(false)

    init(_ call: ClientCall, _ interceptors: [any ClientInterceptor]) {
        self.call = call
        self.interceptors = interceptors
    }

    func end(_ error: CallError?, isReplay: Bool = false) {
        guard !hasEnded.exchange(true, ordering: .relaxed) else { return }
        let ending = ClientCallEnding(
            error: error,
            isReplay: isReplay,
            duration: ContinuousClock.now - began
        )
        for interceptor in interceptors.reversed() { interceptor.after(call, ending) }
    }
}

/// A stream whose end is told when its reader meets it, or when it is let go of.
private final class InterceptedStream: CallStream {
    private let stream: any CallStream
    private let watch: CallWatch

    init(_ stream: any CallStream, _ watch: CallWatch) {
        self.stream = stream
        self.watch = watch
    }

    deinit { watch.end(Self.abandoned) }

    private static let abandoned = CallError(
        status: .cancelled,
        reason: "CANCELLED",
        message: "the caller let go of the stream",
        outcome: .unknown,
        origin: .client
    )

    func next() async throws(CallError) -> [UInt8]? {
        do {
            let message = try await stream.next()
            if message == nil { watch.end(nil) }
            return message
        } catch {
            watch.end(error)
            throw error
        }
    }

    func send(_ message: [UInt8]) async throws(CallError) {
        do {
            try await stream.send(message)
        } catch {
            watch.end(error)
            throw error
        }
    }

    func finishSending() { stream.finishSending() }

    func cancel() { stream.cancel() }
}
