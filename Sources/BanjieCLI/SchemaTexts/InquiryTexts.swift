import BanjieProtocol

extension ModuleTexts {
    /// First-asked responsibility.
    static let inquiries = ModuleTexts(
        services: ["FirstContact": "首问负责：谁对询问负责，以及责任的转移。"],
        methods: [
            "FirstContact/Register": "登记询问：被问者之一自此负责到底。",
            "FirstContact/Offer": "移交给他人；对方接收前责任不变；退回给曾负责者即为职责不清，交统筹办公室。",
            "FirstContact/Take": "接收移交：责任自此转移，答复期限照常计算。",
            "FirstContact/Decline": "不属本人职责：职责不清，交统筹办公室。",
            "FirstContact/Answer": "答复。",
            "FirstContact/Defer": "延期答复，附理由与日期。",
            "FirstContact/ReferOut": "指明主管机关与办理途径。",
            "FirstContact/Assign": "统筹办公室指定责任人。",
            "FirstContact/Close": "已答复或已指引的询问办结。",
            "FirstContact/Get": "询问的现状。",
            "FirstContact/List": "部门尚未答复的询问，最早届满者在前。",
        ],
        messages: [
            "RegisterInquiryRequest": "登记询问。",
            "InquiryRequest": "指明询问。",
            "OfferInquiryRequest": "移交给他人，对方接收后负责。",
            "AnswerInquiryRequest": "答复询问。",
            "DeferInquiryRequest": "延期答复；答复期限照常计算。",
            "DeclineInquiryRequest": "表示不属本人职责。",
            "ReferInquiryRequest": "指引询问人到其他机关。",
            "AssignInquiryRequest": "统筹办公室指定责任人。",
            "InquiryView": "询问的现状。",
            "ListInquiriesRequest": "查询部门尚未答复的询问。",
            "ListInquiriesReply": "询问，最早届满者在前。",
        ],
        fields: [
            "AnswerInquiryRequest.answer": "答复内容。",
            "AssignInquiryRequest.to": "何人。",
            "DeclineInquiryRequest.reason": "理由。",
            "DeferInquiryRequest.reason": "理由。",
            "DeferInquiryRequest.until": "何日答复。",
            "InquiryView.answer": "答复，或主管机关与途径。",
            "InquiryView.deferred_until": "延期至何日。",
            "InquiryView.offered_to": "移交给谁；未移交则不填。",
            "InquiryView.owner": "责任人。",
            "InquiryView.owners": "历任责任人，依次排列。",
            "InquiryView.question": "所问内容。",
            "InquiryView.received": "收到之日。",
            "InquiryView.reply_due": "答复的最后一日。",
            "InquiryView.state": "状态。",
            "ListInquiriesReply.inquiries": "询问。",
            "ListInquiriesRequest.after": "接在上一页的此询问之后。",
            "OfferInquiryRequest.to": "移交给谁。",
            "ReferInquiryRequest.agency": "主管机关。",
            "ReferInquiryRequest.route": "办理途径。",
            "RegisterInquiryRequest.asked": "被问者，依被问的次序；多人时由职务最高者负责。",
            "RegisterInquiryRequest.inquirer": "询问人，以其自称为准。",
            "RegisterInquiryRequest.question": "所问内容。",
            "RegisterInquiryRequest.reply_days": "答复的工作日数。",
        ],
        values: [
            "InquiryState.REGISTERED": "已登记",
            "InquiryState.ANSWERED": "已答复",
            "InquiryState.DEFERRED": "延期答复",
            "InquiryState.OFFERED": "移交中",
            "InquiryState.HANDED_OVER": "已移交",
            "InquiryState.REFERRED_OUT": "已指引",
            "InquiryState.UNCLEAR": "职责不清",
            "InquiryState.OFFICE_ASSIGNED": "已指定",
            "InquiryState.CLOSED": "已办结",
        ],
        reasons: [
            .noSuchInquiry: ReasonText(
                Text("there is no such inquiry", "没有该询问"),
                Text("compare its number (banjie inquiry list)", "请核对编号（banjie inquiry list）")
            )
        ]
    )
}
