public import BanjieProtocol

/// The request of a watch that can begin behind any number of its log.
public protocol ResumableRequest: Message {
    /// The number to begin after; with what comes from now on when nil.
    var after: UInt64? { get set }
}

/// What a watch tells, in the order of its log.
public protocol SequencedMessage: Message {
    /// The number to go on from after this. It never falls.
    var sequence: UInt64 { get }
}

extension WatchFiredRequest: ResumableRequest {}
extension FiredEvent: SequencedMessage {}

extension WatchCasesRequest: ResumableRequest {}
extension CaseEvent: SequencedMessage {}

extension DeadlinesClient {
    /// What fires, as it fires, over any loss of the connection.
    public func watchResuming(
        _ request: WatchFiredRequest,
        options: CallOptions = CallOptions(),
        resuming resumption: Resumption = Resumption()
    ) -> ResumingWatch<WatchFiredRequest, FiredEvent> {
        ResumingWatch(channel, DeadlinesMethods.watch, request, options, resumption)
    }
}

extension CasesClient {
    /// What happens to cases that the caller may see, over any loss of the connection.
    public func watchResuming(
        _ request: WatchCasesRequest,
        options: CallOptions = CallOptions(),
        resuming resumption: Resumption = Resumption()
    ) -> ResumingWatch<WatchCasesRequest, CaseEvent> {
        ResumingWatch(channel, CasesMethods.watch, request, options, resumption)
    }
}
