import BanjieProtocol

extension ModuleTexts {
    /// Orders and tasks.
    static let assignments = ModuleTexts(
        services: [:],
        methods: [:],
        messages: [
            "IssueAssignmentRequest": "交办：要求部门限期完成某事。",
            "AssignmentRequest": "指明交办事项。",
            "AssignmentTextRequest": "指明交办事项，并作说明。",
            "ExtendAssignmentRequest": "延长交办事项的期限。",
            "AssignmentView": "交办事项的现状。",
            "ListAssignmentsRequest": "查询未了结的交办事项。",
            "ListAssignmentsReply": "交办事项，先下达者在前。",
        ],
        fields: [
            "AssignmentRequest.assignment": "编号，如 order-12。",
            "AssignmentTextRequest.assignment": "编号。",
            "AssignmentTextRequest.text": "所做的工作，或理由。",
            "AssignmentView.assignment": "编号。",
            "AssignmentView.content": "要求的内容。",
            "AssignmentView.extended": "是否已延期。",
            "AssignmentView.issued": "下达之日。",
            "AssignmentView.issuer": "下达人。",
            "AssignmentView.overdue_days": "逾期的工作日数；未逾期为 0。",
            "AssignmentView.reason": "退回或撤销的理由。",
            "AssignmentView.report": "部门最近一次报告。",
            "AssignmentView.state": "进展。",
            "AssignmentView.title": "事由。",
            "AssignmentView.due": "最后一日；已了结的为当时的最后一日。",
            "ExtendAssignmentRequest.assignment": "编号。",
            "IssueAssignmentRequest.content": "要求做什么，以及缘由。",
            "IssueAssignmentRequest.days": "限多少个工作日。",
            "IssueAssignmentRequest.title": "事由，数字以内概括。",
            "ListAssignmentsReply.assignments": "交办事项。",
        ],
        values: [
            "AssignmentState.ISSUED": "已下达",
            "AssignmentState.RECEIVED": "已签收",
            "AssignmentState.REPORTED": "已报告",
            "AssignmentState.RETURNED": "已退回",
            "AssignmentState.ACCEPTED": "已销号",
            "AssignmentState.WITHDRAWN": "已撤销",
        ],
        reasons: [
            .noSuchAssignment: ReasonText(
                Text("there is no such order or task", "没有这项交办事项"),
                Text("list them: banjie order list", "查看清单：banjie order list")
            )
        ]
    )
}
