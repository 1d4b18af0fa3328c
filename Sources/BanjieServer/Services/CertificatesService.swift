internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store

/// Officers' certificates, and the inspections that need them.
struct CertificatesService: CertificatesCommands, Sendable {
    func issue(
        _ request: IssueCertificateRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CertificateView {
        try validating(request)
        let holder = try context.person(request.holder)
        let known = try context.loadIfPresent(CertificateRecord.self, request.certificate)
        guard known == nil else {
            throw .refused(.exists(kind: .certificate, name: request.certificate))
        }
        let (actor, circumstances) = (context.actor, context.circumstances)
        let application = try context.loadIfPresent(
            CertificateApplication.self,
            request.certificate
        )
        if let application {
            try ruling { () throws(Refusal) in
                try application.requireIssuable(to: holder.key, scope: request.scope)
            }
            context.unit.delete(CertificateApplication.self, application.key)
        } else if circumstances.policy.certificatesByApplication {
            throw .refused(.none(kind: .certificate, name: request.certificate))
        }
        var file = try ruling { () throws(Refusal) in
            try CertificateFile.issue(
                number: request.certificate,
                to: holder.key,
                of: holder.department,
                scope: request.scope,
                validTo: request.validTo,
                by: actor,
                in: circumstances
            )
        }
        try context.save(&file)
        return file.view
    }

    func apply(
        _ request: ApplyForCertificateRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CertificateView {
        let holder = try context.person(request.holder)
        let actor = context.actor
        guard actor.has(.office) || actor.department == holder.department else {
            throw .refused(.wrongDepartment(answers: holder.department))
        }
        try validating(request)
        let number = request.certificate
        let issued = try context.loadIfPresent(CertificateRecord.self, number)
        let applied = try context.loadIfPresent(CertificateApplication.self, number)
        guard issued == nil, applied == nil else {
            throw .refused(.exists(kind: .certificate, name: number))
        }
        let application = CertificateApplication(
            number: number,
            for: holder.key,
            of: holder.department,
            scope: request.scope,
            at: context.now
        )
        context.unit.save(application)
        context.audit("CERTIFICATE_APPLIED", "certificate/\(number)", holder.key)
        return application.view
    }

    func qualify(
        _ request: CertificateRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CertificateView {
        try validating(request)
        var application = try context.load(
            CertificateApplication.self,
            request.certificate,
            or: .none(kind: .certificate, name: request.certificate)
        )
        let qualification = try context.qualification(of: application.holder)
        let circumstances = context.circumstances
        try ruling { () throws(Refusal) in
            try application.qualify(by: qualification, in: circumstances)
        }
        context.unit.save(application)
        context.audit("CERTIFICATE_QUALIFIED", "certificate/\(application.key)")
        return application.view
    }

    func renew(
        _ request: RenewCertificateRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CertificateView {
        let holder = try context.open(CertificateFile.self, request.certificate).record.holder
        let qualification = try context.qualification(of: holder)
        return try change(request.certificate, request.version, request, in: &context) {
            (file, context) throws(Refusal) in
            try file.renew(
                to: request.validTo,
                by: qualification,
                context.actor,
                in: context.circumstances
            )
        }
    }

    func suspend(
        _ request: CertificateReasonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CertificateView {
        try change(request.certificate, request.version, request, in: &context) {
            (file, context) throws(Refusal) in
            try file.suspend(
                reason: request.reason,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func reinstate(
        _ request: CertificateReasonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CertificateView {
        try change(request.certificate, request.version, request, in: &context) {
            (file, context) throws(Refusal) in
            try file.reinstate(by: context.actor, in: context.circumstances)
        }
    }

    func reportLost(
        _ request: CertificateRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CertificateView {
        try change(request.certificate, request.version, request, in: &context) {
            (file, context) throws(Refusal) in
            try file.reportLost(by: context.actor, in: context.circumstances)
        }
    }

    func replace(
        _ request: CertificateRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CertificateView {
        try change(request.certificate, request.version, request, in: &context) {
            (file, context) throws(Refusal) in
            try file.replace(by: context.actor, in: context.circumstances)
        }
    }

    func recordCheck(
        _ request: AnnualCheckRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CertificateView {
        try change(request.certificate, request.version, request, in: &context) {
            (file, context) throws(Refusal) in
            try file.recordCheck(
                ofYear: request.year == 0 ? nil : request.year,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func revoke(
        _ request: CertificateReasonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CertificateView {
        try change(request.certificate, request.version, request, in: &context) {
            (file, context) throws(Refusal) in
            try file.revoke(reason: request.reason, by: context.actor, in: context.circumstances)
        }
    }

    func surrender(
        _ request: CertificateReasonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CertificateView {
        try change(request.certificate, request.version, request, in: &context) {
            (file, context) throws(Refusal) in
            try file.surrender(
                reason: request.reason,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    private func change(
        _ number: String,
        _ version: UInt64,
        _ request: some Message,
        in context: inout CommandContext,
        _ body: (inout CertificateFile, CommandContext) throws(Refusal) -> Void
    ) throws(HandlerFailure) -> CertificateView {
        try context.change(
            CertificateFile.self,
            number,
            version: version,
            by: request,
            rights: { (file, actor) throws(Refusal) in try file.requireReporter(actor) },
            body
        ).view
    }

    /// Two officers at least, whose certificates are valid at this moment and cover the matter; two
    /// certificates of one officer are one officer's.
    func recordInspection(
        _ request: RecordInspectionRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> InspectionView {
        try validating(request)
        var officers: [String] = []
        var problems: [String] = []
        for number in request.certificates {
            let file = try context.open(CertificateFile.self, number)
            if !officers.contains(file.record.holder) { officers.append(file.record.holder) }
            let invalidity = file.invalidity(for: request.scope).map(\.name)
            if !invalidity.isEmpty {
                problems.append("\(number) \(invalidity.joined(separator: ", "))")
            }
        }
        guard officers.count >= 2 else { throw .refused(.twoOfficersRequired) }
        guard problems.isEmpty else { throw .refused(.certificateInvalid(problems)) }
        let number = try context.nextKey(InspectionRecord.self)
        let inspection = InspectionRecord(
            number: number,
            at: context.now,
            scope: request.scope,
            findings: request.findings,
            officers: officers
        )
        context.unit.save(inspection)
        context.audit(
            "INSPECTION_RECORDED",
            "inspection/\(number)",
            officers.joined(separator: ", ")
        )
        return InspectionView(
            inspection: UInt64(number),
            at: inspection.at,
            scope: inspection.scope,
            officers: officers
        )
    }
}

extension CertificatesService: CertificatesQueries {
    func verify(
        _ request: VerifyCertificateRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> CertificateVerdict {
        try validating(request)
        let file = try context.open(CertificateFile.self, request.certificate)
        let invalidity = file.invalidity(for: request.scope.isEmpty ? nil : request.scope)
        return CertificateVerdict(ok: invalidity.isEmpty, reasons: invalidity.map(\.message))
    }

    func get(
        _ request: CertificateRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> CertificateView {
        if let file = try context.openIfPresent(CertificateFile.self, request.certificate) {
            return file.view
        }
        return try context.load(
            CertificateApplication.self,
            request.certificate,
            or: .none(kind: .certificate, name: request.certificate)
        ).view
    }

    func listAnnouncements(
        _ request: ListAnnouncementsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListAnnouncementsReply {
        try validating(request)
        let page = try context.page(
            AnnouncementRecord.self,
            Search(after: [.integer(Int64(clamping: request.after))], limit: Int(request.limit))
        )
        return ListAnnouncementsReply(
            announcements: page.records.map {
                Announcement(
                    number: UInt64($0.key),
                    at: $0.at,
                    certificate: $0.certificate,
                    department: $0.department,
                    what: $0.what
                )
            },
            more: page.isMore
        )
    }
}

extension CertificateFile.State {
    fileprivate var message: CertificateState { CertificateState(rawValue: rawValue) }
}

extension CertificateFile {
    /// The certificate as it stands; it must have been settled.
    fileprivate var view: CertificateView {
        CertificateView(
            certificate: record.key,
            version: UInt64(record.trail.version),
            state: state.message,
            holder: record.holder,
            department: record.department,
            scope: record.scope,
            issued: record.issued,
            validTo: record.validTo,
            nextCheck: record.nextCheck,
            checkDue: CertificateRecord.checkDue(ofYear: record.nextCheck),
            replaced: UInt32(clamping: record.replaced)
        )
    }
}

extension CertificateApplication {
    /// The application in the place of the certificate that there isn't yet.
    fileprivate var view: CertificateView {
        let state: CertificateState =
            switch progress {
            case .applied: .applied
            case .qualified: .qualified
            }
        return CertificateView(
            certificate: key,
            state: state,
            holder: holder,
            department: department,
            scope: scope,
            issued: at.date,
            validTo: at.date,
            checkDue: at.date
        )
    }
}
