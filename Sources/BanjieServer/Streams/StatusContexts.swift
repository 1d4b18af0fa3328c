internal import BanjieProtocol
internal import Store
internal import Transport

/// How the server is, for watches that touch no store.
final class StatusContexts: StreamContexts {
    private let shared: SharedState
    /// What all turns of a round see.
    private var status: ServerStatus

    init(_ shared: SharedState) {
        self.shared = shared
        status = shared.current.status
    }

    func atOnce(_ body: () -> Void) throws(StoreError) {
        status = shared.current.status
        body()
    }

    func turn<Result>(
        of stream: CallTicket,
        for caller: StreamCaller,
        _ body: (inout ServerStatus) throws(DispatchFailure<HandlerFailure>) -> Result
    ) throws(DispatchFailure<HandlerFailure>) -> Result {
        try body(&status)
    }
}

extension ServiceRegistry {
    /// Hands the first message of a watch of the server's status to its method.
    ///
    /// - Precondition: the router has found that the method is such a watch.
    static func openStatusWatch(
        _ opening: StreamOpening,
        in status: inout ServerStatus
    ) throws(DispatchFailure<HandlerFailure>) -> HeldStream<ServerStatus>.Stream {
        guard let watches = route(opening.method.id)?.statusWatches else {
            preconditionFailure("the router hands over known watches only")
        }
        return try opening.body.withUnsafeBufferPointer {
            (body) throws(DispatchFailure<HandlerFailure>) in
            try watches.openWatch(
                opening.method.number,
                UnsafeRawBufferPointer(body),
                in: &status
            )
        }
    }
}
