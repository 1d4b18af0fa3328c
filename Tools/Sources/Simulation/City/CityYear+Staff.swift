import BanjieProtocol
import CivilTime
import Wire
import WorkCalendar

extension CityYear {
    // MARK: - Who answers

    /// Each department's first post has a holder and, where there is one, somebody who stands in.
    func putDuties() throws {
        for department in people.departments {
            let holder = department.clerks[0]
            guard let post = people.post(of: holder) else { continue }
            let duty = PostDuty(
                post: post,
                from: plan.firstDay,
                holder: holder,
                cover: department.clerks.dropFirst().first ?? ""
            )
            _ = try asOperator(DisclosureMethods.putDuty, duty, PostDuty.self)
        }
    }

    /// Somebody is going to be away.
    func beAway() throws {
        guard let department = world.chance.pick(people.departments),
            let clerk = world.chance.pick(department.clerks)
        else { return }
        let from = office.today.adding(days: world.chance.number(in: 0...3))
        let request = AbsenceRequest(
            from: from,
            until: from.adding(days: world.chance.number(in: 0...6)),
            reason: "培训"
        )
        let answer: Result<AbsenceView, CallFailure> = try office.order(
            DisclosureMethods.recordAbsence,
            request,
            as: clerk
        )
        if case .success(let view) = answer {
            absences[clerk, default: []].append(view.from...view.until)
        }
        try askWhoAnswers(department)
    }

    /// Nobody is named who is away.
    private func askWhoAnswers(_ department: CityPeople.Department) throws {
        let answer: Result<WhoAnswersReply, CallFailure> = try office.ask(
            DisclosureMethods.whoAnswers,
            WhoAnswersRequest(department: department.code),
            as: people.applicants[0]
        )
        let away = department.clerks.filter { clerk in
            absences[clerk]?.contains { $0.contains(office.today) } == true
        }
        let present = department.clerks.filter { !away.contains($0) }.map(people.name(of:))
        for answering in try answer.expected("who answers").answers {
            guard let name = answering.badge?.name, away.map(people.name(of:)).contains(name),
                !present.contains(name)
            else { continue }
            world.found("\(name) answers for \(answering.post), and is away")
        }
    }

    // MARK: - Training

    /// The office plans a training, and enrols some.
    func planTraining() throws {
        let calendar = office.calendars.current.calendar
        let day = calendar.workingDay(world.chance.number(in: 4...9), after: office.today)
        let answer: Result<TrainingPlanView, CallFailure> = try office.order(
            TrainingMethods.plan,
            PlanTrainingRequest(
                title: "窗口服务规范",
                sessions: [TrainingSession(day: day, hours: 8)],
                enrolBy: day.adding(days: -1),
                places: 5,
                passMark: 60,
                qualifying: true
            ),
            as: people.office
        )
        let plan = try answer.expected("a training plan").plan
        var enrolled: [String] = []
        for department in people.departments {
            guard let clerk = world.chance.pick(department.clerks) else { continue }
            let answer: Result<EnrolmentView, CallFailure> = try office.order(
                TrainingMethods.enrol,
                EnrolRequest(plan: plan, login: clerk),
                as: people.office
            )
            if case .success = answer { enrolled.append(clerk) }
        }
        if enrolled.count > 5 {
            world.found("training \(plan) has 5 places, and \(enrolled.count)")
        }
        agenda.enter(.train(plan, enrolled), at: Instant(day, secondOfDay: 17 * 3600))
    }

    /// Those who came have their hours; who fails the exam has one more.
    func train(_ plan: UInt64, _ enrolled: [String]) throws {
        for login in enrolled {
            let hours = world.chance.happens(oneIn: 6) ? 0 : 8
            let _: Result<EnrolmentView, CallFailure> = try office.order(
                TrainingMethods.recordAttendance,
                AttendanceRequest(plan: plan, login: login, session: 1, hours: Int32(hours)),
                as: people.office
            )
            trainedHours[login, default: [:]][office.today.year, default: 0] += hours
            for _ in 0..<2 {
                let mark = world.chance.number(in: 40...100)
                let answer: Result<EnrolmentView, CallFailure> = try office.order(
                    TrainingMethods.recordExam,
                    ExamRequest(plan: plan, login: login, mark: Int32(mark)),
                    as: people.office
                )
                guard case .success(let view) = answer else { break }
                if (view.passed == true) != (mark >= 60) {
                    world.found("\(login) has \(mark) marks, and passed: \(view.passed == true)")
                }
                if view.passed == true { break }
            }
            let record: Result<TrainingRecordView, CallFailure> = try office.ask(
                TrainingMethods.getRecord,
                TrainingRecordRequest(login: login, year: Int32(office.today.year)),
                as: people.supervisor
            )
            let told = try record.expected("a training record").hours
            let taught = trainedHours[login]?[office.today.year] ?? 0
            if Int(told) != taught {
                world.found("\(login) has \(told) hours, and was taught \(taught)")
            }
        }
    }

    // MARK: - Certificates

    /// The office gives an officer of each department a certificate.
    func certify() throws {
        for department in people.departments {
            let _: Result<CertificateView, CallFailure> = try office.order(
                CertificatesMethods.issue,
                IssueCertificateRequest(
                    certificate: "\(department.code)-1",
                    holder: department.clerks[0],
                    scope: ["城市管理"],
                    validTo: office.today.adding(days: world.chance.number(in: 20...400))
                ),
                as: people.office
            )
        }
    }

    /// Something happens to a certificate; two that are good make an inspection.
    func inspectOrLose() throws {
        let numbers = people.departments.map { "\($0.code)-1" }
        guard let number = world.chance.pick(numbers), let other = world.chance.pick(numbers) else {
            return
        }
        let reason = CertificateReasonRequest(certificate: number, reason: "核查")
        let named = CertificateRequest(certificate: number)
        switch world.chance.number(in: 0...5) {
        case 0: try change(CertificatesMethods.suspend, reason)
        case 1: try change(CertificatesMethods.reinstate, reason)
        case 2: try change(CertificatesMethods.reportLost, named)
        case 3: try change(CertificatesMethods.replace, named)
        case 4: try change(CertificatesMethods.recordCheck, AnnualCheckRequest(certificate: number))
        default: try inspect(with: number, other)
        }
    }

    private func change(_ method: MethodDescriptor, _ request: some Message) throws {
        let _: Result<CertificateView, CallFailure> = try office.order(
            method,
            request,
            as: people.office
        )
    }

    /// An inspection is recorded exactly when two certificates of two officers are valid at that moment.
    private func inspect(with number: String, _ other: String) throws {
        var valid = number != other
        for number in [number, other] {
            let answer: Result<CertificateVerdict, CallFailure> = try office.ask(
                CertificatesMethods.verify,
                VerifyCertificateRequest(certificate: number, scope: "城市管理"),
                as: people.applicants[0]
            )
            if try !answer.expected("a verdict").ok { valid = false }
        }
        let answer: Result<InspectionView, CallFailure> = try office.order(
            CertificatesMethods.recordInspection,
            RecordInspectionRequest(
                certificates: [number, other],
                scope: "城市管理",
                findings: "未发现问题"
            ),
            as: people.departments[0].clerks[0]
        )
        if ((try? answer.get()) != nil) != valid {
            world.found("an inspection with \(number) and \(other), valid: \(valid), got \(answer)")
        }
    }
}
