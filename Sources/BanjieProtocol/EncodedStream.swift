public import Wire

/// One stream in bytes, whatever its kind: what generated dispatch makes of a handler, and a server
/// drives.
public protocol EncodedStream<Context, Failure> {
    associatedtype Context
    associatedtype Failure: Error

    /// Takes a message of the caller's. A failure ends the stream.
    mutating func receive(
        _ body: UnsafeRawBufferPointer,
        in context: inout Context
    ) throws(DispatchFailure<Failure>)

    /// The caller sends no further message.
    mutating func finishReceiving(in context: inout Context) throws(DispatchFailure<Failure>)

    /// Appends the next message to `reply`, if there is one. After `finished` nothing is asked any more.
    mutating func next(
        in context: inout Context,
        reply: inout MessageWriter
    ) throws(DispatchFailure<Failure>) -> StreamStep<Void>
}

/// A watch as a stream of bytes.
public struct EncodedWatch<Watch: ServedWatch>: EncodedStream {
    @usableFromInline var watch: Watch

    @inlinable public init(_ watch: Watch) { self.watch = watch }

    /// A caller of a watch sends nothing after its request.
    @inlinable public mutating func receive(
        _ body: UnsafeRawBufferPointer,
        in context: inout Watch.Context
    ) throws(DispatchFailure<Watch.Failure>) {
        throw .unknownMethod
    }

    @inlinable public mutating func finishReceiving(
        in context: inout Watch.Context
    ) throws(DispatchFailure<Watch.Failure>) {}

    @inlinable public mutating func next(
        in context: inout Watch.Context,
        reply: inout MessageWriter
    ) throws(DispatchFailure<Watch.Failure>) -> StreamStep<Void> {
        let step: StreamStep<Watch.Reply>
        do { step = try watch.next(in: &context) } catch { throw .refused(error) }
        return Dispatch.write(step, to: &reply)
    }
}

/// An upload as a stream of bytes.
public struct EncodedUpload<Upload: ServedUpload>: EncodedStream {
    @usableFromInline enum State {
        case receiving
        case received
        case replied
    }

    @usableFromInline var upload: Upload
    @usableFromInline var state = State.receiving

    @inlinable public init(_ upload: Upload) { self.upload = upload }

    @inlinable public mutating func receive(
        _ body: UnsafeRawBufferPointer,
        in context: inout Upload.Context
    ) throws(DispatchFailure<Upload.Failure>) {
        let request: Upload.Request
        do { request = try Upload.Request(decoding: body) } catch { throw .undecodable(error) }
        do { try upload.receive(request, in: &context) } catch { throw .refused(error) }
    }

    @inlinable public mutating func finishReceiving(
        in context: inout Upload.Context
    ) throws(DispatchFailure<Upload.Failure>) {
        if state == .receiving { state = .received }
    }

    @inlinable public mutating func next(
        in context: inout Upload.Context,
        reply: inout MessageWriter
    ) throws(DispatchFailure<Upload.Failure>) -> StreamStep<Void> {
        switch state {
        case .receiving: return .waiting
        case .replied: return .finished
        case .received:
            state = .replied
            do { try upload.finish(in: &context).write(to: &reply) } catch {
                throw .refused(error)
            }
            return .message(())
        }
    }
}

/// A session as a stream of bytes.
public struct EncodedSession<Session: ServedSession>: EncodedStream {
    @usableFromInline var session: Session

    @inlinable public init(_ session: Session) { self.session = session }

    @inlinable public mutating func receive(
        _ body: UnsafeRawBufferPointer,
        in context: inout Session.Context
    ) throws(DispatchFailure<Session.Failure>) {
        let request: Session.Request
        do { request = try Session.Request(decoding: body) } catch { throw .undecodable(error) }
        do { try session.receive(request, in: &context) } catch { throw .refused(error) }
    }

    @inlinable public mutating func finishReceiving(
        in context: inout Session.Context
    ) throws(DispatchFailure<Session.Failure>) {
        do { try session.finishReceiving(in: &context) } catch { throw .refused(error) }
    }

    @inlinable public mutating func next(
        in context: inout Session.Context,
        reply: inout MessageWriter
    ) throws(DispatchFailure<Session.Failure>) -> StreamStep<Void> {
        let step: StreamStep<Session.Reply>
        do { step = try session.next(in: &context) } catch { throw .refused(error) }
        return Dispatch.write(step, to: &reply)
    }
}

extension Dispatch {
    /// Decodes the first message of a stream and hands it to `handler`, which opens the stream.
    @inlinable
    public static func open<Request: Message, Opened, Failure: Error>(
        _ body: UnsafeRawBufferPointer,
        _ handler: (Request) throws(Failure) -> Opened
    ) throws(DispatchFailure<Failure>) -> Opened {
        let request: Request
        do { request = try Request(decoding: body) } catch { throw .undecodable(error) }
        do { return try handler(request) } catch { throw .refused(error) }
    }

    /// Appends the message of a step, if it has one.
    @usableFromInline static func write<Reply: Message>(
        _ step: StreamStep<Reply>,
        to reply: inout MessageWriter
    ) -> StreamStep<Void> {
        switch step {
        case .message(let message):
            message.write(to: &reply)
            return .message(())
        case .waiting: return .waiting
        case .lookingOn: return .lookingOn
        case .finished: return .finished
        }
    }
}
