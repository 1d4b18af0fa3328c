internal import BanjieProtocol
internal import Office
internal import Store
internal import WorkCalendar

/// Why a handler didn't do what was asked.
enum HandlerFailure: Error {
    /// The office's rules.
    case refused(Refusal)
    /// A value that the schema doesn't allow.
    case value(FieldRefusal)
    /// A calendar that can't be made.
    case calendar(CalendarError)
    /// A limit that can't be calculated.
    case limit(LimitError)
    case store(StoreError)
    /// Bytes that aren't the message that the method takes, and what is wrong with them.
    case undecodable(String)
    /// The server itself, for one of the protocol's reasons.
    case server(Reason)
}

/// Runs a rule of the office and passes its refusal on.
func ruling<Result>(_ body: () throws(Refusal) -> Result) throws(HandlerFailure) -> Result {
    do { return try body() } catch { throw .refused(error) }
}

/// Reads or writes records and passes the store's failure on.
func storing<Result>(_ body: () throws(StoreError) -> Result) throws(HandlerFailure) -> Result {
    do { return try body() } catch { throw .store(error) }
}

/// Checks a request's values against its schema.
func validating(_ request: some Message) throws(HandlerFailure) {
    do { try request.validate() } catch { throw .value(error) }
}

/// Hands a request's bytes to a service and passes its failure on.
func dispatching(
    _ bytes: [UInt8],
    _ dispatch: (UnsafeRawBufferPointer) throws(DispatchFailure<HandlerFailure>) -> Void
) throws(HandlerFailure) {
    do throws(DispatchFailure<HandlerFailure>) {
        try bytes.withUnsafeBufferPointer { (body) throws(DispatchFailure<HandlerFailure>) in
            try dispatch(UnsafeRawBufferPointer(body))
        }
    } catch {
        throw HandlerFailure(error)
    }
}

extension HandlerFailure {
    /// What a service's dispatch failed with.
    init(_ failure: DispatchFailure<HandlerFailure>) {
        self =
            switch failure {
            case .unknownMethod: .server(.unknownMethod)
            case .undecodable(let problem): .undecodable("\(problem)")
            case .refused(let failure): failure
            }
    }
}
