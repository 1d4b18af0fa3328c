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
