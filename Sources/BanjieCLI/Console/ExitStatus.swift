import Wire

/// How the process exits, by the numbers of BSD's `sysexits.h`.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case success = 0
    /// The command was called wrongly.
    case usage = 64
    /// What the command was given to work on is wrong.
    case dataError = 65
    /// There is no such record, or no such file.
    case notFound = 66
    /// The server can't be reached, or doesn't take calls now.
    case unavailable = 69
    /// The server or this program failed.
    case failure = 70
    /// The state of a record doesn't allow it, or the record is there already.
    case refused = 73
    /// The output can't be written.
    case outputLost = 74
    /// It didn't succeed in time, and may later.
    case tryAgain = 75
    /// Not signed in, or without the right.
    case noPermission = 77

    /// The status that stands for how a call ended.
    init(_ status: Status) {
        switch status {
        case .ok: self = .success
        case .invalidArgument, .outOfRange: self = .dataError
        case .notFound: self = .notFound
        case .unavailable: self = .unavailable
        case .unknown, .unimplemented, .internal, .dataLoss: self = .failure
        case .alreadyExists, .failedPrecondition: self = .refused
        case .cancelled, .deadlineExceeded, .resourceExhausted, .aborted: self = .tryAgain
        case .permissionDenied, .unauthenticated: self = .noPermission
        }
    }

    /// What the status means, for the help.
    var summary: Text {
        switch self {
        case .success: Text("done", "成功")
        case .usage: Text("called wrongly", "用法错误")
        case .dataError: Text("a value is wrong (INVALID_ARGUMENT)", "数据有误（INVALID_ARGUMENT）")
        case .notFound: Text("no such record or file (NOT_FOUND)", "没有该记录或文件（NOT_FOUND）")
        case .unavailable: Text("no connection (UNAVAILABLE)", "无法连接（UNAVAILABLE）")
        case .failure: Text("an internal error (INTERNAL)", "内部错误（INTERNAL）")
        case .refused:
            Text(
                "refused by the record's state (FAILED_PRECONDITION, ALREADY_EXISTS)",
                "记录的状态不允许（FAILED_PRECONDITION、ALREADY_EXISTS）"
            )
        case .outputLost: Text("the output can't be written", "无法写出结果")
        case .tryAgain:
            Text(
                "try again later (DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED)",
                "稍后再试（DEADLINE_EXCEEDED、RESOURCE_EXHAUSTED）"
            )
        case .noPermission:
            Text(
                "no permission (PERMISSION_DENIED, UNAUTHENTICATED)",
                "没有权限（PERMISSION_DENIED、UNAUTHENTICATED）"
            )
        }
    }
}
