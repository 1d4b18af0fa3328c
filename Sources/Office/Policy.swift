/// What differs from city to city; each value's default is the law's, with its source.
package struct Policy: Hashable, Sendable, Codable {
    /// Working days to accept, refuse or ask for corrections: 5 (行政许可法 32).
    package var noticeDays = 5
    /// The most working days that an extension adds: 10 (行政许可法 42(1)).
    package var extensionDaysMax = 10
    /// The same for joint approval: 15 (行政许可法 42(2)).
    package var jointExtensionDaysMax = 15
    /// Working days to deliver a decision: 10 (行政许可法 44).
    package var deliveryDays = 10
    /// The applicant's review window in working days: 5 (政务服务“好差评”制度).
    package var reviewWindowDays = 5
    /// Working days to verify a negative review, from the day on which it is received: 1 (同上).
    package var verifyDays = 1
    /// Working days to put right what a negative review says, from the same day: 5 (同上).
    package var rectifyDays = 5
    /// The same when that is complex: 15 (同上).
    package var complexRectifyDays = 15
    /// The window's target for an instant item, in working minutes: 30 (the city's promise).
    package var instantTargetMinutes = 30
    /// Working days after which a matter that waits for corrections lapses; nil for never, since
    /// the law sets no such limit.
    package var correctionLapseDays: Int?
    /// Working days in which the reasons for overriding a disagreement reach the department that
    /// disagreed: 10 (the city's rules of joint approval).
    package var overrideReasonDays = 10
    /// Working days to answer what is asked online: 5 (the city's promise).
    package var consultationDays = 5
    /// Days after the end of a case for which personal data of its applicant are kept: five years. The
    /// law names the shortest time that the purpose needs (个人信息保护法 19), and leaves it to the city.
    package var personalDays = 1825

    /// Days for which a draft that nobody changes is kept: 90 (the city's rule).
    package var draftDays = 90
    /// Hours of training in a year that a certificate's holder needs: 60 (提升行政执法质量三年行动计划
    /// （2023—2025年）, 国办发〔2023〕27号).
    package var trainingHours: Int32 = 60
    /// Whether a certificate is issued only on an application that was found qualified; without, the office
    /// may also enter certificates that others issued.
    package var certificatesByApplication = false

    package init() {}
}
