/// What the departments of a city show of themselves: made from its other parts, so that it is the same for equal
/// cities.
extension City {
    /// 主要职责
    static func duties(of department: Department) -> [String] {
        let subjects = Agency.all.first { $0.code == department.code }?.subjects ?? []
        return subjects.map { "负责\($0)方面的行政审批与监督管理" } + ["承担市人民政府交办的其他事项"]
    }

    static func address(of index: Int) -> String { "市民中心大厦 \(index / 4 + 1) 层 \(index % 4 + 1) 区" }

    /// Numbers in a range that nobody has.
    static func phone(of index: Int, complaints: Bool) -> String {
        "0755-5550\(complaints ? 1 : 0)\(index / 10)\(index % 10)"
    }

    /// 岗位职责
    static func duties(of post: Post) -> [String] {
        switch post.name {
        case "综合窗口": ["接收申请材料", "一次性告知须补正的内容", "送达办理结果"]
        case "审批岗": ["审查申请材料", "提出审批意见"]
        case "业务科员": ["承办科室业务", "答复咨询"]
        case "现场勘验岗": ["现场核查", "制作勘验记录"]
        case "政策咨询岗": ["解答政策", "首问负责"]
        default: ["主持本岗位工作", "对办件时限负责"]
        }
    }

    static func counter(of post: Post, in department: Int) -> String {
        post.name == "综合窗口" ? "\(department + 1) 号窗口" : ""
    }

    /// Who has which post: the first of its people holds it, the second stands in.
    var duties: [[String]] {
        let people = Dictionary(grouping: staff, by: \.post)
        return posts.compactMap { post in
            guard let holder = people[post.code]?.first else { return nil }
            let cover = people[post.code]?.dropFirst().first
            return [post.code, holder.login, cover?.login ?? ""]
        }
    }

    /// A power for each item that isn't handled while the applicant waits.
    var powers: [[String]] {
        items.filter { !$0.isInstant }.map { item in
            let isConfirmation = item.name.contains("备案") || item.name.contains("认定")
            return [
                "QZ-\(item.code.suffix(12))", item.department,
                isConfirmation ? "CONFIRMATION" : "LICENCE", item.name,
                "《中华人民共和国行政许可法》第十二条", "依法受理；在时限内审查并作出决定；依法送达",
                "\(item.department)-2", "对符合条件的申请不予受理；无正当理由逾期不作出决定",
            ]
        }
    }

    /// Guides, an object of JSON a line. Nothing in a city holds a quote or a backslash.
    var guides: String {
        items.enumerated().map { index, item in
            let visits = index % 4 == 3 ? 1 : 0
            let delivery = visits == 1 ? #""COUNTER""# : #""MAIL","DOWNLOAD""#
            let channels = #""WINDOW","PC","MOBILE""#
            let materials = [
                #"{"name":"\#(item.name)申请表","originals":1,"electronic":true}"#,
                #"{"name":"申请人身份证明","copies":1,"electronic":true,"note":"核验电子证照的免予提交"}"#,
                #"{"name":"相关情况说明","originals":1,"deferrable":true,"electronic":\#(index % 5 != 4)}"#,
            ].joined(separator: ",")
            return #"{"item":"\#(item.code)","post":"\#(item.department)-1","#
                + #""basis":["《中华人民共和国行政许可法》第二十九条至第四十四条"],"#
                + #""applicants":"自然人、法人和其他组织","conditions":["属于本部门职权范围","材料齐全、符合法定形式"],"#
                + #""materials":[\#(materials)],"channels":[\#(channels)],"visits":\#(visits),"#
                + #""place":"市民中心一楼综合窗口","result":"\#(item.name)决定书","delivery":[\#(delivery)],"#
                + #""remedies":["自知道该行政行为之日起六十日内申请行政复议","自知道或者应当知道之日起六个月内提起行政诉讼"]}"#
                + "\n"
        }.joined()
    }
}
