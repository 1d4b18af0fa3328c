import BanjieClient
import BanjieProtocol

extension Command {
    /// A command that watches, over restarts of the server too, and writes what it is told until it is
    /// interrupted or the server ends the watch: each reply as JSON on a line when that is asked for,
    /// else as `show` lays it out.
    init<Request: ResumableRequest, Reply: SequencedMessage>(
        _ name: String,
        watching method: MethodDescriptor,
        by request: Request.Type,
        examples: [String] = [],
        show: @escaping @Sendable (Reply, inout Page) -> Void
    ) {
        let fields = RequestField.all(of: method.request.descriptor)
        self.init(
            name,
            SchemaTexts.summary(of: method),
            notes: Text(
                "When the connection is lost, or the server restarts, it goes on where it was. It ends with "
                    + "^C.",
                "连接中断或服务器重启后，从中断处继续。按 ^C 结束。"
            ),
            options: fields.map { $0.option(RequestForm()) } + CommandOption.shared,
            examples: examples
        ) { invocation throws(CommandFailure) in
            let body = try invocation.body(of: method, fields, RequestForm())
            let watch: ResumingWatch<Request, Reply>
            do {
                watch = ResumingWatch(
                    try invocation.channel(),
                    method,
                    try Request(decoding: body),
                    invocation.callOptions(of: method),
                    Resumption { invocation.tell($0) }
                )
            } catch let error as CommandFailure {
                throw error
            } catch {
                preconditionFailure("\(method.fullName) decodes what was encoded for it: \(error)")
            }
            var replies = watch.makeAsyncIterator()
            while let reply = try await invocation.next(of: &replies) {
                if invocation.wantsJSON {
                    try invocation.writeJSON(reply.encoded(), of: method)
                    continue
                }
                var page = Page(language: invocation.language, style: invocation.style)
                show(reply, &page)
                invocation.console.write(Array(page.text.utf8))
            }
            return .success
        }
    }
}

extension Invocation {
    func next<Request, Reply>(
        of replies: inout ResumingWatch<Request, Reply>.Iterator
    ) async throws(CommandFailure) -> Reply? {
        do { return try await replies.next() } catch { throw .call(error, requestID: nil) }
    }

    /// Says what becomes of a watch, or of what else is read like one.
    func tell(
        _ notice: Resumption.Notice,
        of what: Text = Text("watch", "监视")
    ) {
        let what = language.text(what)
        switch notice {
        case .interrupted(let error):
            let why = ReasonTexts.sentence(for: error, in: language)
            console.writeError(
                language.text(
                    "the \(what) was interrupted and will go on where it was (\(why))",
                    "\(what)中断，恢复后将从中断处继续（\(why)）"
                )
            )
        case .resumed:
            console.writeError(language.text("the \(what) goes on", "\(what)已恢复"))
        }
    }
}
