public import Wire

/// Why a request to a service wasn't answered with a reply.
public enum DispatchFailure<Failure: Error>: Error {
    /// The service has no method of this number and kind.
    case unknownMethod
    /// The bytes aren't the message that the method takes.
    case undecodable(DecodingError)
    /// The handler's own refusal.
    case refused(Failure)
}

extension DispatchFailure: Equatable where Failure: Equatable {}

/// What generated dispatch consists of.
public enum Dispatch {
    /// Decodes a request, hands it to `handler` and appends its reply; appends nothing on failure.
    @inlinable
    public static func answer<Request: Message, Reply: Message, Failure: Error>(
        _ body: UnsafeRawBufferPointer,
        into reply: inout MessageWriter,
        _ handler: (Request) throws(Failure) -> Reply
    ) throws(DispatchFailure<Failure>) {
        let request: Request
        do { request = try Request(decoding: body) } catch { throw .undecodable(error) }
        let message: Reply
        do { message = try handler(request) } catch { throw .refused(error) }
        message.write(to: &reply)
    }
}
