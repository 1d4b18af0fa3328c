import BanjieProtocol
import Digest

extension Page {
    mutating func show(_ view: ReviewView) {
        line("\(language.text(Text("review of", "评价"))) \(view.case)", .strong)
        entries([
            Entry(Label.state, language.label(view.state)),
            Entry(Label.version, "\(view.version)"),
            Entry(Label.department, view.department),
            Entry(Text("grade", "等级"), view.grade == 0 ? nil : "\(view.grade)"),
            Entry(Text("text", "内容"), view.text),
            Entry(Text("supplement", "追评"), view.supplement),
            Entry(Text("anonymous", "匿名"), view.anonymous ? yesNo(true) : nil),
            Entry(Text("received", "收到日"), view.received.map(date)),
            Entry(Text("verify by", "核实期限"), view.verifyDue.map(date)),
            Entry(Text("put right by", "整改期限"), view.rectifyDue.map(date)),
            Entry(Text("measures", "措施"), view.measures),
            Entry(Text("satisfied now", "回访满意"), view.satisfied.map { yesNo($0) }),
        ])
    }

    mutating func show(_ reply: ListReviewsReply) {
        guard !reply.reviews.isEmpty else { return none() }
        let columns = [
            Column(Label.case), Column(Label.state), Column(Text("grade", "等级"), isNumber: true),
            Column(Text("received", "收到日")), Column(Text("verify by", "核实期限")),
            Column(Text("put right by", "整改期限")),
        ]
        let rows = reply.reviews.map { view in
            [
                Cell(view.case), Cell(language.label(view.state)), Cell("\(view.grade)"),
                Cell(view.received.map { date($0) } ?? ""),
                Cell(view.verifyDue.map { date($0) } ?? ""),
                Cell(view.rectifyDue.map { date($0) } ?? ""),
            ]
        }
        table(columns, rows)
        if let last = reply.reviews.last, reply.more { more("--after \(last.case)") }
    }

    mutating func show(_ reply: ListReviewLinksReply) {
        guard !reply.links.isEmpty else { return none() }
        let columns = [
            Column(Text("number", "序号"), isNumber: true), Column(Label.at), Column(Label.case),
            Column(Text("what", "动作")), Column(Text("by", "操作人")), Column(Label.state),
            Column(Text("grade", "等级"), isNumber: true), Column(Text("hash", "哈希")),
        ]
        let rows = reply.links.map { link in
            [
                Cell("\(link.sequence)"), Cell(moment(link.at)), Cell(link.case), Cell(link.what),
                Cell(link.by), Cell(language.label(link.state)), Cell("\(link.grade)"),
                Cell(Hexadecimal.text(of: link.hash)),
            ]
        }
        table(columns, rows)
        if let last = reply.links.last, reply.more { more("--after \(last.sequence)") }
    }

    mutating func show(_ verdict: ReviewChainVerdict) {
        entries([
            Entry(Text("in order", "完好步数"), "\(verdict.intact)"),
            Entry(Text("head", "链末端"), Hexadecimal.text(of: verdict.head)),
            Entry(Text("broken", "损坏"), verdict.problem.isEmpty ? nil : verdict.problem),
            Entry(
                Text("not as their last step says", "与末步不符"),
                verdict.differing.isEmpty ? nil : verdict.differing.joined(separator: ", ")
            ),
        ])
    }

    mutating func show(_ stats: ReviewStats) {
        entries([
            Entry(Text("invited", "邀评"), "\(stats.invited)"),
            Entry(Text("rated", "已评"), "\(stats.rated)"),
            Entry(Text("satisfied", "满意"), "\(stats.satisfied)"),
            Entry(Text("negative", "差评"), "\(stats.negative)"),
            Entry(
                Text("satisfaction", "满意率"),
                stats.satisfactionPpm.map { "\($0 / 10_000).\($0 / 1000 % 10) %" }
            ),
        ])
    }
}
