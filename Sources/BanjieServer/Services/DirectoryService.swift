internal import BanjieProtocol
internal import CivilTime
internal import Digest
internal import Office
internal import Store

/// Departments, posts, people and service items.
struct DirectoryService: DirectoryCommands, Sendable {
    func putDepartment(
        _ request: BanjieProtocol.Department,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> BanjieProtocol.Department {
        try validating(request)
        context.unit.save(DepartmentRecord(request))
        context.audit("DEPARTMENT_PUT", "department/\(request.code)")
        return request
    }

    func putPost(
        _ request: Post,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Post {
        try validating(request)
        try context.requireDepartment(request.department)
        context.unit.save(
            PostRecord(
                code: request.code,
                name: request.name,
                department: request.department,
                rank: request.rank,
                duties: request.duties,
                counter: request.counter
            )
        )
        context.audit("POST_PUT", "post/\(request.code)")
        return request
    }

    func putPerson(
        _ request: Person,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Person {
        try validating(request)
        if !request.department.isEmpty { try context.requireDepartment(request.department) }
        if !request.post.isEmpty {
            let post = try context.post(request.post)
            guard post.department == request.department else {
                throw .refused(.wrongDepartment(answers: post.department))
            }
        }
        guard PersonRecord.isLogin(request.login) else {
            throw .refused(.malformed(field: "login", form: .login))
        }
        let details = try ruling { () throws(Refusal) in
            try PersonDetails(
                name: request.name,
                citizenID: request.citizenId,
                phone: request.phone,
                firm: request.firm,
                creditCode: request.creditCode
            )
        }
        let known = try context.loadIfPresent(PersonRecord.self, request.login)
        let person = PersonRecord(
            login: request.login,
            details: details,
            department: request.department,
            post: request.post,
            roles: Set(request.roles.compactMap { Office.Role(rawValue: $0.rawValue) }),
            badge: request.badge.isEmpty ? nil : request.badge,
            isDisabled: known?.isDisabled ?? false
        )
        try requireOperator(besides: known, as: person, in: context)
        context.unit.save(person)
        context.accountChanges.append(.rights(person.actor))
        context.audit("PERSON_PUT", "person/\(request.login)")
        return person.view
    }

    func openPerson(
        _ request: OpenPersonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Person {
        try validating(request)
        let person = try context.person(request.login)
        context.audit(
            "PERSONAL_OPENED",
            "person/\(person.key)",
            "name, citizen_id, phone: \(Masking.scrubbed(request.reason))"
        )
        return person.view
    }

    func issueCredential(
        _ request: PersonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Credential {
        try validating(request)
        let person = try context.person(request.login)
        let secret = Secret(context.randomBytes())
        context.keep(
            CredentialRecord(login: person.key, proof: .secret(digest: secret.digest)),
            "CREDENTIAL_ISSUED"
        )
        return Credential(login: person.key, secret: secret.text)
    }

    func disablePerson(
        _ request: PersonReasonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Person {
        let person = try setDisabled(true, request, "PERSON_DISABLED", in: &context)
        context.accountChanges.append(.disabled(login: person.login))
        return person
    }

    func enablePerson(
        _ request: PersonReasonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Person {
        try setDisabled(false, request, "PERSON_ENABLED", in: &context)
    }

    private func setDisabled(
        _ isDisabled: Bool,
        _ request: PersonReasonRequest,
        _ audit: String,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Person {
        try validating(request)
        let known = try context.person(request.login)
        var person = known
        person.isDisabled = isDisabled
        try requireOperator(besides: known, as: person, in: context)
        context.unit.save(person)
        context.audit(audit, "person/\(person.key)", Masking.scrubbed(request.reason))
        return person.view
    }

    /// - Throws: `lastOperator` when a change to a person would leave nobody who runs the system.
    private func requireOperator(
        besides known: PersonRecord?,
        as person: PersonRecord,
        in context: CommandContext
    ) throws(HandlerFailure) {
        guard known?.isWorkingOperator == true, !person.isWorkingOperator else { return }
        let all = try context.find(PersonRecord.self, Search(limit: .max))
        guard all.contains(where: { $0.isWorkingOperator && $0.key != person.key }) else {
            throw .refused(.lastOperator)
        }
    }

    func setPassword(
        _ request: SetPasswordRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Empty {
        try validating(request)
        let person = try context.person(request.login)
        try ruling { () throws(Refusal) in
            try PasswordRule.check(request.password, login: person.key)
        }
        try save(context.passwords?.hash, of: person.key, "PASSWORD_SET", in: &context)
        return Empty()
    }

    func changePassword(
        _ request: ChangePasswordRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Empty {
        try validating(request)
        let login = context.actor.login
        let stored = try context.loadIfPresent(CredentialRecord.self, login)
        switch (stored?.proof, context.passwords?.present) {
        case (.secret(let digest)?, _)
        where Secret.isEqual(digest, Secret.digest(of: request.present)):
            break
        case (.password(let hash)?, .matches(let judged)?) where hash == judged: break
        case (_, .delayed?): throw .server(.signInDelayed)
        default: throw .refused(.wrongPassword)
        }
        try ruling { () throws(Refusal) in
            try PasswordRule.check(request.password, login: login)
        }
        try save(context.passwords?.hash, of: login, "PASSWORD_CHANGED", in: &context)
        return Empty()
    }

    private func save(
        _ hash: String?,
        of login: String,
        _ audit: String,
        in context: inout CommandContext
    ) throws(HandlerFailure) {
        // The worker has made it whenever the rule allows the password.
        guard let hash else { throw .server(.internal) }
        context.keep(CredentialRecord(login: login, proof: .password(hash: hash)), audit)
    }

    func publishItem(
        _ request: PublishItemRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ItemView {
        try validating(request)
        guard let limits = request.limits else {
            throw .refused(.outOfRange(field: "limits", allowed: "given"))
        }
        let head = try context.loadIfPresent(ItemHeadRecord.self, request.code)
        let item = try ruling { () throws(Refusal) in
            try ItemRecord(
                code: request.code,
                version: (head?.version ?? 0) + 1,
                name: request.name,
                department: request.department,
                statutoryDays: limits.statutory,
                promisedDays: limits.promised,
                isInstant: request.instant,
                isJoint: request.joint,
                at: context.now
            )
        }
        try context.requireDepartment(request.department)
        context.unit.save(item)
        context.unit.save(ItemHeadRecord(code: item.key.code, version: item.key.version))
        context.audit("ITEM_PUBLISHED", "item/\(item.key.code)", "version \(item.key.version)")
        return item.view
    }
}

extension DirectoryService: DirectoryQueries {
    func getPerson(
        _ request: PersonRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> Person {
        try validating(request)
        return try context.person(request.login).view
    }

    func listPeople(
        _ request: ListPeopleRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListPeopleReply {
        try validating(request)
        let after: [Value]? = request.after.isEmpty ? nil : [.text(request.after)]
        let search =
            request.department.isEmpty
            ? Search(after: after, limit: Int(request.limit))
            : Search(
                by: PersonRecord.byDepartment,
                prefix: [.text(request.department)],
                after: after,
                limit: Int(request.limit)
            )
        let page = try context.page(PersonRecord.self, search)
        return ListPeopleReply(people: page.records.map(\.view), more: page.isMore)
    }

    func getItem(
        _ request: ItemRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ItemView {
        try validating(request)
        if request.version == 0 { return try context.newestItem(request.code).view }
        return try context.load(
            ItemRecord.self,
            ItemVersionKey(code: request.code, version: Int64(request.version)),
            or: .none(kind: .item, name: request.code)
        ).view
    }

    func listDepartments(
        _ request: ListDepartmentsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListDepartmentsReply {
        try validating(request)
        let after: [Value]? = request.after.isEmpty ? nil : [.text(request.after)]
        let page = try context.page(
            DepartmentRecord.self,
            Search(after: after, limit: Int(request.limit))
        )
        return ListDepartmentsReply(departments: page.records.map(\.message), more: page.isMore)
    }

    func listPosts(
        _ request: ListPostsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListPostsReply {
        try validating(request)
        try context.requireDepartment(request.department)
        let posts = try context.posts(of: request.department)
        return ListPostsReply(posts: posts.sorted(by: PostRecord.isHigher(_:than:)).map(\.message))
    }

    func listItems(
        _ request: ListItemsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListItemsReply {
        try validating(request)
        let after: [Value]? = request.after.isEmpty ? nil : [.text(request.after)]
        let page = try context.page(
            ItemHeadRecord.self,
            Search(after: after, limit: Int(request.limit))
        )
        var items: [ItemView] = []
        for head in page.records {
            let item = try context.version(of: head)
            guard request.department.isEmpty || item.department == request.department else {
                continue
            }
            items.append(item.view)
        }
        return ListItemsReply(
            items: items,
            through: page.records.last?.key ?? request.after,
            more: page.isMore
        )
    }
}

extension RecordContext {
    func department(_ code: String) throws(HandlerFailure) -> DepartmentRecord {
        try load(DepartmentRecord.self, code, or: .none(kind: .department, name: code))
    }

    func post(_ code: String) throws(HandlerFailure) -> PostRecord {
        try load(PostRecord.self, code, or: .none(kind: .post, name: code))
    }

    /// By code.
    func posts(of department: String) throws(HandlerFailure) -> [PostRecord] {
        try find(
            PostRecord.self,
            Search(by: PostRecord.byDepartment, prefix: [.text(department)], limit: .max)
        )
    }

    /// An item in its newest version.
    func newestItem(_ code: String) throws(HandlerFailure) -> ItemRecord {
        try version(of: load(ItemHeadRecord.self, code, or: .none(kind: .item, name: code)))
    }

    func version(of head: ItemHeadRecord) throws(HandlerFailure) -> ItemRecord {
        try load(
            ItemRecord.self,
            ItemVersionKey(code: head.key, version: head.version),
            or: .none(kind: .item, name: head.key)
        )
    }
}

extension DepartmentRecord {
    init(_ message: BanjieProtocol.Department) {
        self.init(
            code: message.code,
            name: message.name,
            duties: message.duties,
            address: message.address,
            phone: message.officePhone,
            complaintPhone: message.complaintPhone
        )
    }

    var message: BanjieProtocol.Department {
        BanjieProtocol.Department(
            code: key,
            name: name,
            duties: duties,
            address: address,
            officePhone: phone,
            complaintPhone: complaintPhone
        )
    }
}

extension PostRecord {
    var message: Post {
        Post(
            code: key,
            name: name,
            department: department,
            rank: rank,
            duties: duties,
            counter: counter
        )
    }
}

extension PersonRecord {
    var view: Person {
        Person(
            login: key,
            name: details.name.clear,
            department: department,
            post: post,
            roles: Office.Role.allCases.filter(roles.contains).map {
                BanjieProtocol.Role(rawValue: $0.rawValue)
            },
            citizenId: details.citizenID?.clear ?? "",
            phone: details.phone?.clear ?? "",
            firm: details.firm ?? "",
            creditCode: details.creditCode?.description ?? "",
            disabled: isDisabled,
            badge: badge ?? ""
        )
    }
}

extension ItemRecord {
    var view: ItemView {
        ItemView(
            code: key.code,
            version: UInt32(clamping: key.version),
            name: name,
            department: department,
            limits: ItemLimits(statutory: statutoryDays, promised: promisedDays),
            instant: isInstant,
            joint: isJoint,
            published: published
        )
    }
}

extension CommandContext {
    /// From now on somebody signs in with this; sessions that another one began are over.
    mutating func keep(_ credential: CredentialRecord, _ audit: String) {
        unit.save(credential)
        accountChanges.append(.credential(login: credential.key))
        self.audit(audit, "person/\(credential.key)")
    }
}
