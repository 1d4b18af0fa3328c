import BanjieProtocol

extension ModuleTexts {
    /// Officers' certificates and inspections.
    static let certificates = ModuleTexts(
        services: ["Certificates": "行政执法证：供发证机关与核验人使用。"],
        methods: [
            "Certificates/Apply": "为本部门人员申领执法证；此时所示日期为申领日期。",
            "Certificates/Qualify": "认定申领人已满学时并通过考试。",
            "Certificates/Renew": "有效期最后六个月内，为满学时并通过考试者换证。",
            "Certificates/Issue": "发证。",
            "Certificates/Suspend": "暂扣。",
            "Certificates/Reinstate": "恢复。",
            "Certificates/ReportLost": "挂失。",
            "Certificates/Replace": "补发，编号不变。",
            "Certificates/RecordCheck": "记录年审。",
            "Certificates/Revoke": "吊销。",
            "Certificates/Surrender": "注销：人员离岗时收回。",
            "Certificates/Verify": "核验此刻是否有效：任何人均可查询。",
            "Certificates/Get": "执法证的现状。",
            "Certificates/RecordInspection": "记录由持有效证件、且在其范围内的人员进行的检查。",
            "Certificates/ListAnnouncements": "执法证变动的公告。",
        ],
        messages: [
            "ApplyForCertificateRequest": "为执法人员申领证件。",
            "RenewCertificateRequest": "换证。",
            "IssueCertificateRequest": "发证。",
            "CertificateRequest": "指明执法证。",
            "CertificateReasonRequest": "指明执法证与理由。",
            "AnnualCheckRequest": "记录年审。",
            "VerifyCertificateRequest": "核验执法证对某事项此刻是否有效。",
            "CertificateVerdict": "是否有效。",
            "CertificateView": "执法证的现状。",
            "RecordInspectionRequest": "记录执法检查。",
            "InspectionView": "执法检查。",
            "Announcement": "执法证变动的公告。",
            "ListAnnouncementsRequest": "查询公告。",
            "ListAnnouncementsReply": "公告，依次排列。",
        ],
        fields: [
            "ApplyForCertificateRequest.certificate": "将用的证件编号。",
            "ApplyForCertificateRequest.holder": "执法人员。",
            "ApplyForCertificateRequest.scope": "执法范围。",
            "RenewCertificateRequest.certificate": "证件编号。",
            "RenewCertificateRequest.valid_to": "新的最后一日，须晚于现在的。",
            "AnnualCheckRequest.certificate": "编号。",
            "AnnualCheckRequest.year": "年审的年度；0 为最近应审的年度。",
            "Announcement.certificate": "执法证编号。",
            "Announcement.department": "持证人的部门。",
            "Announcement.number": "编号，从 1 起连续。",
            "Announcement.what": "发生了什么。",
            "CertificateReasonRequest.certificate": "编号。",
            "CertificateReasonRequest.reason": "理由。",
            "CertificateRequest.certificate": "编号。",
            "CertificateVerdict.ok": "是否有效。",
            "CertificateVerdict.reasons": "无效的原因，依枚举次序排列。",
            "CertificateView.certificate": "编号。",
            "CertificateView.check_due": "年审期限。",
            "CertificateView.department": "持证人的部门。",
            "CertificateView.holder": "持证人的登录名。",
            "CertificateView.issued": "发证日。",
            "CertificateView.next_check": "最早未年审的年度。",
            "CertificateView.replaced": "补证次数。",
            "CertificateView.scope": "执法范围。",
            "CertificateView.state": "状态。",
            "CertificateView.valid_to": "有效期的最后一日。",
            "InspectionView.inspection": "编号。",
            "InspectionView.officers": "执法人员的登录名。",
            "InspectionView.scope": "事项。",
            "IssueCertificateRequest.certificate": "编号。",
            "IssueCertificateRequest.holder": "持证人的登录名。",
            "IssueCertificateRequest.scope": "执法范围。",
            "IssueCertificateRequest.valid_to": "有效期的最后一日。",
            "ListAnnouncementsReply.announcements": "公告。",
            "ListAnnouncementsRequest.after": "从此编号之后开始。",
            "RecordInspectionRequest.certificates": "执法人员的证件：至少两张，分属不同人员。",
            "RecordInspectionRequest.findings": "检查情况。",
            "RecordInspectionRequest.scope": "事项。",
            "VerifyCertificateRequest.certificate": "编号。",
            "VerifyCertificateRequest.scope": "事项；不填则不论事项。",
        ],
        values: [
            "CertificateState.APPLIED": "已申请",
            "CertificateState.QUALIFIED": "考核合格",
            "CertificateState.ACTIVE": "有效",
            "CertificateState.UNCHECKED": "未年审",
            "CertificateState.SUSPENDED": "暂扣",
            "CertificateState.LOST": "已挂失",
            "CertificateState.EXPIRED": "已过期",
            "CertificateState.REVOKED": "已吊销",
            "CertificateState.SURRENDERED": "已注销",
            "CertificateState.OUT_OF_SCOPE": "超出执法范围",
        ],
        reasons: [
            .notQualified: ReasonText(
                Text("the officer lacks training hours, or the exam", "学时不足或未通过考试"),
                Text("see banjie training record", "见 banjie training record")
            ),
            .tooEarly: ReasonText(
                Text("a certificate is renewed in its last six months", "有效期最后六个月内方可换证")
            ),
            .twoOfficersRequired: ReasonText(
                Text("an inspection is made by two officers at least", "执法检查须有两名以上持证人员"),
                Text("name the certificates of both", "请列出两人的证件编号")
            ),
            .certificateInvalid: ReasonText(
                Text("a certificate isn't valid for this now", "有证件对该事项此刻无效"),
                Text("see why: banjie certificate verify", "可用 banjie certificate verify 查看原因")
            ),
            .noSuchCertificate: ReasonText(
                Text("there is no such certificate", "没有该执法证"),
                Text("compare its number", "请核对编号")
            ),
        ]
    )
}
