import BanjieProtocol
import CivilTime

/// `banjie training`: plans, who took part, exams, hours.
enum TrainingCommands {
    static let group = CommandGroup(
        "training",
        Text("Training plans, attendance, exams, hours.", "培训计划、出勤、考试与学时。"),
        [
            .command(plan),
            enrolment("enrol", TrainingMethods.enrol, ["plan", "login"], ["login"], "1"),
            enrolment(
                "attendance",
                TrainingMethods.recordAttendance,
                ["plan", "login", "session", "hours"],
                [],
                "1 wang 1 8"
            ),
            enrolment(
                "exam",
                TrainingMethods.recordExam,
                ["plan", "login", "mark"],
                [],
                "1 wang 85"
            ),
            .command(
                Command(
                    "show",
                    calling: TrainingMethods.getPlan,
                    RequestForm(operands: ["plan"]),
                    show: { (view: TrainingPlanView, page) in page.show(view) }
                )
            ),
            .command(
                Command(
                    "list",
                    calling: TrainingMethods.listPlans,
                    RequestForm(fallbacks: ["limit": "20"]),
                    show: { (reply: ListTrainingPlansReply, page) in page.show(reply) }
                )
            ),
            .command(
                Command(
                    "record",
                    calling: TrainingMethods.getRecord,
                    RequestForm(operands: ["login"], optionalOperands: ["login"]),
                    examples: ["banjie training record wang --year 2026"],
                    show: { (view: TrainingRecordView, page) in page.show(view) }
                )
            ),
            .command(
                Command(
                    "short",
                    calling: TrainingMethods.listShort,
                    RequestForm(
                        operands: ["department"],
                        optionalOperands: ["department"],
                        fallbacks: ["limit": "100"]
                    ),
                    show: { (reply: ListShortReply, page) in page.show(reply) }
                )
            ),
        ]
    )

    private static let plan = Command(
        "plan",
        SchemaTexts.summary(of: TrainingMethods.plan),
        operands: [CommandOperand("TITLE", .text, Text("what it is called", "名称"))],
        options: [
            CommandOption(
                "session",
                .session,
                Text("a session: its day and hours", "一次课：日期与学时"),
                isRepeatable: true,
                isRequired: true
            ),
            CommandOption(
                "enrol-by",
                .date,
                Text("the last day to enrol", "报名截止日"),
                isRequired: true
            ),
            CommandOption(
                "places",
                places,
                Text("how many may take part", "名额"),
                isRequired: true
            ),
            CommandOption(
                "department",
                .text,
                Text("only for this department", "仅限该部门")
            ),
            CommandOption(
                "pass-mark",
                marks,
                Text("what passes the exam, of 100", "考试合格分，满分 100")
            ),
            CommandOption(
                flag: "qualifying",
                Text("passing qualifies for a certificate", "合格者可申领执法证")
            ),
        ] + CommandOption.shared,
        examples: [
            "banjie training plan 执法培训 --session 2026-03-09:8 --session 2026-03-10:8 "
                + "--enrol-by 2026-03-06 --places 50 --pass-mark 60 --qualifying"
        ],
        run: { invocation throws(CommandFailure) in
            let request = PlanTrainingRequest(
                title: invocation.values.required("TITLE", .text),
                department: invocation.values.value("department", .text) ?? "",
                sessions: invocation.values.all("session", .session),
                enrolBy: invocation.values.required("enrol-by", .date),
                places: invocation.values.required("places", places),
                passMark: invocation.values.value("pass-mark", marks) ?? 0,
                qualifying: invocation.values.has("qualifying")
            )
            let answer = try await invocation.call(
                TrainingMethods.plan,
                request.encoded(),
                over: try invocation.channel(),
                reply: TrainingPlanView.self
            )
            try invocation.show(answer, of: TrainingMethods.plan) { $1.show($0) }
            return .success
        }
    )

    private static let places = ValueForm<Int32>.integer(1...100_000)
    private static let marks = ValueForm<Int32>.integer(0...100)

    private static func enrolment(
        _ name: String,
        _ method: MethodDescriptor,
        _ operands: [String],
        _ optional: Set<String>,
        _ example: String
    ) -> CommandNode {
        .calling(
            "training \(name)",
            method,
            operands,
            optional: optional,
            example: example,
            show: { (view: EnrolmentView, page) in page.show(view) }
        )
    }
}

extension ValueForm where Value == TrainingSession {
    /// `DAY:HOURS`.
    fileprivate static var session: ValueForm {
        ValueForm(
            Text("DATE:HOURS", "日期:学时"),
            expected: Text("a day and hours such as 2026-03-09:8", "日期与学时，如 2026-03-09:8")
        ) { text in
            let parts = text.split(separator: ":")
            guard parts.count == 2, let day = CivilDate(parts[0]), let hours = Int32(parts[1]),
                (1...24).contains(hours)
            else { return nil }
            return TrainingSession(day: day, hours: hours)
        }
    }
}
