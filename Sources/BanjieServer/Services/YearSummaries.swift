internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store

// What a year came to, counted from the records of one snapshot.
extension QueryContext {
    func summary(of year: Int32) throws(HandlerFailure) -> YearSummary {
        var summary = YearSummary(year: year)
        try countMatters(in: &summary)
        try countReviews(in: &summary)
        try forEach(JointRecord.self) { joint in
            if CaseSerial.year(of: joint.key) == year { summary.joint += 1 }
        }
        try forEach(InquiryRecord.self) { inquiry in
            if inquiry.received.year == Int(year) { summary.inquiries += 1 }
        }
        try forEach(InspectionRecord.self) { inspection in
            if inspection.at.date.year == Int(year) { summary.inspections += 1 }
        }
        try forEach(AnnouncementRecord.self) { announcement in
            if announcement.at.date.year == Int(year) { summary.announcements += 1 }
        }
        try forEach(AssignmentRecord.self) { assignment in
            guard assignment.issued.year == Int(year) else { return }
            switch assignment.sort {
            case .order: summary.orders += 1
            case .task: summary.tasks += 1
            }
            if case .accepted = assignment.progress { summary.accomplished += 1 }
        }
        try forEach(PublicationRecord.self) { publication in
            if publication.publishing?.at.date.year == Int(year) { summary.published += 1 }
        }
        try forEach(LessonRecord.self) { lesson in
            if lesson.at.date.year == Int(year) { summary.lessons += 1 }
        }
        try forEach(LessonAnswerRecord.self) { record in
            guard let answer = record.answer, answer.isAdopted else { return }
            if answer.at.date.year == Int(year) { summary.adoptions += 1 }
        }
        return summary
    }

    private func countMatters(in summary: inout YearSummary) throws(HandlerFailure) {
        var years: [String: WorkTally] = [:]
        let year = Int(summary.year)
        try forEach(WorkTally.self) { tally in
            guard tally.key.month.year == year else { return }
            if years[tally.key.department]?.add(tally) == nil {
                years[tally.key.department] = tally
            }
        }
        summary.departments = years.values.sorted { $0.key.department < $1.key.department }
            .map { tally in
                DepartmentYear(
                    department: tally.key.department,
                    received: UInt64(clamping: tally.received),
                    accepted: UInt64(clamping: tally.accepted),
                    completed: UInt64(clamping: tally.completed),
                    early: UInt64(clamping: tally.early),
                    late: UInt64(clamping: tally.late),
                    reminders: UInt64(clamping: tally.reminders),
                    yellow: UInt64(clamping: tally.yellow),
                    red: UInt64(clamping: tally.red)
                )
            }
    }

    private func countReviews(in summary: inout YearSummary) throws(HandlerFailure) {
        let year = Int(summary.year)
        var (invited, rated, satisfied): (Int64, Int64, Int64) = (0, 0, 0)
        try forEach(ReviewTally.self) { tally in
            guard tally.key.month.year == year else { return }
            invited += tally.invited
            rated += tally.rated
            satisfied += tally.satisfied
        }
        summary.invited = UInt64(clamping: invited)
        summary.rated = UInt64(clamping: rated)
        summary.satisfied = UInt64(clamping: satisfied)
        if rated > 0 {
            summary.satisfactionPpm = UInt32(clamping: satisfied * 1_000_000 / rated)
        }
    }
}
