internal import BanjieProtocol
internal import Office
internal import Transport

/// The way of what is told of uploads to the engine, which runs them beside its commands.
struct EngineStreams: Sendable {
    /// Bounded by the streams' credit.
    let events = Inbox<StreamEvent>(capacity: .max)
    let commands: Inbox<EngineCall<HeldCall>>

    func add(_ told: [StreamEvent]) {
        guard !told.isEmpty else { return }
        _ = events.add(told)
        commands.wake()
    }
}

extension StreamEvent {
    /// Whether it may be about a stream of this kind.
    func concerns(_ kind: MethodKind) -> Bool {
        if case .opened(let opening) = self { return opening.method.kind == kind }
        return true
    }
}

extension ServiceRegistry {
    /// Hands the first message of an upload to its method.
    ///
    /// - Precondition: the router has found that the method is one.
    static func openCommandStream(
        _ opening: StreamOpening,
        in context: inout CommandContext
    ) throws(DispatchFailure<HandlerFailure>) -> HeldStream<CommandContext>.Stream {
        guard let uploads = route(opening.method.id)?.uploads else {
            preconditionFailure("the router hands over known uploads only")
        }
        return try opening.body.withUnsafeBufferPointer {
            (body) throws(DispatchFailure<HandlerFailure>) in
            try uploads.openUpload(
                opening.method.number,
                UnsafeRawBufferPointer(body),
                in: &context
            )
        }
    }
}
