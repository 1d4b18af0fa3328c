import BanjieProtocol

/// `banjie calendar`: dates worked out here, and the server's calendar.
enum CalendarCommands {
    static let group = CommandGroup(
        "calendar",
        Text(
            "Working days and limits: due, minutes and show need no server.",
            "工作日与期限；due、minutes、show 无须服务器。"
        ),
        [
            .command(CalendarCommand.due),
            .command(CalendarCommand.minutes),
            .command(CalendarCommand.show),
            .command(
                Command(
                    "change",
                    calling: CalendarMethods.change,
                    examples: [
                        "banjie calendar change --off 2026-07-06..2026-07-07 --reason '台风停工'"
                    ],
                    show: { (view: CalendarVersionView, page) in page.show(view) }
                )
            ),
            .command(
                Command(
                    "load",
                    calling: CalendarMethods.loadYear,
                    RequestForm(operands: ["year"], required: ["off", "source"]),
                    examples: [
                        "banjie calendar load 2027 --off 2027-01-01..2027-01-03 "
                            + "--make-up 2027-02-06 --source '国办发明电〔2026〕7号'"
                    ],
                    show: { (view: CalendarVersionView, page) in page.show(view) }
                )
            ),
            .command(
                Command(
                    "version",
                    calling: CalendarMethods.getVersion,
                    RequestForm(operands: ["version"], optionalOperands: ["version"]),
                    show: { (view: CalendarVersionView, page) in page.show(view) }
                )
            ),
        ]
    )
}
