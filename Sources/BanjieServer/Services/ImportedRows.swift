internal import BanjieProtocol
internal import CivilTime
internal import Digest
internal import Office
internal import Sealing
internal import Store
internal import WorkCalendar

/// What each kind of row does: what the command for one of them does, unless it says nothing new.
extension DirectoryImport {
    func bring(
        _ department: Department,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Bool {
        let known = try context.loadIfPresent(DepartmentRecord.self, department.code)
        if known?.message == department { return false }
        _ = try DirectoryService().putDepartment(department, in: &context)
        return true
    }

    func bring(_ post: Post, in context: inout CommandContext) throws(HandlerFailure) -> Bool {
        let known = try context.loadIfPresent(PostRecord.self, post.code)
        if known?.message == post { return false }
        _ = try DirectoryService().putPost(post, in: &context)
        return true
    }

    func bring(_ person: Person, in context: inout CommandContext) throws(HandlerFailure) -> Bool {
        let known = try context.loadIfPresent(PersonRecord.self, person.login)
        if known?.view == person { return false }
        _ = try DirectoryService().putPerson(person, in: &context)
        return true
    }

    func bring(
        _ item: PublishItemRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Bool {
        if try isNewest(item, in: context) { return false }
        _ = try DirectoryService().publishItem(item, in: &context)
        return true
    }

    private func isNewest(
        _ item: PublishItemRequest,
        in context: CommandContext
    ) throws(HandlerFailure) -> Bool {
        guard let head = try context.loadIfPresent(ItemHeadRecord.self, item.code) else {
            return false
        }
        let known = try context.version(of: head)
        return known.name == item.name && known.department == item.department
            && known.statutoryDays == item.limits?.statutory
            && known.promisedDays == item.limits?.promised
            && known.isInstant == item.instant && known.isJoint == item.joint
    }

    func bring(_ power: Power, in context: inout CommandContext) throws(HandlerFailure) -> Bool {
        let known = try context.loadIfPresent(PowerRecord.self, power.code)
        if known?.message == power { return false }
        _ = try DisclosureService().putPower(power, in: &context)
        return true
    }

    func bring(_ guide: Guide, in context: inout CommandContext) throws(HandlerFailure) -> Bool {
        if try context.newestGuide(of: guide.item)?.message == guide { return false }
        _ = try DisclosureService().putGuide(guide, in: &context)
        return true
    }

    func bring(_ duty: PostDuty, in context: inout CommandContext) throws(HandlerFailure) -> Bool {
        let from = duty.from ?? context.now.date
        let key = PostDutyRecord.Key(duty.post, from: from)
        let known = try context.loadIfPresent(PostDutyRecord.self, key)
        if let known, known.holder == duty.holder, (known.cover ?? "") == duty.cover {
            return false
        }
        _ = try DisclosureService().putDuty(duty, in: &context)
        return true
    }

    func bring(
        _ imported: StoredCredential,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Bool {
        try validating(imported)
        let person = try context.person(imported.login)
        let credential = CredentialRecord(login: person.key, proof: try proof(imported))
        let known = try context.loadIfPresent(CredentialRecord.self, person.key)
        if known == credential { return false }
        context.keep(credential, "CREDENTIAL_IMPORTED")
        return true
    }

    private func proof(
        _ imported: StoredCredential
    ) throws(HandlerFailure) -> CredentialRecord.Proof {
        switch (imported.secretDigest, imported.passwordHash) {
        case (let digest, ""):
            guard let bytes = Hexadecimal.bytes(of: digest), bytes.count == SHA256.byteCount else {
                throw .refused(
                    .outOfRange(field: "secret_digest", allowed: "64 hexadecimal digits")
                )
            }
            return .secret(digest: bytes)
        case ("", let hash):
            guard PasswordHash(stored: hash) != nil else {
                throw .refused(
                    .outOfRange(
                        field: "password_hash",
                        allowed: "$scrypt$ln=…,r=…,p=…$SALT$KEY, of at most 256 MiB"
                    )
                )
            }
            return .password(hash: hash)
        default:
            throw .refused(
                .outOfRange(field: "password_hash", allowed: "empty beside a secret_digest")
            )
        }
    }

    func bring(
        _ year: LoadYearRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Bool {
        try validating(year)
        let arrangement: YearArrangement
        do throws(CalendarError) {
            arrangement = try YearArrangement(
                year: Int(year.year),
                off: year.off,
                makeUp: year.makeUp,
                source: year.source
            )
        } catch {
            throw .calendar(error)
        }
        if context.calendarsAfterwards.current.calendar.isArranged(as: arrangement) { return false }
        _ = try CalendarService().loadYear(year, in: &context)
        return true
    }
}
