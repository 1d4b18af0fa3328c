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
        context.unit.save(DepartmentRecord(code: request.code, name: request.name))
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
                rank: request.rank
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
            let post = try context.load(
                PostRecord.self,
                request.post,
                or: .none(kind: .post, name: request.post)
            )
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
        let person = PersonRecord(
            login: request.login,
            details: details,
            department: request.department,
            post: request.post,
            roles: Set(request.roles.compactMap { Office.Role(rawValue: $0.rawValue) })
        )
        context.unit.save(person)
        context.accountChanges.append(.rights(person.actor))
        context.audit("PERSON_PUT", "person/\(request.login)")
        return request
    }

    func openPerson(
        _ request: OpenPersonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Person {
        try validating(request)
        let person = try context.load(
            PersonRecord.self,
            request.login,
            or: .none(kind: .person, name: request.login)
        )
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
        let person = try context.load(
            PersonRecord.self,
            request.login,
            or: .none(kind: .person, name: request.login)
        )
        let secret = Secret(context.randomBytes())
        context.unit.save(CredentialRecord(login: person.key, secretDigest: secret.digest))
        context.accountChanges.append(.secret(login: person.key))
        context.audit("CREDENTIAL_ISSUED", "person/\(person.key)")
        return Credential(login: person.key, secret: secret.text)
    }

    func publishItem(
        _ request: PublishItemRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ItemView {
        try validating(request)
        guard let limits = request.limits else {
            throw .refused(.outOfRange(field: "limits", allowed: "given"))
        }
        let head = try storing { () throws(StoreError) in
            try context.unit.load(ItemHeadRecord.self, request.code)
        }
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
        return try context.load(
            PersonRecord.self,
            request.login,
            or: .none(kind: .person, name: request.login)
        ).view
    }

    func getItem(
        _ request: ItemRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ItemView {
        try validating(request)
        let absent = Refusal.none(kind: .item, name: request.code)
        var version = Int64(request.version)
        if version == 0 {
            version = try context.load(ItemHeadRecord.self, request.code, or: absent).version
        }
        return try context.load(
            ItemRecord.self,
            ItemVersionKey(code: request.code, version: version),
            or: absent
        ).view
    }
}

extension PersonRecord {
    fileprivate var view: Person {
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
            creditCode: details.creditCode?.description ?? ""
        )
    }
}

extension ItemRecord {
    fileprivate var view: ItemView {
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

/// A secret of 256 random bits, in hexadecimal.
struct Secret {
    let text: String

    init(_ bytes: [UInt8]) { text = Hexadecimal.text(of: bytes) }

    /// What is kept of it: a plain SHA-256, since 256 random bits can't be searched.
    var digest: [UInt8] { Self.digest(of: text) }

    static func digest(of text: String) -> [UInt8] { SHA256.hash(Array(text.utf8)) }
}
