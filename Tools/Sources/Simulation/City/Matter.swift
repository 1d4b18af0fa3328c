import BanjieProtocol
import CivilTime

/// A matter as those remember it who have to do with it; what it is stands in the server alone.
struct Matter {
    let serial: String
    let item: Int
    let department: String
    let clerk: String
    let applicant: String
    /// After how many working days since its acceptance the clerk means to decide.
    let workingDays: Int
    /// What happens to it at most once.
    var isPaused = false
    var isExtended = false
    var correctionAsked: CivilDate?
    /// Whether the others have been asked.
    var isJoint = false
    var isRated = false
    var accepted: CivilDate?
}

/// What is going to be done in a city.
enum Doing {
    /// A working day begins: matters arrive.
    case morning
    /// The end of a day: everything is inspected.
    case evening
    /// Somebody brings a matter.
    case bring
    /// The clerk looks at a matter.
    case look(Int)
    /// The applicant of a matter supplies what is missing.
    case supply(Int)
    /// A co-handler's daemon, in memory of a task that it has seen, answers.
    case answer(Int, department: String)
    /// A department's daemon starts, or looks for what it has forgotten.
    case attend(department: Int)
    /// The applicant grades the service.
    case rate(Int)
    /// The department looks at a bad review.
    case makeGood(Int)
    /// Somebody asks the first person that he meets.
    case inquire
    /// Who has an inquiry looks at it.
    case reply(inquiry: String, clerk: String, daysLeft: Int)
    /// A department is told to do something.
    case assign
    /// Who has to do with an assignment looks at it.
    case goOn(assignment: String, AssignmentSort)
    /// A department has learnt something.
    case learn
    /// Somebody asks a department online.
    case consult
    /// The department looks at a question.
    case advise(UInt64, asker: String)
    /// Somebody comes back to a draft.
    case finish(draft: UInt64, item: Int, applicant: String)
    /// The gateway sends what waits.
    case sendNotifications
    /// Somebody is going to be away.
    case beAway
    /// The office plans a training.
    case planTraining
    /// A training's only session is over, and its exam.
    case train(UInt64, [String])
    /// Something happens to a certificate.
    case inspectOrLose
    /// The State Council changes a holiday.
    case changeCalendar
    /// The next year's holidays are announced.
    case loadYear(Int)
}
