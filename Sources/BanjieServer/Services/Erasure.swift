internal import CivilTime
internal import Office
internal import Store

// What people told of themselves is erased when its time is over.

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

    /// Erases drafts that were dropped, or that nobody has touched for long, and their materials.
    private func eraseDrafts() throws(HandlerFailure) -> Bool {
        let first = firstKept(of: circumstances.policy.draftDays)
        return try sweep(DraftRecord.byChange) {
            (draft: DraftRecord, rest) throws(HandlerFailure) in
            guard draft.changed < first else { return .kept }
            guard try eraseMaterials(of: .draft(draft.key), &rest), rest > 0 else { return .begun }
            rest -= 1
            unit.delete(DraftRecord.self, draft.key)
            let why = draft.isDropped ? "dropped" : "unchanged since \(draft.changed)"
            audit("PERSONAL_ERASED", "draft/\(draft.key)", why)
            return .erased
        }
    }

    /// Erases what was asked and answered long ago, but for what everybody may read.
    private func eraseConsultations() throws(HandlerFailure) -> Bool {
        let days = circumstances.policy.personalDays
        let first = firstKept(of: days)
        return try sweep(ConsultationRecord.byAnswer) {
            (consultation: ConsultationRecord, _) throws(HandlerFailure) in
            guard let day = consultation.answer?.at.date, day < first else { return .kept }
            var consultation = consultation
            consultation.erase()
            unit.save(consultation)
            audit(
                "PERSONAL_ERASED",
                "consultation/\(consultation.key)",
                "\(days) days after \(day)"
            )
            return .erased
        }
    }

    private func eraseApplicants() throws(HandlerFailure) -> Bool {
        let days = circumstances.policy.personalDays
        let first = firstKept(of: days)
        return try sweep(ApplicantRecord.byEnd) {
            (applicant: ApplicantRecord, rest) throws(HandlerFailure) in
            guard case .ended(let day, let login) = applicant.retention, day < first else {
                return .kept
            }
            guard try eraseMaterials(of: .matter(serial: applicant.key), &rest), rest > 0 else {
                return .begun
            }
            rest -= 1
            var applicant = applicant
            applicant.erase(on: now.date)
            unit.save(applicant)
            audit("PERSONAL_ERASED", "case/\(applicant.key)", "\(days) days after \(day)")
            try erasePerson(login)
            return .erased
        }
    }

    /// The first day that isn't so many days ago yet.
    private func firstKept(of days: Int) -> CivilDate {
        now.date.adding(days: -days)
    }

    private enum Erasure {
        case erased
        /// Its time isn't over, nor that of any behind it.
        case kept
        /// There is more of it than what may be erased at once.
        case begun
    }

    /// Erases of a bounded number of records, in an index's order; returns whether that was all.
    ///
    /// - Parameter erase: is given how many rows may still be erased besides.
    private func sweep<Swept: Record>(
        _ index: Index,
        _ erase: (Swept, inout Int) throws(HandlerFailure) -> Erasure
    ) throws(HandlerFailure) -> Bool {
        let found = try find(Swept.self, Search(by: index, limit: Self.erasedMax))
        var rest = Self.erasedMax
        for record in found {
            switch try erase(record, &rest) {
            case .erased: continue
            case .kept: return true
            case .begun: return false
            }
        }
        return found.count < Self.erasedMax
    }

    /// Erases `rest` of the rows of what somebody brought; returns whether none is left.
    private func eraseMaterials(
        of owner: MaterialRecord.Owner,
        _ rest: inout Int
    ) throws(HandlerFailure) -> Bool {
        while rest > 0 {
            let limit = rest
            let material = try find(
                MaterialRecord.self,
                MaterialRecord.search(of: owner, limit: 1)
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
