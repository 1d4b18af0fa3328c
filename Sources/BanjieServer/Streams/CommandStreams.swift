internal import BanjieProtocol
internal import Office
internal import Synchronization
internal import Transport

/// The way of what is told of uploads and sessions to the engine, which runs them beside its commands.
final class EngineStreams: Sendable {
    /// Bounded by the streams' credit.
    let events = Inbox<StreamEvent>(capacity: .max)
    private let commands: Inbox<EngineCall<HeldCall>>
    /// How many have been opened and haven't ended.
    private let open = Atomic(0)

    init(commands: Inbox<EngineCall<HeldCall>>) { self.commands = commands }

    /// While none is open, what is told is about watches and calls, and the engine isn't woken for it.
    func add(_ told: [StreamEvent]) {
        let opened = told.count { if case .opened = $0 { true } else { false } }
        let before = open.add(opened, ordering: .acquiringAndReleasing).oldValue
        guard before + opened > 0, !told.isEmpty else { return }
        _ = events.add(told)
        commands.wake()
    }

    /// The engine has let go of one.
    func ended() { open.subtract(1, ordering: .acquiringAndReleasing) }
}

/// Who runs a stream.
enum StreamRunner: Sendable {
    /// The desk whose watches look at the records.
    case watches
    /// The desk whose watches look at how the server is.
    case statusWatches
    /// The engine, beside its commands.
    case engine
}

extension StreamEvent {
    /// Whether it may be about a stream that `runner` runs.
    func concerns(_ runner: StreamRunner) -> Bool {
        if case .opened(let opening) = self {
            return ServiceRegistry.route(opening.method.id)?.runner == runner
        }
        return true
    }
}

extension ServiceRegistry {
    /// Hands the first message of an upload or a session to its method.
    ///
    /// - Precondition: the router has found that the method is one of these.
    static func openCommandStream(
        _ opening: StreamOpening,
        in context: inout CommandContext
    ) throws(DispatchFailure<HandlerFailure>) -> HeldStream<CommandContext>.Stream {
        guard let route = route(opening.method.id) else {
            preconditionFailure("the router hands over known streams only")
        }
        return try opening.body.withUnsafeBufferPointer {
            (body) throws(DispatchFailure<HandlerFailure>) in
            let (number, body) = (opening.method.number, UnsafeRawBufferPointer(body))
            if let uploads = route.uploads, opening.method.kind == .upload {
                return try uploads.openUpload(number, body, in: &context)
            }
            guard let sessions = route.sessions else {
                preconditionFailure("the router hands over uploads and sessions only")
            }
            return try sessions.openSession(number, body, in: &context)
        }
    }
}
