import BanjieProtocol

extension ModuleTexts {
    /// Reviews of the service.
    static let reviews = ModuleTexts(
        services: ["Reviews": "好差评：供申请人、被评部门与督查使用。"],
        methods: [
            "Reviews/ListLinks": "全部评价的各步骤，供另行保存或核对。",
            "Reviews/VerifyChain": "核对评价链，并与各评价比较。",
            "Reviews/Rate": "评价，一次，限评价期内。",
            "Reviews/Supplement": "追评，一次，限评价期内。",
            "Reviews/Verify": "记录差评已核实。",
            "Reviews/Report": "报告整改情况。",
            "Reviews/Explain": "说明无须整改的理由。",
            "Reviews/FollowUp": "记录回访结果。",
            "Reviews/Close": "差评办结。",
            "Reviews/Appeal": "对评价提出申诉，时钟中止。",
            "Reviews/JudgeAppeal": "裁定申诉。",
            "Reviews/Get": "评价的现状。",
            "Reviews/List": "部门尚未办结的差评。",
            "Reviews/Stats": "统计：按部门、事项、人员与时间。",
        ],
        messages: [
            "ReviewLink": "评价的一步，自成一链：改动、遗漏或插入任何一步，其后的哈希均不相符。不含评价人与评价内容。",
            "ListReviewLinksRequest": "查询评价的各步骤。",
            "ListReviewLinksReply": "评价的各步骤，依次排列。",
            "ReviewChainVerdict": "核对评价链的结果。",
            "RateRequest": "评价一次服务。",
            "SupplementReviewRequest": "在评价期内追评一次。",
            "ReviewRequest": "指明某办件的评价。",
            "VerifyReviewRequest": "差评已核实。",
            "ReportReviewRequest": "已采取的措施，或无须整改的理由。",
            "FollowUpRequest": "回访申请人的结果。",
            "AppealReviewRequest": "部门对评价提出申诉。",
            "JudgeAppealRequest": "督查裁定申诉。",
            "ReviewView": "评价的现状；被评者看不到评价人及可识别其人的内容。",
            "ReviewStatsRequest": "查询统计。",
            "ReviewStats": "统计；未评价的不计为任何评价。",
            "ListReviewsRequest": "查询部门尚未办结的差评。",
            "ListReviewsReply": "评价，按办件排列。",
        ],
        fields: [
            "ListReviewLinksReply.links": "各步骤。",
            "ReviewChainVerdict.differing": "状态或等级与其最后一步不符的办件，至多一百件。",
            "ReviewChainVerdict.head": "其中最后一步的哈希值。",
            "ReviewChainVerdict.intact": "完好的步骤数。",
            "ReviewChainVerdict.problem": "其后一步的问题；完好则不填。",
            "ReviewLink.by": "何人；评价人记作 applicant。",
            "ReviewLink.grade": "等级；没有则为 0。",
            "ReviewLink.hash": "对前一步的哈希（首步为 32 个零字节）与本消息（不含哈希，规范编码）取 SHA-256。",
            "ReviewLink.sequence": "全部评价步骤的序号，从 1 起。",
            "ReviewLink.state": "所至的状态。",
            "ReviewLink.what": "发生了什么，如 REVIEW_RATED。",
            "AppealReviewRequest.reason": "申诉理由。",
            "FollowUpRequest.satisfied": "申请人是否满意。",
            "JudgeAppealRequest.exclude": "是否不计入统计；否则回到原处继续。",
            "JudgeAppealRequest.reason": "裁定理由。",
            "ListReviewsReply.reviews": "评价。",
            "ListReviewsRequest.after": "接在上一页的此办件之后。",
            "RateRequest.anonymous": "是否对部门匿名。",
            "RateRequest.grade": "1 非常满意、2 满意、3 基本满意、4 不满意、5 非常不满意。",
            "RateRequest.text": "评价内容。",
            "ReportReviewRequest.measures": "措施或说明。",
            "ReviewStats.invited": "邀评数。",
            "ReviewStats.negative": "差评数（等级 4、5）。",
            "ReviewStats.rated": "计入的评价数。",
            "ReviewStats.satisfaction_ppm": "满意率，百万分之几；无人评价则不填。",
            "ReviewStats.satisfied": "满意数（等级 1 至 3）。",
            "ReviewStatsRequest.department": "只计此部门；不填则为全部。",
            "ReviewStatsRequest.from": "自此日所在月起，按送达计。",
            "ReviewStatsRequest.item": "只计此事项；不填则为全部。",
            "ReviewStatsRequest.person": "只计此人送达的；不填则为全部。",
            "ReviewStatsRequest.post": "只计从此岗位送达的；不填则为全部。",
            "ReviewStatsRequest.until": "至此日所在月止。",
            "ReviewView.anonymous": "是否对部门匿名。",
            "ReviewView.department": "被评部门。",
            "ReviewView.grade": "1 至 5；评价前为 0。",
            "ReviewView.measures": "措施或说明。",
            "ReviewView.received": "收到之日。",
            "ReviewView.rectify_due": "整改的最后一日。",
            "ReviewView.satisfied": "回访是否满意；回访前不填。",
            "ReviewView.state": "状态。",
            "ReviewView.supplement": "追评内容；被评者不可见。",
            "ReviewView.text": "评价内容；被评者不可见。",
            "ReviewView.verify_due": "核实的最后一日。",
            "SupplementReviewRequest.text": "追评内容。",
            "VerifyReviewRequest.complex": "整改是否复杂：复杂为 15 个工作日。",
        ],
        values: [
            "ReviewState.INVITED": "待评价",
            "ReviewState.RATED": "已评价",
            "ReviewState.CLOSED_UNRATED": "未评价",
            "ReviewState.NEGATIVE": "差评待核实",
            "ReviewState.VERIFYING": "核实中",
            "ReviewState.RECTIFYING": "整改中",
            "ReviewState.EXPLAINED": "已说明",
            "ReviewState.APPEALED": "申诉中",
            "ReviewState.EXCLUDED": "不计入",
            "ReviewState.FOLLOW_UP": "回访",
            "ReviewState.CLOSED": "已办结",
            "ReviewState.SUPERVISED": "转督查",
        ],
        reasons: [
            .notServed: ReasonText(
                Text("the matter hasn't been delivered yet", "办件尚未送达"),
                Text("review it once it has been", "请在送达后评价")
            ),
            .windowClosed: ReasonText(
                Text("the time for a review is over", "评价期已过")
            ),
            .alreadyRated: ReasonText(
                Text("the service has been reviewed", "该次服务已评价"),
                Text("add to it once: banjie review supplement", "可追评一次：banjie review supplement")
            ),
            .followUpRequired: ReasonText(
                Text("the applicant must be followed up first", "须先回访申请人"),
                Text(
                    "report what was done, then banjie review follow-up",
                    "请先报告整改情况，再用 banjie review follow-up 记录回访"
                )
            ),
            .noSuchReview: ReasonText(
                Text("the case has no review", "该办件没有评价"),
                Text("there is one from the delivery on", "送达之后才有")
            ),
        ]
    )
}
