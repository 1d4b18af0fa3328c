import BanjieProtocol

extension ModuleTexts {
    /// Consultations.
    static let consultations = ModuleTexts(
        services: [:],
        methods: [
            "Online/Consult": "网上咨询，答复时限开始计算。",
            "Online/ReferConsultation": "转办给职责所属部门，限一次，时限照常计算。",
            "Online/AnswerConsultation": "答复咨询，时限停止。",
            "Online/PublishConsultation": "公开答复。",
            "Online/GetConsultation": "一项咨询。",
            "Online/ListConsultations": "本人的咨询，或部门待答复的咨询。",
            "Online/ListAnswers": "公开的问答。",
        ],
        messages: [
            "ConsultRequest": "咨询；事项与部门择一。",
            "ConsultationRequest": "指明咨询。",
            "ConsultationView": "咨询。",
            "ReferConsultationRequest": "转办咨询。",
            "AnswerConsultationRequest": "答复咨询。",
            "PublishConsultationRequest": "公开答复。",
            "ListConsultationsRequest": "查询咨询。",
            "ListAnswersRequest": "查询公开的问答。",
            "ListConsultationsReply": "咨询，按编号排列。",
        ],
        fields: [
            "ConsultRequest.item": "有关的事项，由其实施部门答复。",
            "ConsultRequest.department": "部门。",
            "ConsultRequest.question": "问题。",
            "ConsultationRequest.consultation": "编号。",
            "ConsultationView.consultation": "编号。",
            "ConsultationView.state": "状态。",
            "ConsultationView.department": "答复的部门。",
            "ConsultationView.item": "有关的事项；无则不填。",
            "ConsultationView.question": "问题；公开的为公开的表述。",
            "ConsultationView.answer": "答复；未答复则不填。",
            "ConsultationView.received": "收到日。",
            "ConsultationView.reply_due": "答复时限。",
            "ConsultationView.answered": "答复时间。",
            "ConsultationView.referral": "转办原因；未转办则不填。",
            "ReferConsultationRequest.consultation": "编号。",
            "ReferConsultationRequest.department": "转往的部门。",
            "ReferConsultationRequest.reason": "原因。",
            "AnswerConsultationRequest.consultation": "编号。",
            "AnswerConsultationRequest.answer": "答复。",
            "PublishConsultationRequest.consultation": "编号。",
            "PublishConsultationRequest.question": "公开的问题，不含任何人的信息。",
            "ListConsultationsRequest.department": "该部门待答复的；不填为本人的。",
            "ListConsultationsRequest.after": "从此编号之后开始。",
            "ListAnswersRequest.after": "从此编号之后开始。",
            "ListConsultationsReply.consultations": "咨询。",
        ],
        values: [
            "ConsultationState.ASKED": "待答复",
            "ConsultationState.ANSWERED": "已答复",
            "ConsultationState.PUBLISHED": "已公开",
        ],
        reasons: [
            .noSuchConsultation: ReasonText(
                Text("there is no such consultation", "没有这项咨询"),
                Text("list them: banjie consult list", "查看：banjie consult list")
            )
        ]
    )
}
