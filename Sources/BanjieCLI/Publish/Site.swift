import BanjieProtocol
import CivilTime

/// A file of the public pages.
struct SiteFile: Hashable, Sendable {
    /// Its path below the folder: stable for as long as what it is about exists.
    let path: String
    let content: String
}

/// The public pages (亮牌服务): static, in Chinese, readable without a script, on paper too.
struct Site {
    let records: PublicRecords
    private let names: [String: String]

    init(_ records: PublicRecords) {
        self.records = records
        names = Dictionary(
            records.units.map { ($0.department.code, $0.department.name) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Every page, by path.
    var files: [SiteFile] {
        var files = [
            SiteFile(path: "style.css", content: Self.style),
            page("index.html", "政务服务公开", index, depth: 0),
            page("powers.html", "权责清单", powers, depth: 0),
            page("announcements.html", "公告与典型案例", announcements, depth: 0),
            page("reviews.html", "服务评价", reviews, depth: 0),
        ]
        for unit in records.units {
            let code = Self.fileName(unit.department.code)
            let name = unit.department.name
            files.append(page("departments/\(code).html", name, self.unit(unit), depth: 1))
            guard !unit.plates.isEmpty else { continue }
            files.append(PrintSheet.plates(of: unit).file("plates/\(code).html"))
            let badges = PrintSheet.badges(of: unit)
            if !badges.cards.isEmpty { files.append(badges.file("badges/\(code).html")) }
        }
        for item in records.items {
            let path = "items/\(Self.fileName(item.view.code)).html"
            files.append(page(path, item.view.name, self.item(item), depth: 1))
        }
        for publication in records.publications {
            let path = "publications/\(publication.publication).html"
            files.append(page(path, publication.title, self.publication(publication), depth: 1))
        }
        return files.sorted { $0.path < $1.path }
    }

    /// A code as the name of a file: whatever isn't a letter, a digit, `-` or `_` becomes `~` and its bytes.
    static func fileName(_ code: String) -> String {
        var name = ""
        for byte in code.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                name.unicodeScalars.append(UnicodeScalar(byte))
            default:
                name += "~" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return name
    }

    // MARK: The frame of a page

    private func page(_ path: String, _ title: String, _ content: HTML, depth: Int) -> SiteFile {
        let root = String(repeating: "../", count: depth)
        let links: [HTML] = [
            ("index.html", "部门与事项"), ("powers.html", "权责清单"), ("announcements.html", "公告与案例"),
            ("reviews.html", "服务评价"),
        ].map { target, name in
            let current: HTML = target == path ? " aria-current=\"page\"" : ""
            return "<li><a href=\"\(root + target)\"\(current)>\(name)</a></li>\n"
        }
        let html: HTML = """
            <!DOCTYPE html>
            <html lang="zh-CN">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <link rel="stylesheet" href="\(root)style.css">
            </head>
            <body>
            <a class="skip" href="#content">跳到正文</a>
            <header><nav aria-label="主导航"><ul>
            \(links)</ul></nav></header>
            <main id="content">
            <h1>\(title)</h1>
            \(content)</main>
            <footer><p>数据截至 \(Self.day(records.day))</p></footer>
            </body>
            </html>

            """
        return SiteFile(path: path, content: html.source)
    }

    static func day(_ day: CivilDate) -> String {
        let fields = day.fields
        return "\(fields.year) 年 \(fields.month) 月 \(fields.day) 日"
    }

    private func link(to department: String, from root: String = "") -> HTML {
        guard let name = names[department] else { return HTML(text: department) }
        return "<a href=\"\(root)departments/\(Self.fileName(department)).html\">\(name)</a>"
    }

    // MARK: Pages

    private var index: HTML {
        let counts = Dictionary(grouping: records.items, by: \.view.department)
        let units = HTML.table(
            "各部门",
            ["部门", "事项", "咨询电话", "监督投诉电话"],
            records.units.map { unit in
                let department = unit.department
                return [
                    link(to: department.code), "\(counts[department.code]?.count ?? 0)",
                    HTML(text: department.officePhone), HTML(text: department.complaintPhone),
                ]
            }
        )
        let items = itemTable("全部事项", records.items, root: "", withDepartment: true)
        return "\(HTML.section("部门", units))\(HTML.section("事项", items))"
    }

    private func itemTable(
        _ caption: String,
        _ items: [PublicRecords.Item],
        root: String,
        withDepartment: Bool
    ) -> HTML? {
        HTML.table(
            caption,
            ["事项"] + (withDepartment ? ["部门"] : []) + ["承诺时限", "法定时限", "网上办理深度"],
            items.map { item in
                let view = item.view
                let path = "\(root)items/\(Self.fileName(view.code)).html"
                return ["<a href=\"\(path)\">\(view.name)</a>"]
                    + (withDepartment ? [link(to: view.department, from: root)] : [])
                    + [
                        promised(view), HTML(text: view.limits.map { days($0.statutory) } ?? ""),
                        HTML(text: item.guide.map { word($0.depth) } ?? ""),
                    ]
            }
        )
    }

    private func promised(_ item: ItemView) -> HTML {
        item.instant ? "即办" : HTML(text: item.limits.map { days($0.promised) } ?? "")
    }

    private func days(_ days: Int32) -> String { "\(days) 个工作日" }

    private func word(_ value: some OpenEnum) -> String { Language.chinese.label(value) }

    private func words(_ values: [some OpenEnum]) -> HTML {
        HTML(text: values.map(word).joined(separator: "、"))
    }

    private func unit(_ unit: PublicRecords.Unit) -> HTML {
        let department = unit.department
        let code = Self.fileName(department.code)
        let about = HTML.terms([
            ("地址", HTML(text: department.address)),
            ("咨询电话", HTML(text: department.officePhone)),
            ("监督投诉电话", HTML(text: department.complaintPhone)),
            ("办公时间", "工作日 9:00–12:00，13:30–17:30"), ("服务评价", satisfaction(unit.reviews)),
        ])
        let plates = HTML.table(
            "岗位",
            ["岗位", "窗口", "A 岗", "B 岗", "职责"],
            unit.plates.map { plate in
                [
                    HTML(text: plate.post?.name ?? ""), HTML(text: plate.post?.counter ?? ""),
                    person(plate.holder), person(plate.cover),
                    HTML(text: (plate.post?.duties ?? []).joined(separator: "；")),
                ]
            }
        )
        let hasBadges = unit.plates.contains { $0.holder != nil || $0.cover != nil }
        let print: HTML? =
            unit.plates.isEmpty
            ? nil
            : "<p>可打印：<a href=\"../plates/\(code).html\">岗位桌牌</a>"
                + (hasBadges ? "、<a href=\"../badges/\(code).html\">工牌</a></p>\n" : "</p>\n")
        let items = itemTable(
            "\(department.name)的事项",
            records.items.filter { $0.view.department == department.code },
            root: "../",
            withDepartment: false
        )
        let powers = powerTable("\(department.name)的权责清单", unit.powers)
        return """
            \(about)\(HTML.section("主要职责", HTML.list(department.duties)))\
            \(HTML.section("岗位与人员", plates))\(print)\(HTML.section("事项", items))\
            \(HTML.section("权责清单", powers))
            """
    }

    private func person(_ badge: Badge?) -> HTML {
        guard let badge else { return "" }
        return badge.badge.isEmpty ? HTML(text: badge.name) : "\(badge.name)（\(badge.badge)）"
    }

    private func powerTable(_ caption: String, _ powers: [Power]) -> HTML? {
        HTML.table(
            caption,
            ["名称", "编码", "类别", "设定依据", "责任事项", "追责情形"],
            powers.map { power in
                [
                    HTML(text: power.name), HTML(text: power.code), HTML(text: word(power.kind)),
                    HTML.list(power.basis) ?? "", HTML.list(power.duties) ?? "",
                    HTML.list(power.accountability) ?? "",
                ]
            }
        )
    }

    private var powers: HTML {
        let sections = records.units.compactMap { unit in
            HTML.section(unit.department.name, powerTable(unit.department.name, unit.powers))
        }
        return sections.isEmpty ? "<p>尚未公布。</p>\n" : "\(sections)"
    }

    private func item(_ item: PublicRecords.Item) -> HTML {
        let view = item.view
        let guide = item.guide?.guide
        let basics = HTML.terms([
            ("事项编码", HTML(text: view.code)),
            ("实施部门", link(to: view.department, from: "../")),
            ("事项类型", view.instant ? "即办件" : "承诺件"),
            ("联审联办", view.joint ? "是，多部门一次申请" : ""),
            ("承诺时限", promised(view)),
            ("法定时限", HTML(text: view.limits.map { days($0.statutory) } ?? "")),
            ("服务对象", HTML(text: guide?.applicants ?? "")),
            ("受理渠道", words(guide?.channels ?? [])),
            ("到现场次数", guide.map { "\($0.visits) 次" } ?? ""),
            ("网上办理深度", HTML(text: item.guide.map { word($0.depth) } ?? "")),
            ("办理地点", HTML(text: guide?.place ?? "")),
            ("办理结果", HTML(text: guide?.result ?? "")),
            ("送达方式", words(guide?.delivery ?? [])),
            ("咨询电话", HTML(text: item.guide?.phone ?? "")),
            ("监督投诉电话", HTML(text: item.guide?.complaintPhone ?? "")),
        ])
        guard let guide, let edition = item.guide else {
            return "\(basics)<p>办事指南尚未公布，请咨询实施部门。</p>\n"
        }
        let materials = HTML.table(
            "申请材料",
            ["材料", "原件", "复印件", "容缺", "电子提交", "说明"],
            guide.materials.map { material in
                [
                    HTML(text: material.name), "\(material.originals)", "\(material.copies)",
                    material.deferrable ? "可后补" : "不可", material.electronic ? "可" : "不可",
                    HTML(text: material.note),
                ]
            }
        )
        let fees = HTML.table(
            "收费",
            ["项目", "标准", "依据"],
            guide.fees.map { [HTML(text: $0.name), HTML(text: $0.amount), HTML(text: $0.basis)] }
        )
        return """
            \(basics)\(HTML.section("设定依据", HTML.list(guide.basis)))\
            \(HTML.section("受理条件", HTML.list(guide.conditions)))\
            \(HTML.section("申请材料", materials ?? "<p>无须提交材料。</p>\n"))\
            \(HTML.section("收费", fees ?? "<p>不收费。</p>\n"))\
            \(HTML.section("救济途径", HTML.list(guide.remedies)))\
            <p>事项第 \(view.version) 版，指南第 \(edition.edition) 版，自 \(Self.day(edition.since.date)) 起。</p>

            """
    }

    // MARK: Announcements and reviews

    private var announcements: HTML {
        let publications = HTML.table(
            "公告与典型案例",
            ["标题", "类别", "部门", "发布日期"],
            records.publications.map { publication in
                [
                    "<a href=\"publications/\(publication.publication).html\">\(publication.title)</a>",
                    HTML(text: word(publication.kind)), link(to: publication.department),
                    HTML(text: publication.published.map { Self.day($0.date) } ?? ""),
                ]
            }
        )
        let certificates = HTML.table(
            "执法证公告",
            ["证件", "部门", "变更", "日期"],
            records.announcements.map { announcement in
                [
                    HTML(text: announcement.certificate), link(to: announcement.department),
                    HTML(text: announcement.event(in: .chinese)),
                    HTML(text: Self.day(announcement.at.date)),
                ]
            }
        )
        let nothing: HTML? =
            publications == nil && certificates == nil ? "<p>暂无公告。</p>\n" : nil
        return """
            \(HTML.section("公告与典型案例", publications))\
            \(HTML.section("执法证公告", certificates))\(nothing)
            """
    }

    private func publication(_ publication: PublicationView) -> HTML {
        let about = HTML.terms([
            ("类别", HTML(text: word(publication.kind))),
            ("部门", link(to: publication.department, from: "../")),
            ("发布日期", HTML(text: publication.published.map { Self.day($0.date) } ?? "")),
            ("发布渠道", HTML(text: publication.channels.joined(separator: "、"))),
        ])
        return "\(about)<p>\(publication.text)</p>\n"
    }

    private var reviews: HTML {
        let all = HTML.table(
            "各部门的服务评价",
            ["部门", "邀请评价", "收到评价", "满意", "差评", "满意率"],
            [reviewRow("全市", records.reviews)]
                + records.units.filter { $0.reviews.invited > 0 }.map {
                    reviewRow(link(to: $0.department.code), $0.reviews)
                }
        )
        return "\(all)<p>未评价的不计入满意率，也不视为满意。</p>\n"
    }

    private func reviewRow(_ name: HTML, _ stats: ReviewStats) -> [HTML] {
        [
            name, "\(stats.invited)", "\(stats.rated)", "\(stats.satisfied)",
            "\(stats.negative)", rate(stats) ?? "—",
        ]
    }

    private func rate(_ stats: ReviewStats) -> HTML? {
        // Hundredths of a percent, cut off: 99.999 % isn't shown as all.
        stats.satisfactionPpm.map { ppm in
            let hundredths = ppm % 10_000 / 100
            return "\(ppm / 10_000).\(hundredths < 10 ? "0" : "")\(hundredths)%" as HTML
        }
    }

    private func satisfaction(_ stats: ReviewStats) -> HTML {
        rate(stats).map { "满意率 \($0)（\(stats.rated) 次评价）" } ?? ""
    }
}
