import BanjieProtocol
import CivilTime
import Wire

extension CityYear {
    // MARK: - Consultation

    /// Somebody asks a department online.
    func consult() throws {
        guard let department = world.chance.pick(people.departments),
            let asker = world.chance.pick(people.applicants)
        else { return }
        let answer: Result<ConsultationView, CallFailure> = try office.order(
            OnlineMethods.consult,
            ConsultRequest(department: department.code, question: "注销需要哪些材料？"),
            as: asker
        )
        let view = try answer.expected("a consultation")
        enter(.advise(view.consultation, asker: asker), inWorkingDays: 0...6)
    }

    /// The department answers, or refers the question to another one; some answers are published.
    func advise(_ consultation: UInt64, asker: String) throws {
        let found: Result<ConsultationView, CallFailure> = try office.ask(
            OnlineMethods.getConsultation,
            ConsultationRequest(consultation: consultation),
            as: asker
        )
        let view = try found.expected("a consultation")
        guard let department = people.department(view.department),
            let clerk = world.chance.pick(department.clerks)
        else { return }
        let method: MethodDescriptor
        let request: any Message
        switch view.state {
        case .asked:
            if view.referral.isEmpty, world.chance.happens(oneIn: 5),
                let other = people.departments.first(where: { $0.code != view.department })
            {
                method = OnlineMethods.referConsultation
                request = ReferConsultationRequest(
                    consultation: consultation,
                    version: view.version,
                    department: other.code,
                    reason: "属该部门职责"
                )
            } else {
                method = OnlineMethods.answerConsultation
                request = AnswerConsultationRequest(
                    consultation: consultation,
                    version: view.version,
                    answer: "凭身份证即可"
                )
            }
        case .answered where world.chance.happens(oneIn: 2):
            method = OnlineMethods.publishConsultation
            request = PublishConsultationRequest(
                consultation: consultation,
                version: view.version,
                question: "注销需要什么？"
            )
        default: return
        }
        let _: Result<ConsultationView, CallFailure> = try office.order(method, request, as: clerk)
        enter(.advise(consultation, asker: asker), inWorkingDays: 0...4)
    }

    // MARK: - Drafts

    /// Somebody prepares a matter, to bring it some day or never.
    func prepare(_ index: Int, as applicant: String) throws {
        let answer: Result<DraftView, CallFailure> = try office.order(
            OnlineMethods.saveDraft,
            SaveDraftRequest(item: people.items[index].request.code, note: "待盖章"),
            as: applicant
        )
        let draft = try answer.expected("a draft").draft
        enter(.finish(draft: draft, item: index, applicant: applicant), inWorkingDays: 0...5)
    }

    /// The matter is brought as what it is by then, or dropped.
    func finish(_ draft: UInt64, _ index: Int, as applicant: String) throws {
        let named = DraftRequest(draft: draft)
        if world.chance.happens(oneIn: 5) {
            let _: Result<Empty, CallFailure> = try office.order(
                OnlineMethods.dropDraft,
                named,
                as: applicant
            )
        } else {
            let answer: Result<CaseView, CallFailure> = try office.order(
                OnlineMethods.submitDraft,
                named,
                as: applicant
            )
            let view = try answer.expected("a matter of a draft")
            if let clerk = clerk(for: index) { enter(view, of: index, for: applicant, clerk) }
        }
        try office.mistake(OnlineMethods.submitDraft, named, as: applicant)
    }

    // MARK: - Notifications

    /// The gateway sends what waits, forgets some of it, and is done with the rest for good.
    func sendNotifications() throws {
        var after: UInt64 = 0
        while true {
            let answer: Result<TakeNotificationsReply, CallFailure> = try office.ask(
                OnlineMethods.takeNotifications,
                TakeNotificationsRequest(after: after, limit: 50),
                as: CityPeople.gateway
            )
            let batch = try answer.expected("notifications")
            for message in batch.messages where sent.contains(message.number) {
                world.found("notification \(message.number) is sent, and is handed out again")
            }
            let done = batch.messages.map(\.number).filter { _ in !world.chance.happens(oneIn: 20) }
            if !done.isEmpty {
                let acknowledged: Result<Empty, CallFailure> = try office.order(
                    OnlineMethods.acknowledgeNotifications,
                    AcknowledgeNotificationsRequest(numbers: done),
                    as: CityPeople.gateway
                )
                _ = try acknowledged.expected("an acknowledgement")
                sent.formUnion(done)
            }
            guard batch.more, let last = batch.messages.last else { return }
            after = last.number
        }
    }
}
