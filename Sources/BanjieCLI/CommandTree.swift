/// The whole program: what the parser, the help and the shell's completion are made from.
enum CommandTree {
    static let root: CommandGroup = CommandGroup(
        "banjie",
        Text(
            "The command line of Banjie, the city's system for matters handled in time.",
            "办结（Banjie）的命令行：限时办结系统的操作工具。"
        ),
        [
            .group(CaseCommands.group),
            .group(JointCommands.group),
            .group(ReviewCommands.group),
            .group(InquiryCommands.group),
            .group(CertificateCommands.group),
            .group(CertificateCommands.inspection),
            .command(WatchWorkCommand.command),
            .group(SupervisionCommands.group),
            .group(SupervisionCommands.orders),
            .group(CampaignCommands.tasks),
            .group(CampaignCommands.group),
            .group(TrainingCommands.group),
            .group(DraftCommands.group),
            .group(MaterialCommands.group),
            .group(ConsultationCommands.group),
            .group(NotificationCommands.group),
            .group(DeadlineCommands.group),
            .group(CalendarCommands.group),
            .group(DirectoryCommands.group),
            .group(DisclosureCommands.duties),
            .group(DisclosureCommands.powers),
            .group(DisclosureCommands.guides),
            .group(AccountCommands.group),
            .command(AccountCommands.changePassword),
            .command(AdminCommands.status),
            .command(HealthCommand.command),
            .group(AdminCommands.clock),
            .group(AdminCommands.audit),
            .command(PublishCommand.command),
            .command(ImportCommand.command),
            .command(ExportCommand.command),
            .command(BackupCommands.backup),
            .command(BackupCommands.restore),
            .command(CallCommand.command),
            .command(DescribeCommand.command),
            .group(CompletionCommands.group),
        ]
    )
}
