import BanjieClient
import BanjieProtocol

/// A command as it was called.
struct Invocation: Sendable {
    let values: ArgumentValues
    let console: Console

    var language: Language { console.language }
    /// Whether the output is JSON.
    var wantsJSON: Bool { values.has("json") }
    var style: Style { console.showsColours ? .coloured : .plain }
}

/// A reply, decoded and as it came.
struct Answer<Reply: Message>: Sendable {
    let reply: Reply
    let bytes: [UInt8]
}

extension Invocation {
    /// Opens a channel by the connection options.
    func channel() throws(CommandFailure) -> any CallChannel {
        try channel(to: try connectionSettings())
    }

    func channel(to settings: ConnectionSettings) throws(CommandFailure) -> any CallChannel {
        if values.has("verbose") {
            console.writeError(
                language.text("server \(settings.servers)", "服务器 \(settings.servers)")
            )
        }
        do {
            let channel = try console.connect(settings)
            guard values.has("verbose") else { return channel }
            return InterceptedChannel(channel, [TraceStarter(), CallNotes(console: console)])
        } catch {
            throw .call(error, requestID: nil)
        }
    }

    /// How the connection options have a method called, under a new request id where it takes one and
    /// none is given.
    func callOptions(of method: MethodDescriptor) -> CallOptions {
        var requestID: [UInt8]?
        if method.idempotency == .requestID {
            requestID = values.value("request-id", .requestID) ?? console.requestID()
        }
        if values.has("verbose"), let requestID {
            let id = RequestID.text(of: requestID)
            console.writeError(language.text("request id \(id)", "请求编号 \(id)"))
        }
        return CallOptions(
            timeoutMillis: values.value("timeout", .milliseconds),
            requestID: requestID,
            waitForReady: values.has("wait"),
            traceContext: values.value("traceparent", .traceContext)
        )
    }

    /// Makes one call of `method`; `body` is its encoded request.
    func call(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        over channel: any CallChannel
    ) async throws(CommandFailure) -> [UInt8] {
        let options = callOptions(of: method)
        let reply: CallReply
        do {
            reply = try await channel.unary(method, body, options)
        } catch {
            throw .call(error, requestID: options.requestID)
        }
        if reply.isReplay, values.has("verbose") {
            console.writeError(
                language.text(
                    "this request had been carried out before; this is its answer",
                    "该请求此前已执行，此为当时的结果"
                )
            )
        }
        return reply.bytes
    }

    /// Makes one call and decodes its reply.
    ///
    /// - Precondition: `Reply` is the method's.
    func call<Reply: Message>(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        over channel: any CallChannel,
        reply type: Reply.Type
    ) async throws(CommandFailure) -> Answer<Reply> {
        precondition(ObjectIdentifier(method.reply) == ObjectIdentifier(type))
        let bytes = try await call(method, body, over: channel)
        do {
            return Answer(reply: try Reply(decoding: bytes), bytes: bytes)
        } catch {
            throw .undecodableReply(method.fullName, error.describe(in: Reply.descriptor))
        }
    }

    /// Writes a reply as one line of JSON.
    func writeJSON(
        _ bytes: [UInt8],
        of method: MethodDescriptor,
        isPretty: Bool = false
    ) throws(CommandFailure) {
        do {
            console.writeLine(
                try JSONTranscoder.decode(bytes, as: method.reply, isPretty: isPretty)
            )
        } catch {
            throw .undecodableReply(method.fullName, error.describe(in: method.reply.descriptor))
        }
    }
}
