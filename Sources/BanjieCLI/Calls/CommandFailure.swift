import BanjieProtocol
import Store
import WorkCalendar

/// Why a command gave up.
enum CommandFailure: Error {
    case usage(UsageError)
    /// A call failed, made under this id.
    case call(CallError, requestID: [UInt8]?)
    /// A reply of this method doesn't decode.
    case undecodableReply(String, String)
    /// What stands for the request of this method doesn't.
    case request(String, BanjieProtocol.JSONError)
    case file(FileError)
    /// A new secret, which the server doesn't keep, couldn't be written to its file.
    case lostSecret(FileError)
    /// The file has no secret in its first line.
    case secretFile(String)
    case calendarFile(String, CalendarFileError)
    case limit(LimitError)
    /// A store's file can't be checked.
    case store(StoreError)
    /// The case has no such clock.
    case noClock(String, case: String)

    var exitStatus: ExitStatus {
        switch self {
        case .store(let error): error.exitStatus
        case .usage: .usage
        case .call(let error, _): ExitStatus(error.status)
        case .undecodableReply: .failure
        case .request, .secretFile, .calendarFile, .limit: .dataError
        case .file(let error) where error.problem == .writing: .outputLost
        case .lostSecret: .outputLost
        case .file, .noClock: .notFound
        }
    }
}
