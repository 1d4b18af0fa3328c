import BanjieProtocol

extension Page {
    mutating func show(_ reply: WhoAnswersReply) {
        guard !reply.answers.isEmpty else { return none() }
        table(
            [
                Column(Text("post", "岗位")), Column(Text("who", "姓名")),
                Column(Text("badge", "工号")), Column(Text("as", "身份")),
                Column(Text("until", "至")), Column(Text("counter", "窗口")),
                Column(Label.phone),
            ],
            reply.answers.map { answer in
                [
                    Cell(answer.post),
                    answer.badge.map { Cell($0.name) }
                        ?? Cell(language.text("everybody is away", "无人在岗"), .red),
                    Cell(answer.badge?.badge ?? ""),
                    Cell(answer.as.map { language.label($0) } ?? ""),
                    Cell(answer.until.map { date($0) } ?? ""),
                    Cell(answer.counter), Cell(answer.officePhone),
                ]
            }
        )
        if let opens = reply.opens {
            let text = language.text("closed; opens \(moment(opens))", "非工作时间；\(moment(opens)) 开门")
            line(text, .faint)
        }
    }

    mutating func show(_ duty: PostDuty) {
        entries([
            Entry(Text("post", "岗位"), duty.post),
            Entry(Text("from", "自"), duty.from.map { date($0) }),
            Entry(Text("holder (A)", "A 岗"), duty.holder),
            Entry(Text("cover (B)", "B 岗"), duty.cover),
        ])
    }

    mutating func show(_ absence: AbsenceView) {
        entries([
            Entry(Text("login", "登录名"), absence.login),
            Entry(Text("from", "自"), date(absence.from)),
            Entry(Text("until", "至"), date(absence.until)),
            Entry(Text("reason", "原因"), absence.reason),
        ])
    }

    mutating func show(_ reply: ListPlatesReply) {
        guard !reply.plates.isEmpty else { return none() }
        table(
            [
                Column(Text("post", "岗位")), Column(Label.name), Column(Text("counter", "窗口")),
                Column(Text("holder (A)", "A 岗")), Column(Text("cover (B)", "B 岗")),
            ],
            reply.plates.map { plate in
                [
                    Cell(plate.post?.code ?? ""), Cell(plate.post?.name ?? ""),
                    Cell(plate.post?.counter ?? ""), Cell(plate.holder?.name ?? ""),
                    Cell(plate.cover?.name ?? ""),
                ]
            }
        )
    }

    mutating func show(_ view: PowerView) {
        guard let power = view.power else { return none() }
        line("\(power.code) \(power.name)", .strong)
        entries([
            Entry(Label.department, power.department),
            Entry(Text("kind", "类别"), language.label(power.kind)),
            Entry(Text("post", "责任岗位"), power.post),
            Entry(Text("revoked", "取消"), view.revoked.map { date($0) }),
            Entry(Text("reason", "原因"), view.reason),
        ])
        list(Text("basis", "设定依据"), power.basis)
        list(Text("duties", "责任事项"), power.duties)
        list(Text("accountability", "追责情形"), power.accountability)
    }

    mutating func show(_ reply: ListPowersReply) {
        if reply.powers.isEmpty { none() }
        table(
            [
                Column(Label.code), Column(Label.department), Column(Text("kind", "类别")),
                Column(Label.name), Column(Text("revoked", "取消")),
            ],
            reply.powers.map { view in
                [
                    Cell(view.power?.code ?? ""), Cell(view.power?.department ?? ""),
                    Cell(view.power.map { language.label($0.kind) } ?? ""),
                    Cell(view.power?.name ?? ""), Cell(view.revoked.map { date($0) } ?? ""),
                ]
            }
        )
        if reply.more { more("--after \(reply.through)") }
    }

    mutating func show(_ view: GuideView) {
        guard let guide = view.guide, let item = view.item else { return none() }
        show(item)
        let ways = language.text(", ", "、")
        entries([
            Entry(Text("edition", "版次"), "\(view.edition)"),
            Entry(Text("since", "自"), moment(view.since)),
            Entry(Text("who may bring it", "服务对象"), guide.applicants),
            Entry(
                Text("by way of", "受理渠道"),
                guide.channels.map { language.label($0) }.joined(separator: ways)
            ),
            Entry(Text("times to come", "到现场次数"), "\(guide.visits)"),
            Entry(Text("how far online", "网上办理深度"), language.label(view.depth)),
            Entry(Text("place", "办理地点"), guide.place),
            Entry(Label.result, guide.result),
            Entry(
                Text("delivered by", "送达方式"),
                guide.delivery.map { language.label($0) }.joined(separator: ways)
            ),
            Entry(Label.phone, view.phone),
            Entry(Text("complaints", "监督投诉电话"), view.complaintPhone),
        ])
        list(Text("basis", "设定依据"), guide.basis)
        list(Text("conditions", "受理条件"), guide.conditions)
        if !guide.materials.isEmpty {
            heading(Text("materials", "申请材料"))
            table(
                [
                    Column(Label.name), Column(Text("originals", "原件"), isNumber: true),
                    Column(Text("copies", "复印件"), isNumber: true),
                    Column(Text("may follow", "可容缺")), Column(Text("as a file", "可电子提交")),
                    Column(Text("note", "说明")),
                ],
                guide.materials.map { material in
                    [
                        Cell(material.name), Cell("\(material.originals)"),
                        Cell("\(material.copies)"), Cell(yesNo(material.deferrable)),
                        Cell(yesNo(material.electronic)), Cell(material.note),
                    ]
                }
            )
        }
        list(Text("fees", "收费"), guide.fees.map { "\($0.name) \($0.amount)（\($0.basis)）" })
        list(Text("remedies", "救济途径"), guide.remedies)
    }
}

extension GuideView {
    /// 咨询电话: the guide's, else the department's.
    var phone: String { firstGiven(guide?.officePhone, department?.officePhone) }

    /// 监督投诉电话: the guide's, else the department's.
    var complaintPhone: String { firstGiven(guide?.complaintPhone, department?.complaintPhone) }

    private func firstGiven(_ own: String?, _ other: String?) -> String {
        if let own, !own.isEmpty { return own }
        return other ?? ""
    }
}
