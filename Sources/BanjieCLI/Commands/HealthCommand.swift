import BanjieProtocol

/// `banjie health`: whether the server should be given work, for scripts and supervisors.
enum HealthCommand {
    static let command = Command(
        "health",
        SchemaTexts.summary(of: HealthMethods.check),
        notes: Text(
            "Exits with 0 when the server has no problem, with 75 when it has one, and with 69 when "
                + "it can't be reached. With --watch it writes every change as a line, and exits when "
                + "the server drains or is lost.",
            "服务器一切正常时退出码为 0，有问题时为 75，无法连接时为 69。"
                + "加 --watch 则每次变化输出一行，至服务器停止或连接中断为止。"
        ),
        options: [
            CommandOption(flag: "watch", Text("tell of every change", "持续告知变化"))
        ] + CommandOption.shared,
        examples: ["banjie health", "banjie health --watch --json"],
        run: { invocation throws(CommandFailure) in
            let channel = try invocation.channel()
            if invocation.values.has("watch") { return try await watch(invocation, over: channel) }
            let answer = try await invocation.call(
                HealthMethods.check,
                Empty().encoded(),
                over: channel,
                reply: HealthReply.self
            )
            try invocation.show(answer, of: HealthMethods.check) { (health, page) in
                for problem in page.texts(of: health) { page.line(problem, health.ink) }
            }
            return status(of: answer.reply)
        }
    )

    private static func status(of health: HealthReply) -> ExitStatus {
        health.serving ? .success : .tryAgain
    }

    /// Writes what the server tells until it ends; the last of it gives the status.
    private static func watch(
        _ invocation: Invocation,
        over channel: any CallChannel
    ) async throws(CommandFailure) -> ExitStatus {
        let options = invocation.callOptions(of: HealthMethods.watch)
        var replies = HealthClient(channel).watch(options: options).makeAsyncIterator()
        var last = ExitStatus.unavailable
        while let health = try await invocation.next(of: &replies) {
            last = status(of: health)
            let answer = Answer(reply: health, bytes: health.encoded())
            try invocation.show(answer, of: HealthMethods.watch) { (health, page) in
                page.line(page.texts(of: health).joined(separator: " "), health.ink)
            }
        }
        return last
    }
}

extension Invocation {
    fileprivate func next(
        of replies: inout ReplyStream<HealthReply>.Iterator
    ) async throws(CommandFailure) -> HealthReply? {
        do { return try await replies.next() } catch { throw .call(error, requestID: nil) }
    }
}

extension HealthReply {
    fileprivate var ink: Ink { serving ? .green : .red }
}

extension Page {
    fileprivate func texts(of health: HealthReply) -> [String] {
        guard !health.serving else { return [language.text("serving", "正常")] }
        return health.problems.map { language.text(SchemaTexts.label(of: $0)) }
    }
}
