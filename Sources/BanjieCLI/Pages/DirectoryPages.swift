import BanjieProtocol

extension Page {
    mutating func show(_ department: Department) {
        entries([
            Entry(Label.code, department.code),
            Entry(Label.name, department.name),
            Entry(Text("address", "地址"), department.address),
            Entry(Label.phone, department.officePhone),
            Entry(Text("complaints", "监督投诉电话"), department.complaintPhone),
        ])
        list(Text("duties", "主要职责"), department.duties)
    }

    mutating func show(_ reply: ListDepartmentsReply) {
        guard !reply.departments.isEmpty else { return none() }
        table(
            [Column(Label.code), Column(Label.name), Column(Label.phone)],
            reply.departments.map { [Cell($0.code), Cell($0.name), Cell($0.officePhone)] }
        )
        if let last = reply.departments.last, reply.more { more("--after \(last.code)") }
    }

    mutating func show(_ post: Post) {
        entries([
            Entry(Label.code, post.code),
            Entry(Label.name, post.name),
            Entry(Label.department, post.department),
            Entry(Text("rank", "级别"), "\(post.rank)"),
            Entry(Text("counter", "窗口"), post.counter),
        ])
        list(Text("duties", "岗位职责"), post.duties)
    }

    mutating func show(_ reply: ListPostsReply) {
        guard !reply.posts.isEmpty else { return none() }
        table(
            [
                Column(Label.code), Column(Label.name), Column(Text("rank", "级别"), isNumber: true),
                Column(Text("counter", "窗口")),
            ],
            reply.posts.map {
                [Cell($0.code), Cell($0.name), Cell("\($0.rank)"), Cell($0.counter)]
            }
        )
    }

    mutating func show(_ reply: ListItemsReply) {
        guard !reply.items.isEmpty else { return none() }
        table(
            [
                Column(Label.code), Column(Label.name), Column(Label.department),
                Column(Text("statutory", "法定"), isNumber: true),
                Column(Text("promised", "承诺"), isNumber: true),
            ],
            reply.items.map { item in
                [
                    Cell(item.code), Cell(item.name), Cell(item.department),
                    Cell(item.limits.map { "\($0.statutory)" } ?? ""),
                    Cell(item.limits.map { "\($0.promised)" } ?? ""),
                ]
            }
        )
        if reply.more { more("--after \(reply.through)") }
    }

    mutating func show(_ person: Person) {
        let roles = person.roles.map { language.label($0) }
        entries([
            Entry(Text("login", "登录名"), person.login),
            Entry(Text("name", "姓名"), person.name),
            Entry(Label.citizenID, person.citizenId),
            Entry(Label.phone, person.phone),
            Entry(Label.firm, person.firm),
            Entry(Label.creditCode, person.creditCode),
            Entry(Label.department, person.department),
            Entry(Text("post", "岗位"), person.post),
            Entry(Text("badge", "工号"), person.badge),
            Entry(
                Text("roles", "角色"),
                roles.joined(separator: language.text(", ", "、"))
            ),
            Entry(Text("may sign in", "可登录"), person.disabled ? yesNo(false) : nil),
        ])
    }

    mutating func show(_ reply: ListPeopleReply) {
        guard !reply.people.isEmpty else { return none() }
        let columns = [
            Column(Text("login", "登录名")), Column(Text("name", "姓名")),
            Column(Label.department), Column(Text("post", "岗位")), Column(Text("roles", "角色")),
            Column(Text("may sign in", "可登录")),
        ]
        let rows = reply.people.map { person in
            [
                Cell(person.login), Cell(person.name), Cell(person.department), Cell(person.post),
                Cell(person.roles.map { language.label($0) }.joined(separator: ", ")),
                Cell(yesNo(!person.disabled)),
            ]
        }
        table(columns, rows)
        if let last = reply.people.last, reply.more { more("--after \(last.login)") }
    }

    mutating func show(_ reply: ListSessionsReply) {
        guard !reply.sessions.isEmpty else { return none() }
        let columns = [
            Column(Text("session", "会话"), isNumber: true), Column(Text("login", "登录名")),
            Column(Label.department), Column(Text("by", "凭据")), Column(Text("since", "登录时间")),
            Column(Text("connection", "连接")),
        ]
        let rows = reply.sessions.map { session in
            [
                Cell("\(session.session)"), Cell(session.login), Cell(session.department),
                Cell(language.label(session.proof)), Cell(moment(session.since)),
                Cell(session.connection),
            ]
        }
        table(columns, rows)
        if let last = reply.sessions.last, reply.more { more("--after \(last.session)") }
    }

    /// It was done, and there is nothing to be shown.
    mutating func done() { line(language.text("done", "已完成")) }

    mutating func show(_ credential: Credential) {
        entries([
            Entry(Text("login", "登录名"), credential.login),
            Entry(Text("secret", "口令"), credential.secret),
        ])
        line(
            language.text(
                "It is shown this once; the earlier one is void.",
                "仅显示这一次；旧口令已作废。"
            ),
            .faint
        )
    }

    mutating func show(_ item: ItemView) {
        line("\(language.text(Label.item)) \(item.code)", .strong)
        let limits = item.limits.map { limits in
            language.text(
                "statutory \(limits.statutory), promised \(limits.promised) working days",
                "法定 \(limits.statutory)、承诺 \(limits.promised) 个工作日"
            )
        }
        entries([
            Entry(Label.version, "\(item.version)"),
            Entry(Label.name, item.name),
            Entry(Label.department, item.department),
            Entry(Text("limits", "时限"), limits),
            Entry(Text("instant", "即办件"), yesNo(item.instant)),
            Entry(Text("joint", "联审联办"), yesNo(item.joint)),
            Entry(Text("published", "发布"), moment(item.published)),
        ])
    }
}
