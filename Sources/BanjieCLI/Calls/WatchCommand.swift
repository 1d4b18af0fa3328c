import BanjieProtocol

extension Command {
    /// A command that watches, and writes what it is told until it is interrupted or the server ends
    /// the watch: each reply as JSON on a line when that is asked for, else as `show` lays it out.
    init<Reply: Message>(
        _ name: String,
        watching method: MethodDescriptor,
        examples: [String] = [],
        show: @escaping @Sendable (Reply, inout Page) -> Void
    ) {
        let fields = RequestField.all(of: method.request.descriptor)
        self.init(
            name,
            SchemaTexts.summary(of: method),
            options: fields.map { $0.option(RequestForm()) } + CommandOption.shared,
            examples: examples
        ) { invocation throws(CommandFailure) in
            let body = try invocation.body(of: method, fields, RequestForm())
            let channel = try invocation.channel()
            let options = invocation.callOptions(of: method)
            let stream = channel.open(method, body, options)
            defer { stream.cancel() }
            while let bytes = try await invocation.next(of: stream) {
                if invocation.wantsJSON {
                    try invocation.writeJSON(bytes, of: method)
                    continue
                }
                var page = Page(language: invocation.language, style: invocation.style)
                do {
                    show(try Reply(decoding: bytes), &page)
                } catch {
                    throw .undecodableReply(method.fullName, "\(error)")
                }
                invocation.console.write(Array(page.text.utf8))
            }
            return .success
        }
    }
}

extension Invocation {
    fileprivate func next(of stream: any CallStream) async throws(CommandFailure) -> [UInt8]? {
        do { return try await stream.next() } catch { throw .call(error, requestID: nil) }
    }
}
