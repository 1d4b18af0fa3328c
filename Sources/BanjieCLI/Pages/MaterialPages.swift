import Digest
import BanjieProtocol

extension Page {
    mutating func show(_ view: MaterialView) {
        entries([
            Entry(Text("material", "材料"), Hexadecimal.text(of: view.material)),
            Entry(Text("name", "名称"), view.name),
            Entry(Text("case", "办件"), view.case),
            Entry(Text("received", "已收到"), "\(view.received) / \(view.size)"),
            Entry(Text("complete since", "收齐时间"), view.completed.map { moment($0) }),
            Entry(Text("sender", "上传人"), view.sender),
            Entry(Text("SHA-256", "SHA-256"), Hexadecimal.text(of: view.digest)),
        ])
    }

    mutating func show(_ reply: ListMaterialsReply) {
        guard !reply.materials.isEmpty else { return none() }
        let columns = [
            Column(Text("material", "材料")), Column(Text("name", "名称")),
            Column(Text("received", "已收到"), isNumber: true),
            Column(Text("size", "大小"), isNumber: true),
            Column(Text("complete since", "收齐时间")), Column(Text("sender", "上传人")),
        ]
        let rows = reply.materials.map { view in
            [
                Cell(Hexadecimal.text(of: view.material)), Cell(view.name),
                Cell("\(view.received)"), Cell("\(view.size)"),
                Cell(view.completed.map { moment($0) } ?? ""), Cell(view.sender),
            ]
        }
        table(columns, rows)
    }
}
