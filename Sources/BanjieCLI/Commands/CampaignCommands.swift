import BanjieProtocol

/// `banjie campaign`: leadership, publicity, lessons, and what a year came to.
enum CampaignCommands {
    static let group = CommandGroup(
        "campaign",
        Text("Leadership, publicity, lessons, the year.", "组织领导、宣传、经验与年度总结。"),
        [
            .group(bodies), .group(publications), .group(lessons),
            .command(
                Command(
                    "summary",
                    calling: CampaignMethods.summary,
                    RequestForm(operands: ["year"]),
                    examples: ["banjie campaign summary 2026"],
                    show: { (summary: YearSummary, page) in page.show(summary) }
                )
            ),
        ]
    )

    /// `banjie task`: tasks of the leading group.
    static let tasks = AssignmentCommands.group(
        "task",
        Text("Tasks of the leading group.", "领导小组的任务。"),
        AssignmentCommands.Methods(
            issue: CampaignMethods.issueTask,
            receive: CampaignMethods.receiveTask,
            report: CampaignMethods.reportTask,
            accept: CampaignMethods.acceptTask,
            sendBack: CampaignMethods.returnTask,
            extend: CampaignMethods.extendTask,
            withdraw: CampaignMethods.withdrawTask,
            get: CampaignMethods.getTask,
            list: CampaignMethods.listTasks
        )
    )

    // MARK: Leadership

    private static let bodies = CommandGroup(
        "body",
        Text("Leading groups and departments' bodies.", "领导小组与单位机构。"),
        [
            body("put", CampaignMethods.putBody, ["code"], "SWX --name '效能建设领导小组'"),
            body("appoint", CampaignMethods.appoint, ["body", "login"], "SWX mayor --function 组长"),
            body("dismiss", CampaignMethods.dismiss, ["body", "login"], "SWX mayor"),
            body("show", CampaignMethods.getBody, ["code"], "SWX --on 2026-03-02"),
        ]
    )

    private static func body(
        _ name: String,
        _ method: MethodDescriptor,
        _ operands: [String],
        _ example: String
    ) -> CommandNode {
        .calling(
            "campaign body \(name)",
            method,
            operands,
            example: example,
            show: { (view: BodyView, page) in page.show(view) }
        )
    }

    // MARK: Publicity

    private static let publications = CommandGroup(
        "publication",
        Text("Announcements and model cases.", "公告与典型案例。"),
        [
            publication(
                "draft",
                CampaignMethods.draftPublication,
                ["kind", "title"],
                "MODEL_CASE '一次办成' --text '群众只跑一次'"
            ),
            publication("publish", CampaignMethods.publish, ["publication"], "1 --channels 网站"),
            publication("take-down", CampaignMethods.takeDown, ["publication"], "1 --reason 已过期"),
            publication("show", CampaignMethods.getPublication, ["publication"], "1"),
            .listing(
                CampaignMethods.listPublications,
                show: { (reply: ListPublicationsReply, page) in page.show(reply) }
            ),
        ]
    )

    private static func publication(
        _ name: String,
        _ method: MethodDescriptor,
        _ operands: [String],
        _ example: String
    ) -> CommandNode {
        .calling(
            "campaign publication \(name)",
            method,
            operands,
            example: example,
            show: { (view: PublicationView, page) in page.show(view) }
        )
    }

    // MARK: Lessons

    private static let lessons = CommandGroup(
        "lesson",
        Text("Problems, lessons, and who adopted them.", "问题、经验及其推广。"),
        [
            lesson(
                "record",
                CampaignMethods.recordLesson,
                ["source"],
                "REVIEW --problem '排队久' --cause '窗口少' --measure '增设窗口'"
            ),
            lesson("offer", CampaignMethods.offerLesson, ["lesson"], "1 --departments FIRE"),
            lesson("answer", CampaignMethods.answerLesson, ["lesson"], "1 --adopted --text '照办'"),
            lesson("show", CampaignMethods.getLesson, ["lesson"], "1"),
            .listing(
                CampaignMethods.listLessons,
                show: { (reply: ListLessonsReply, page) in page.show(reply) }
            ),
        ]
    )

    private static func lesson(
        _ name: String,
        _ method: MethodDescriptor,
        _ operands: [String],
        _ example: String
    ) -> CommandNode {
        .calling(
            "campaign lesson \(name)",
            method,
            operands,
            example: example,
            show: { (view: LessonView, page) in page.show(view) }
        )
    }
}
