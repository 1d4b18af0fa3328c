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

extension WatchWorkRequest: ResumableRequest {}
extension WorkEvent: SequencedMessage {}

extension WatchNotificationsRequest: ResumableRequest {}
extension NotificationEvent: SequencedMessage {}

extension DownloadMaterialRequest: ResumableRequest {
    /// A material's bytes are numbered from 1: what is behind a number begins at that offset.
    public var after: UInt64? {
        get { offset }
        set { offset = newValue ?? 0 }
    }
}

extension MaterialContent: SequencedMessage {
    /// The offset behind these bytes.
    public var sequence: UInt64 {
        let (end, isBeyond) = offset.addingReportingOverflow(UInt64(content.count))
        return isBeyond ? .max : end
    }
}

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

extension OnlineClient {
    /// A material's bytes in order, over any loss of the connection: none is left out or comes twice.
    public func downloadMaterialResuming(
        _ request: DownloadMaterialRequest,
        options: CallOptions = CallOptions(),
        resuming resumption: Resumption = Resumption()
    ) -> ResumingWatch<DownloadMaterialRequest, MaterialContent> {
        ResumingWatch(channel, OnlineMethods.downloadMaterial, request, options, resumption)
    }
}
