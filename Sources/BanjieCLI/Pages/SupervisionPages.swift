import BanjieProtocol

extension Page {
    mutating func show(_ reply: ScoreReply) {
        let columns = [
            Column(Text("item", "项目")), Column(Text("count", "数量"), isNumber: true),
            Column(Text("each", "每项"), isNumber: true),
            Column(Text("points", "得分"), isNumber: true),
        ]
        let rows = reply.lines.map { line in
            [
                Cell(language.label(line.item)), Cell("\(line.count)"), Cell("\(line.each)"),
                Cell("\(line.points)"),
            ]
        }
        table(columns, rows)
        line("\(language.text(Text("score", "总分"))) \(reply.score)", .strong)
    }
}
