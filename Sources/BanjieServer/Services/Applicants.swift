internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store

// Who applies in a case: shown masked, opened and searched for by commands that leave an audit entry.
extension CasesService {
    func openApplicant(
        _ request: OpenApplicantRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ApplicantView {
        let file = try context.open(CaseFile.self, request.case)
        let actor = context.actor
        try ruling { () throws(Refusal) in
            if actor.has(.staff) {
                try file.requireHandler(actor)
            } else {
                try file.requireApplicant(actor)
            }
        }
        try validating(request)
        let view = try context.applicant(of: file.record)
        context.audit(
            "PERSONAL_OPENED",
            "case/\(file.record.key)",
            "name, citizen_id, phone: \(Masking.scrubbed(request.reason))"
        )
        return view
    }

    /// The window finds what concerns who stands before it; it sees which cases there are, and opens
    /// only those of its own department.
    func findCases(
        _ request: FindCasesRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> FindCasesReply {
        try validating(request)
        let (index, value, field) = try Self.wanted(request)
        let search = Search(
            by: index,
            prefix: [.text(value)],
            after: request.after.isEmpty ? nil : [.text(request.after)],
            limit: Int(request.limit)
        )
        let page = try context.page(ApplicantRecord.self, search)
        var cases: [FoundCase] = []
        for applicant in page.records {
            let file = try context.open(CaseFile.self, applicant.key)
            cases.append(
                FoundCase(
                    case: file.record.key,
                    state: file.record.state.message,
                    submitted: file.record.submitted,
                    department: file.record.department
                )
            )
        }
        context.audit(
            "PERSONAL_SEARCHED",
            "department/\(context.actor.department)",
            "\(field), \(cases.count) found: \(Masking.scrubbed(request.reason))"
        )
        return FindCasesReply(cases: cases, more: page.isMore)
    }

    /// By what to search; either of the two fields is given.
    private static func wanted(
        _ request: FindCasesRequest
    ) throws(HandlerFailure) -> (index: Index, value: String, field: String) {
        try ruling { () throws(Refusal) in
            let citizenID = try PersonDetails.parsed(
                request.citizenId,
                "citizen_id",
                .citizenID,
                CitizenID.init
            )
            let phone = try PersonDetails.parsed(
                request.phone,
                "phone",
                .phone,
                PhoneNumber.init
            )
            switch (citizenID, phone) {
            case (let citizenID?, nil):
                return (ApplicantRecord.byCitizenID, citizenID.clear, "citizen_id")
            case (nil, let phone?):
                return (ApplicantRecord.byPhone, phone.clear, "phone")
            case (nil, nil):
                throw .malformed(field: "citizen_id", form: .citizenID)
            case (_?, _?):
                throw .outOfRange(field: "phone", allowed: "empty beside citizen_id")
            }
        }
    }

    func getApplicant(
        _ request: CaseRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ApplicantView {
        let record = try context.caseRecord(request.case)
        let actor = try context.signedIn()
        try ruling { () throws(Refusal) in try Self.requireReader(actor, of: record) }
        return try context.applicant(of: record)
    }
}

extension RecordContext {
    /// The applicant of a case as it is: what leaves the server is masked on its way (`ReplyMask`).
    fileprivate func applicant(of record: CaseRecord) throws(HandlerFailure) -> ApplicantView {
        let serial = record.key
        let stored = try loadIfPresent(ApplicantRecord.self, serial)
        // Cases of before there were such records have none.
        guard let stored else { return ApplicantView(case: serial, login: record.applicant) }
        var erased: CivilDate?
        if case .erased(let day) = stored.retention { erased = day }
        return ApplicantView(
            case: serial,
            login: record.applicant,
            details: stored.details.message,
            erased: erased
        )
    }
}

extension ApplicantDetails {
    /// Who it names.
    func parsed() throws(HandlerFailure) -> PersonDetails {
        try ruling { () throws(Refusal) in
            do throws(Refusal) {
                return try PersonDetails(
                    name: name,
                    citizenID: citizenId,
                    phone: phone,
                    firm: firm,
                    creditCode: creditCode
                )
            } catch .malformed(let field, let form) {
                throw .malformed(field: "details.\(field)", form: form)
            }
        }
    }
}

extension PersonDetails {
    var message: ApplicantDetails {
        ApplicantDetails(
            name: name.clear,
            citizenId: citizenID?.clear ?? "",
            phone: phone?.clear ?? "",
            firm: firm ?? "",
            creditCode: creditCode?.description ?? ""
        )
    }
}

// MARK: - The end of their time

extension CommandContext {
    /// The most rows that are erased between two batches.
    private static let erasedMax = 256

    /// Begins to count the time for which personal data of an ended case are kept.
    func endApplicantsTime(of serial: String) throws(HandlerFailure) {
        let stored = try loadIfPresent(ApplicantRecord.self, serial)
        guard var applicant = stored else { return }
        applicant.end(on: now.date)
        if applicant != stored { unit.save(applicant) }
    }

    /// Erases personal data whose time is over, of a bounded number of cases, and the cases' materials;
    /// returns whether that was all.
    ///
    /// Of an applicant without any other case the person is erased with the last one.
    func erasePersonalData() throws(HandlerFailure) -> Bool {
        // Not in one expression: each must have its turn, whatever is left of another.
        let ofCases = try eraseApplicants()
        let ofDrafts = try eraseDrafts()
        let ofConsultations = try eraseConsultations()
        return ofCases && ofDrafts && ofConsultations
    }

    /// Erases drafts that nobody has touched for long; returns whether that was all.
    private func eraseDrafts() throws(HandlerFailure) -> Bool {
        let last = now.date.daysSinceEpoch - Int32(clamping: circumstances.policy.draftDays)
        let found = try find(
            DraftRecord.self,
            Search(by: DraftRecord.byChange, limit: Self.erasedMax)
        )
        for draft in found {
            guard draft.changed.daysSinceEpoch < last else { return true }
            unit.delete(DraftRecord.self, draft.key)
            audit("PERSONAL_ERASED", "draft/\(draft.key)", "unchanged since \(draft.changed)")
        }
        return found.count < Self.erasedMax
    }

    /// Erases what was asked and answered long ago, but for what everybody may read; returns whether that was
    /// all.
    private func eraseConsultations() throws(HandlerFailure) -> Bool {
        let days = circumstances.policy.personalDays
        let last = now.date.daysSinceEpoch - Int32(clamping: days)
        let found = try find(
            ConsultationRecord.self,
            Search(by: ConsultationRecord.byAnswer, limit: Self.erasedMax)
        )
        for var consultation in found {
            guard let day = consultation.answer?.at.date, day.daysSinceEpoch < last else {
                return true
            }
            consultation.erase()
            unit.save(consultation)
            audit(
                "PERSONAL_ERASED",
                "consultation/\(consultation.key)",
                "\(days) days after \(day)"
            )
        }
        return found.count < Self.erasedMax
    }

    private func eraseApplicants() throws(HandlerFailure) -> Bool {
        let (today, days) = (now.date, circumstances.policy.personalDays)
        let last = today.daysSinceEpoch - Int32(clamping: days)
        let found = try find(
            ApplicantRecord.self,
            Search(by: ApplicantRecord.byEnd, limit: Self.erasedMax)
        )
        var rest = Self.erasedMax
        for var applicant in found {
            guard case .ended(let day, let login) = applicant.retention,
                day.daysSinceEpoch < last
            else { return true }
            guard try eraseMaterials(of: applicant.key, &rest), rest > 0 else { return false }
            rest -= 1
            applicant.erase(on: today)
            unit.save(applicant)
            audit("PERSONAL_ERASED", "case/\(applicant.key)", "\(days) days after \(day)")
            try erasePerson(login)
        }
        return found.count < Self.erasedMax
    }

    /// Erases `rest` of the rows of a case's materials; returns whether none is left.
    private func eraseMaterials(
        of serial: String,
        _ rest: inout Int
    ) throws(HandlerFailure) -> Bool {
        while rest > 0 {
            let limit = rest
            let material = try find(
                MaterialRecord.self,
                Search(by: MaterialRecord.byCase, prefix: [.text(serial)], limit: 1)
            ).first
            guard let material else { return true }
            let parts = try find(
                MaterialPartRecord.self,
                Search(prefix: [.text(material.key)], limit: limit)
            )
            for part in parts { unit.delete(MaterialPartRecord.self, part.key) }
            if parts.count < limit { unit.delete(MaterialRecord.self, material.key) }
            rest -= max(1, parts.count)
        }
        return false
    }

    private func erasePerson(_ login: String) throws(HandlerFailure) {
        let others = try find(
            ApplicantRecord.self,
            Search(by: ApplicantRecord.byLogin, prefix: [.text(login)], limit: 1)
        )
        guard others.isEmpty,
            var person = try loadIfPresent(PersonRecord.self, login),
            person.roles == [.applicant]
        else { return }
        person.details = person.details.erased
        unit.save(person)
        audit("PERSONAL_ERASED", "person/\(login)", "no case is left")
    }
}
