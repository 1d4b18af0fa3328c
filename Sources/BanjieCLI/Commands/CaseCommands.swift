import BanjieProtocol

/// `banjie case`: matters at the window.
enum CaseCommands {
    static let group = CommandGroup(
        "case",
        Text("Matters at the window.", "窗口办件。"),
        [
            .command(
                Command(
                    "submit",
                    calling: CasesMethods.submit,
                    RequestForm(operands: ["item"]),
                    examples: [
                        "banjie case submit 11330100MB1234567E3000101001000 --applicant zhang"
                    ],
                    show: { (view: CaseView, page) in page.show(view) }
                )
            ),
            .command(NotificationCommands.track),
            .command(
                Command(
                    "show",
                    calling: CasesMethods.get,
                    oneCase,
                    show: { (view: CaseView, page) in page.show(view) }
                )
            ),
            .command(
                Command(
                    "applicant",
                    calling: CasesMethods.getApplicant,
                    oneCase,
                    show: { (view: ApplicantView, page) in page.show(view) }
                )
            ),
            .command(
                Command(
                    "open-applicant",
                    calling: CasesMethods.openApplicant,
                    oneCase,
                    examples: ["banjie case open-applicant SERIAL --reason '电话核实材料'"],
                    show: { (view: ApplicantView, page) in page.show(view) }
                )
            ),
            .command(
                Command(
                    "find",
                    calling: CasesMethods.findCases,
                    RequestForm(fallbacks: ["limit": "20"]),
                    examples: ["banjie case find --phone 13800005678 --reason '窗口查询'"],
                    show: { (reply: FindCasesReply, page) in page.show(reply) }
                )
            ),
            .command(explain),
            .command(
                Command(
                    "watch",
                    watching: CasesMethods.watch,
                    by: WatchCasesRequest.self,
                    examples: ["banjie case watch --department LEAD"],
                    show: { (event: CaseEvent, page) in page.show(event) }
                )
            ),
            change("accept", CasesMethods.accept),
            change("refuse", CasesMethods.refuse),
            change(
                "accept-with-gap",
                CasesMethods.acceptWithGap,
                required: ["supplement-by"],
                example: "--supplement-by 2026-03-20"
            ),
            change("supply-gap", CasesMethods.supplyGap),
            change(
                "notify-correction",
                CasesMethods.notifyCorrection,
                required: ["items"],
                example: "--items '身份证复印件' --items '签字页'"
            ),
            change("resubmit", CasesMethods.resubmit, example: "--missing '签字页'"),
            change("review", CasesMethods.beginReview),
            change(
                "pause",
                CasesMethods.pause,
                required: ["reason", "planned-days"],
                example: "--reason HEARING --planned-days 10"
            ),
            change("resume", CasesMethods.resume),
            change(
                "extend",
                CasesMethods.extend,
                required: ["days"],
                example: "--days 10 --reason '案情复杂'"
            ),
            change(
                "decide",
                CasesMethods.decide,
                required: ["result"],
                example: "--result GRANT --reason '符合法定条件'"
            ),
            change("deliver", CasesMethods.deliver),
            change("withdraw", CasesMethods.withdraw),
            change("archive", CasesMethods.archive),
            .listing(
                CasesMethods.list,
                show: { (reply: ListCasesReply, page) in page.show(reply) }
            ),
            .command(
                Command(
                    "count",
                    calling: CasesMethods.count,
                    show: { (reply: CaseCount, page) in page.line("\(reply.cases)") }
                )
            ),
            .command(
                Command(
                    "cards",
                    calling: CasesMethods.cards,
                    RequestForm(
                        operands: ["department"],
                        optionalOperands: ["department"],
                        fallbacks: ["limit": "100"]
                    ),
                    show: { (reply: DepartmentCards, page) in page.show(reply) }
                )
            ),
        ]
    )

    private static let oneCase = RequestForm(operands: ["case"])

    /// A command that changes one case and shows it then.
    private static func change(
        _ name: String,
        _ method: MethodDescriptor,
        required: Set<String> = [],
        example: String? = nil
    ) -> CommandNode {
        .calling(
            "case \(name)",
            method,
            ["case"],
            required: required,
            example: example.map { "SERIAL \($0)" },
            show: { (view: CaseView, page) in page.show(view) }
        )
    }

    /// `explain`: the dates of one of a case's clocks, day by day.
    private static let explain = Command(
        "explain",
        Text("The dates of a case's clock, day by day.", "逐日说明办件某一时钟的日期。"),
        operands: [
            CommandOperand(
                "CASE",
                .text,
                SchemaTexts.summary(
                    of: CaseRequest.descriptor.fields[0],
                    in: CaseRequest.descriptor
                )
            )
        ],
        options: [
            CommandOption(
                "clock",
                .clock,
                Text(
                    "the clock; the promised one when left out, or the first there is",
                    "时钟；不填则为承诺时限，没有时取第一个"
                )
            )
        ] + CommandOption.shared,
        examples: ["banjie case explain SERIAL --clock STATUTORY"],
        run: { invocation throws(CommandFailure) in
            let serial = invocation.values.required("CASE", .text)
            let channel = try invocation.channel()
            let view = try await invocation.call(
                CasesMethods.get,
                CaseRequest(case: serial).encoded(),
                over: channel,
                reply: CaseView.self
            ).reply
            let wanted = invocation.values.value("clock", .clock)
            let named = view.clocks.first { $0.clock == wanted ?? .promised }
            guard let clock = wanted == nil ? named ?? view.clocks.first : named else {
                throw .noClock("\(wanted ?? .promised)", case: serial)
            }
            let answer = try await invocation.call(
                DeadlinesMethods.explain,
                DeadlineRequest(deadline: clock.deadline).encoded(),
                over: channel,
                reply: DeadlineExplanation.self
            )
            try invocation.show(answer, of: DeadlinesMethods.explain) { $1.show($0) }
            return .success
        }
    )
}

extension ValueForm where Value == ClockKind {
    /// A clock by its name in the schema, in either case of letters.
    fileprivate static var clock: ValueForm {
        let names = ClockKind.known.compactMap(\.name)
        let choice = ValueForm<String>.choice(of: names)
        return ValueForm(
            Text("CLOCK", "时钟"),
            expected: choice.expected,
            choices: names
        ) { text in
            ClockKind(name: text.uppercased())
        }
    }
}
