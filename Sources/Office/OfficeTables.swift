import Deadlines
package import Store

/// Where the office's records lie.
package enum OfficeTables {
    /// Every record type's table.
    package static let all: [Table] = [
        AbsenceRecord.table, AnnouncementRecord.table, ApplicantRecord.table,
        AssignmentRecord.table, BodyRecord.table, CalendarRecord.table, CardRecord.table,
        CaseCounterRecord.table, CaseRecord.table, CertificateApplication.table,
        CertificateRecord.table, CoHandlerRecord.table, ConsultationRecord.table,
        CounterRecord.table, CredentialRecord.table, DeadlineRecord.table, DepartmentRecord.table,
        DraftRecord.table, EnrolmentRecord.table, GuideRecord.table, InquiryRecord.table,
        InspectionRecord.table, InvitationRecord.table, ItemHeadRecord.table, ItemRecord.table,
        JointRecord.table, LessonAnswerRecord.table, LessonRecord.table, MaterialPartRecord.table,
        MaterialRecord.table, MembershipRecord.table, NoticeRecord.table, NotificationRecord.table,
        OpenWorkRecord.table, PauseRecord.table, PersonRecord.table, PostDutyRecord.table,
        PostRecord.table, PowerRecord.table, PublicationRecord.table, ReviewChainRecord.table,
        ReviewLinkRecord.table, ReviewRecord.table, ReviewTally.table, RoundRecord.table,
        RoundScoreRecord.table, TrackingRecord.table, TrainingHoursRecord.table,
        TrainingPlanRecord.table, WorkRecord.table, WorkTally.table,
    ]
}
