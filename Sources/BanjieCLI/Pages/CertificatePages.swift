import BanjieProtocol

extension Page {
    mutating func show(_ view: CertificateView) {
        line("\(language.text(Text("certificate", "执法证"))) \(view.certificate)", .strong)
        entries([
            Entry(Label.state, language.label(view.state)),
            Entry(Label.version, "\(view.version)"),
            Entry(Text("holder", "持证人"), view.holder),
            Entry(Label.department, view.department),
            Entry(
                Text("scope", "执法范围"),
                view.scope.joined(separator: language.text(", ", "、"))
            ),
            Entry(Text("issued", "发证日"), date(view.issued)),
            Entry(Text("valid to", "有效期至"), date(view.validTo)),
            Entry(Text("next check", "应年审年度"), "\(view.nextCheck)"),
            Entry(Text("check by", "年审期限"), date(view.checkDue)),
            Entry(Text("replaced", "补证次数"), view.replaced == 0 ? nil : "\(view.replaced)"),
        ])
    }

    mutating func show(_ verdict: CertificateVerdict) {
        entries([
            Entry(Text("valid", "有效"), yesNo(verdict.ok), verdict.ok ? .green : .red),
            Entry(
                Text("because", "原因"),
                verdict.reasons.map { language.label($0) }.joined(separator: ", ")
            ),
        ])
    }

    mutating func show(_ view: InspectionView) {
        entries([
            Entry(Text("inspection", "检查编号"), "\(view.inspection)"),
            Entry(Label.at, moment(view.at)),
            Entry(Text("scope", "执法范围"), view.scope),
            Entry(Text("officers", "执法人员"), view.officers.joined(separator: ", ")),
        ])
    }

    mutating func show(_ reply: ListAnnouncementsReply) {
        guard !reply.announcements.isEmpty else { return none() }
        let columns = [
            Column(Text("number", "编号"), isNumber: true), Column(Label.at),
            Column(Text("certificate", "执法证")), Column(Label.department),
            Column(Text("what", "事项")),
        ]
        let rows = reply.announcements.map { each in
            [
                Cell("\(each.number)"), Cell(moment(each.at)), Cell(each.certificate),
                Cell(each.department), Cell(each.event(in: language)),
            ]
        }
        table(columns, rows)
        if let last = reply.announcements.last, reply.more { more("--after \(last.number)") }
    }
}

extension Announcement {
    /// What has happened to the certificate; the audit log's word for what isn't known here.
    func event(in language: Language) -> String {
        let text =
            switch what {
            case "CERTIFICATE_APPLIED": Text("applied for", "申领")
            case "CERTIFICATE_QUALIFIED": Text("qualified", "资格合格")
            case "CERTIFICATE_ISSUED": Text("issued", "颁发")
            case "CERTIFICATE_RENEWED": Text("renewed", "延续")
            case "CERTIFICATE_CHECKED": Text("checked for the year", "年度审验合格")
            case "CERTIFICATE_UNCHECKED": Text("not checked in time", "逾期未审验")
            case "CERTIFICATE_SUSPENDED": Text("suspended", "暂扣")
            case "CERTIFICATE_REINSTATED": Text("reinstated", "恢复")
            case "CERTIFICATE_LOST": Text("reported lost", "挂失")
            case "CERTIFICATE_REPLACED": Text("replaced", "补发")
            case "CERTIFICATE_EXPIRED": Text("expired", "到期失效")
            case "CERTIFICATE_REVOKED": Text("revoked", "吊销")
            case "CERTIFICATE_SURRENDERED": Text("handed in", "注销")
            default: Text(same: what)
            }
        return language.text(text)
    }
}
