import BanjieProtocol

/// Cards to be printed, one a page: desk plates (岗位桌牌) and badges (工牌).
struct PrintSheet {
    /// Of a page, in millimetres.
    let width: Int
    let height: Int
    let title: String
    let cards: [HTML]

    /// Plates of 200 × 100 mm, the usual holder on a desk.
    static func plates(of unit: PublicRecords.Unit) -> PrintSheet {
        PrintSheet(
            width: 200,
            height: 100,
            title: "\(unit.department.name) 岗位桌牌",
            cards: unit.plates.map { plate in
                let post = plate.post
                let people: [HTML] = [("A 岗", plate.holder), ("B 岗", plate.cover)].compactMap {
                    role,
                    badge in
                    badge.map { badge in
                        "<li><b>\(role)</b> <span class=\"name\">\(badge.name)</span> \(badge.badge)</li>\n"
                    }
                }
                let phones = [("咨询", plate.officePhone), ("监督", plate.complaintPhone)]
                    .filter { !$0.1.isEmpty }.map { "\($0.0) \($0.1)" }
                // More duties than fit would run out of the plate.
                let duties = (post?.duties ?? []).prefix(3).joined(separator: "；")
                return """
                    <article class="plate">
                    <p class="unit">\(plate.department)<span>\(post?.counter ?? "")</span></p>
                    <h2>\(post?.name ?? "")</h2>
                    <ul>\(people)</ul>
                    <p class="duties">\(duties)</p>
                    <p class="phones">\(phones.joined(separator: "　"))</p>
                    </article>

                    """
            }
        )
    }

    /// Badges of the size of a bank card turned up: 54 × 86 mm (ISO/IEC 7810 ID-1, rounded up).
    static func badges(of unit: PublicRecords.Unit) -> PrintSheet {
        // Who stands in for one post often has another.
        var seen: Set<String> = []
        let people = unit.plates.flatMap { [$0.holder, $0.cover].compactMap { $0 } }
            .filter { seen.insert("\($0.badge) \($0.name)").inserted }
        return PrintSheet(
            width: 54,
            height: 86,
            title: "\(unit.department.name) 工牌",
            cards: people.map { badge in
                """
                <article class="badge">
                <p class="unit">\(badge.department)</p>
                <h2 class="name">\(badge.name)</h2>
                <p>\(badge.post)</p>
                <p class="number">\(badge.badge)</p>
                </article>

                """
            }
        )
    }

    func file(_ path: String) -> SiteFile {
        let html: HTML = """
            <!DOCTYPE html>
            <html lang="zh-CN">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>
            \(HTML(stringLiteral: style))</style>
            </head>
            <body>
            <h1>\(title)</h1>
            <main>
            \(cards)</main>
            </body>
            </html>

            """
        return SiteFile(path: path, content: html.source)
    }

    private var style: String {
        """
        @page { size: \(width)mm \(height)mm; margin: 0; }
        * { box-sizing: border-box; margin: 0; }
        body { color: #1a1a1a;
          font: 4mm/1.5 "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
        h1 { padding: 5mm; font-size: 5mm; }
        main { display: flex; flex-wrap: wrap; gap: 5mm; padding: 5mm; }
        article { width: \(width)mm; height: \(height)mm; overflow: hidden; display: flex; flex-direction: column;
          border: .3mm solid #8a8f98; }
        article.plate { padding: 8mm 10mm; border-top: 5mm solid #0b4a8f; }
        .plate .unit { display: flex; justify-content: space-between; font-size: 6mm; }
        .plate h2 { font-size: 11mm; line-height: 1.3; }
        .plate ul { display: flex; gap: 12mm; padding: 0; list-style: none; font-size: 6mm; }
        .plate .name { font-size: 9mm; font-weight: 700; }
        .plate .duties { flex: 1; overflow: hidden; font-size: 4mm; }
        .badge { padding: 6mm 4mm; align-items: center; justify-content: space-between; text-align: center;
          border-top: 8mm solid #0b4a8f !important; }
        .badge .name { font-size: 9mm; }
        .badge .number { font-size: 5mm; letter-spacing: .3mm; }
        @media print {
          h1 { display: none; }
          main { display: block; padding: 0; }
          article { border-width: 0; break-after: page; }
          article:last-child { break-after: auto; }
        }

        """
    }
}
