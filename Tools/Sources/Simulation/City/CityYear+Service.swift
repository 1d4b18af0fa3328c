import BanjieProtocol
import CivilTime
import Wire
import WorkCalendar

extension CityYear {
    // MARK: - Reviews

    /// Two of three applicants grade the service.
    func rate(_ index: Int) throws {
        guard !world.chance.happens(oneIn: 3) else { return }
        let matter = matters[index]
        let grade = world.chance.happens(oneIn: 6) ? world.chance.number(in: 4...5) : 1
        let request = RateRequest(
            case: matter.serial,
            grade: Int32(grade),
            text: grade > 3 ? "等了太久" : "很好",
            anonymous: world.chance.happens(oneIn: 4)
        )
        let answer: Result<ReviewView, CallFailure> = try office.order(
            ReviewsMethods.rate,
            request,
            as: matter.applicant
        )
        if case .success = answer, grade > 3 { enter(.makeGood(index), inWorkingDays: 0...3) }
    }

    /// The department goes on with a bad review, step by step.
    func makeGood(_ index: Int) throws {
        let matter = matters[index]
        let found: Result<ReviewView, CallFailure> = try office.ask(
            ReviewsMethods.get,
            ReviewRequest(case: matter.serial),
            as: matter.clerk
        )
        let review = try found.expected("a review")
        let answer: Result<ReviewView, CallFailure>
        switch review.state {
        case .negative, .verifying:
            answer = try office.order(
                ReviewsMethods.verify,
                VerifyReviewRequest(
                    case: matter.serial,
                    version: review.version,
                    complex: world.chance.happens(oneIn: 5)
                ),
                as: matter.clerk
            )
        case .rectifying:
            answer = try office.order(
                ReviewsMethods.report,
                ReportReviewRequest(
                    case: matter.serial,
                    version: review.version,
                    measures: "已向申请人说明并改进"
                ),
                as: matter.clerk
            )
        case .explained, .followUp:
            answer = try office.order(
                ReviewsMethods.followUp,
                FollowUpRequest(
                    case: matter.serial,
                    version: review.version,
                    satisfied: !world.chance.happens(oneIn: 4)
                ),
                as: matter.clerk
            )
        // Supervision has it, or it is over.
        default: return
        }
        if case .success(let next) = answer, next.state == .followUp, next.satisfied == true {
            let closing = ReviewRequest(case: matter.serial, version: next.version)
            let _: Result<ReviewView, CallFailure> = try office.order(
                ReviewsMethods.close,
                closing,
                as: matter.clerk
            )
            return
        }
        enter(.makeGood(index), inWorkingDays: 0...4)
    }

    // MARK: - Inquiries

    /// Somebody asks the first person of an office that he meets.
    func inquire() throws {
        guard let department = world.chance.pick(people.departments),
            let clerk = world.chance.pick(department.clerks)
        else { return }
        let request = RegisterInquiryRequest(
            asked: [clerk],
            replyDays: Int32(world.chance.number(in: 1...5)),
            question: "这件事该找谁？"
        )
        let answer: Result<InquiryView, CallFailure> = try office.order(
            FirstContactMethods.register,
            request,
            as: clerk
        )
        let view = try answer.expected("an inquiry")
        enter(.reply(inquiry: view.inquiry, clerk: clerk, daysLeft: 20), inWorkingDays: 0...4)
    }

    /// Who has an inquiry answers it, hands it on, or lets it lie.
    func reply(to inquiry: String, as clerk: String, daysLeft: Int) throws {
        let found: Result<InquiryView, CallFailure> = try office.ask(
            FirstContactMethods.get,
            InquiryRequest(inquiry: inquiry),
            as: people.office
        )
        let view = try found.expected("an inquiry")
        let next: String
        switch view.state {
        case _ where daysLeft == 0: return
        case .registered, .deferred, .handedOver, .officeAssigned:
            next = try goOn(with: view)
        case .offered: next = try take(view)
        case .unclear:
            guard let department = world.chance.pick(people.departments) else { return }
            let assign = AssignInquiryRequest(
                inquiry: inquiry,
                version: view.version,
                to: department.clerks[0]
            )
            let _: Result<InquiryView, CallFailure> = try office.order(
                FirstContactMethods.assign,
                assign,
                as: people.office
            )
            next = department.clerks[0]
        case .answered:
            let _: Result<InquiryView, CallFailure> = try office.order(
                FirstContactMethods.close,
                InquiryRequest(inquiry: inquiry, version: view.version),
                as: view.owner
            )
            return
        default: return
        }
        enter(
            .reply(inquiry: inquiry, clerk: next, daysLeft: daysLeft - 1),
            inWorkingDays: 0...3
        )
    }

    private func goOn(with view: InquiryView) throws -> String {
        if world.chance.happens(oneIn: 5), let department = world.chance.pick(people.departments),
            let other = world.chance.pick(department.clerks), other != view.owner
        {
            let offer = OfferInquiryRequest(
                inquiry: view.inquiry,
                version: view.version,
                to: other
            )
            let _: Result<InquiryView, CallFailure> = try office.order(
                FirstContactMethods.offer,
                offer,
                as: view.owner
            )
            return other
        }
        let answer = AnswerInquiryRequest(
            inquiry: view.inquiry,
            version: view.version,
            answer: "请到三楼窗口办理"
        )
        let _: Result<InquiryView, CallFailure> = try office.order(
            FirstContactMethods.answer,
            answer,
            as: view.owner
        )
        return view.owner
    }

    private func take(_ view: InquiryView) throws -> String {
        let login = view.offeredTo
        let answer: Result<InquiryView, CallFailure>
        if world.chance.happens(oneIn: 4) {
            answer = try office.order(
                FirstContactMethods.decline,
                DeclineInquiryRequest(
                    inquiry: view.inquiry,
                    version: view.version,
                    reason: "不属于本岗位职责"
                ),
                as: login
            )
        } else {
            answer = try office.order(
                FirstContactMethods.take,
                InquiryRequest(inquiry: view.inquiry, version: view.version),
                as: login
            )
        }
        return (try? answer.get().owner) ?? login
    }

    // MARK: - The calendar

    /// A working day of the next weeks becomes a day off, and a day off a working day.
    func changeCalendar() throws {
        let calendar = office.calendars.current.calendar
        let off = calendar.workingDay(world.chance.number(in: 2...8), after: office.today)
        var work = off.adding(days: 1)
        while calendar.isWorkingDay(work) { work = work.adding(days: 1) }
        let request = ChangeCalendarRequest(off: [off], work: [work], reason: "国务院办公厅通知")
        _ = try asOperator(CalendarMethods.change, request, CalendarVersionView.self)
        world.trace.note("\(off) is off, \(work) is worked")
    }

    /// The arrangement of a year: New Year, a spring festival of a week, with a make-up day.
    func load(_ year: Int) throws {
        guard let newYear = CivilDate(year: year, month: 1, day: 1),
            let spring = CivilDate(year: year, month: 2, day: 6)
        else { return }
        var makeUp = spring.adding(days: 8)
        while !makeUp.weekday.isWeekend { makeUp = makeUp.adding(days: 1) }
        let request = LoadYearRequest(
            year: Int32(year),
            off: [newYear] + (0..<7).map { spring.adding(days: $0) },
            makeUp: [makeUp],
            source: "国务院办公厅关于\(year)年部分节假日安排的通知"
        )
        _ = try asOperator(CalendarMethods.loadYear, request, CalendarVersionView.self)
    }
}
