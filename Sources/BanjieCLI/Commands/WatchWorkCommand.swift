import BanjieClient
import BanjieProtocol

/// `banjie watch`: an office's worklist, live.
enum WatchWorkCommand {
    private static let form = RequestForm(
        operands: ["department"],
        optionalOperands: ["department"],
        fallbacks: ["limit": "100"]
    )

    static let command: Command = {
        let fields = RequestField.all(of: WorklistRequest.descriptor)
        return Command(
            "watch",
            Text(
                "An office's worklist, live: earliest deadline first, cards in colour.",
                "实时待办：最早届满者在前，督办牌着色。"
            ),
            notes: Text(
                "On a terminal it fills the screen until q or ^C; elsewhere it writes the list whenever it "
                    + "changes. With --once it writes it once.",
                "在终端中占满屏幕，按 q 或 ^C 结束；否则每次变化输出一遍。加 --once 只输出一次。"
            ),
            operands: fields.filter { $0.name == "department" }.map {
                CommandOperand($0.operandName, $0.syntax, $0.summary, isRequired: false)
            },
            options: fields.filter { $0.name != "department" }.map { $0.option(form) }
                + [CommandOption(flag: "once", Text("write it once", "只输出一次"))]
                + CommandOption.shared,
            examples: ["banjie watch PLAN", "banjie watch --once"]
        ) { invocation throws(CommandFailure) in
            let body = try invocation.body(of: SupervisionMethods.worklist, fields, form)
            let channel = try invocation.channel()
            let work = WatchedWork(invocation: invocation, channel: channel, body: body)
            if invocation.values.has("once") || invocation.wantsJSON {
                try invocation.show(try await work.list(), of: SupervisionMethods.worklist) {
                    (reply, page) in
                    page.show(reply.items)
                }
                return .success
            }
            return try await work.watch()
        }
    }()
}

/// A worklist that is shown until somebody has seen enough.
private struct WatchedWork {
    enum Update: Sendable {
        case changed
        case note(String)
        case failed(CommandFailure)
        case quit
    }

    /// How often it is asked for although nothing has changed: days pass.
    private static let refreshSeconds = 20

    let invocation: Invocation
    let channel: any CallChannel
    let body: [UInt8]

    func list() async throws(CommandFailure) -> Answer<WorklistReply> {
        try await invocation.call(
            SupervisionMethods.worklist,
            body,
            over: channel,
            reply: WorklistReply.self
        )
    }

    func watch() async throws(CommandFailure) -> ExitStatus {
        // Asked for first, so that what can't be had is said on the common screen.
        var shown = try await list().reply
        let terminal = invocation.console.openTerminal()
        defer { terminal?.close() }
        let (updates, tell) = AsyncStream.makeStream(of: Update.self)
        let tasks = start(tell, terminal)
        defer { for task in tasks { task.cancel() } }
        draw(shown, on: terminal, note: nil)
        var note: String?
        for await update in updates {
            switch update {
            case .quit: return .success
            case .failed(let failure): throw failure
            case .note(let text): note = text
            case .changed:
                note = nil
                let reply: WorklistReply
                do throws(CommandFailure) {
                    reply = try await list().reply
                } catch {
                    guard case .call(let failure, _) = error else { throw error }
                    // The watch goes on by itself, and tells when there is news.
                    note = ReasonTexts.sentence(for: failure, in: invocation.language)
                    break
                }
                if terminal == nil, reply == shown { continue }
                shown = reply
            }
            draw(shown, on: terminal, note: note)
        }
        return .success
    }

    private func start(
        _ tell: AsyncStream<Update>.Continuation,
        _ terminal: Terminal?
    ) -> [Task<Void, Never>] {
        var tasks = [
            Task { await follow(tell) },
            Task {
                while (try? await Task.sleep(for: .seconds(Self.refreshSeconds))) != nil {
                    tell.yield(.changed)
                }
            },
        ]
        if let terminal {
            tasks.append(
                Task {
                    for await event in terminal.events {
                        tell.yield(event == .quit ? .quit : .changed)
                    }
                }
            )
        }
        return tasks
    }

    /// Tells of every change, over restarts of the server too.
    private func follow(_ tell: AsyncStream<Update>.Continuation) async {
        let department = (try? WorklistRequest(decoding: body))?.department ?? ""
        let watch = ResumingWatch<WatchWorkRequest, WorkEvent>(
            channel,
            SupervisionMethods.watchWork,
            WatchWorkRequest(department: department),
            invocation.callOptions(of: SupervisionMethods.watchWork),
            Resumption { notice in
                switch notice {
                case .interrupted(let error):
                    tell.yield(
                        .note(ReasonTexts.sentence(for: error, in: invocation.language))
                    )
                case .resumed: tell.yield(.changed)
                }
            }
        )
        var events = watch.makeAsyncIterator()
        do throws(CommandFailure) {
            while let event = try await invocation.next(of: &events) {
                if event.change != nil { tell.yield(.changed) }
            }
            tell.yield(.quit)
        } catch {
            tell.yield(.failed(error))
        }
    }

    private func draw(_ reply: WorklistReply, on terminal: Terminal?, note: String?) {
        var page = Page(language: invocation.language, style: invocation.style)
        page.show(reply.items)
        guard let terminal else {
            page.line()
            return invocation.console.write(Array(page.text.utf8))
        }
        if reply.more { page.line(invocation.language.text("and more", "还有更多"), .faint) }
        page.line()
        page.line(note ?? invocation.language.text("q to end", "按 q 结束"), .faint)
        let lines = page.text.split(separator: "\n", omittingEmptySubsequences: false)
        terminal.draw(lines.dropLast().map(String.init))
    }
}
