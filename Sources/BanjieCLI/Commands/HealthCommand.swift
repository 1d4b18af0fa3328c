import BanjieProtocol

/// `banjie health`: whether the server should be given work, for scripts and supervisors.
enum HealthCommand {
    static let command = Command(
        "health",
        SchemaTexts.summary(of: HealthMethods.check),
        notes: Text(
            "Exits with 0 when the server has no problem, with 75 when it has one, and with 69 when "
                + "it can't be reached.",
            "服务器一切正常时退出码为 0，有问题时为 75，无法连接时为 69。"
        ),
        options: CommandOption.shared,
        run: { invocation throws(CommandFailure) in
            let channel = try invocation.channel()
            let answer = try await invocation.call(
                HealthMethods.check,
                Empty().encoded(),
                over: channel,
                reply: HealthReply.self
            )
            try invocation.show(answer, of: HealthMethods.check) { (health, page) in
                page.show(health)
            }
            return answer.reply.serving ? .success : .tryAgain
        }
    )
}

extension Page {
    fileprivate mutating func show(_ health: HealthReply) {
        guard !health.serving else {
            return line(language.text("serving", "正常"), .green)
        }
        for problem in health.problems {
            let label = SchemaTexts.label(of: problem)
            line(language.text(label), .red)
        }
    }
}
