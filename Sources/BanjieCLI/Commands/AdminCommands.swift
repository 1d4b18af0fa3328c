import BanjieProtocol

/// `banjie status`, `clock` and `audit`: what an operator does.
enum AdminCommands {
    static let status = Command(
        "status",
        calling: DiagnosticsMethods.status,
        show: { (status: StatusReply, page) in page.show(status) }
    )

    static let clock = CommandGroup(
        "clock",
        Text("The server's clock.", "服务器的时钟。"),
        [
            .command(
                Command(
                    "advance",
                    calling: AdminMethods.advanceClock,
                    RequestForm(required: ["to"]),
                    examples: ["banjie clock advance --to 2026-03-16T09:00:00"],
                    show: { (moved: ClockMoved, page) in page.show(moved) }
                )
            ),
            .command(
                Command(
                    "confirm",
                    calling: AdminMethods.confirmClock,
                    show: { (moved: ClockMoved, page) in page.show(moved) }
                )
            ),
        ]
    )

    static let audit = CommandGroup(
        "audit",
        Text("The audit log and its chain of hashes.", "审计日志及其哈希链。"),
        [
            .command(
                Command(
                    "head",
                    calling: AdminMethods.getAuditHead,
                    notes: Text(
                        "Keep what it prints elsewhere: with it, a log that was cut off or written "
                            + "anew is found.",
                        "请将输出另行保存：凭此可查出日志是否被截断或改写。"
                    ),
                    show: { (head: AuditHead, page) in page.show(head) }
                )
            ),
            .command(AuditVerifyCommand.command),
            .listing(
                AdminMethods.readAudit,
                show: { (reply: ReadAuditReply, page) in page.show(reply) }
            ),
        ]
    )
}
