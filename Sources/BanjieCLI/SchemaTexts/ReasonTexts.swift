import BanjieClient
import BanjieProtocol
import Wire

/// Why calls fail and what to do then, in each language.
enum ReasonTexts {
    /// What was wrong: the server's sentence when it is in the language, else ours for the reason.
    static func sentence(for error: CallError, in language: Language) -> String {
        let isChinese = error.message.unicodeScalars.contains { $0.properties.isIdeographic }
        switch language {
        case .english: return error.message.isEmpty ? error.reason : error.message
        case .chinese where isChinese: return error.message
        case .chinese: break
        }
        guard let text = text(of: error.reason) else {
            let what = statusTexts[error.status] ?? "调用失败"
            return error.message.isEmpty ? what : "\(what)（\(error.message)）"
        }
        let details = error.details.map { detail in
            "\(detailNames[detail.key] ?? detail.key) \(detail.value)"
        }
        // What the connection says in English names addresses and causes that nothing else does.
        let isTransport = transport[error.reason] != nil
        let particulars = isTransport && !error.message.isEmpty ? [error.message] : details
        guard !particulars.isEmpty else { return text.what.chinese }
        return "\(text.what.chinese)（\(particulars.joined(separator: "，"))）"
    }

    /// The text of a reason, by its stable name; nil for one that this version doesn't know.
    private static func text(of reason: String) -> ReasonText? {
        Reason(rawValue: reason).map(text) ?? transport[reason]
    }

    /// What to do; nil when there is nothing to be said beyond the sentence.
    static func advice(
        for error: CallError,
        requestID: [UInt8]?,
        in language: Language
    ) -> String? {
        if error.outcome == .unknown, let requestID {
            let id = RequestID.text(of: requestID)
            return language.text(
                "nobody can tell whether it was carried out; repeat it with --request-id \(id), "
                    + "which carries it out once at most",
                "不能确定是否已执行；请加 --request-id \(id) 重试，至多执行一次"
            )
        }
        if let text = text(of: error.reason) { return text.advice.map(language.text) }
        switch error.status {
        case .resourceExhausted, .aborted, .unavailable:
            return language.text("try again in a moment", "请稍后重试")
        case .deadlineExceeded:
            return language.text("give it more time with --timeout", "请用 --timeout 延长时限")
        default: return nil
        }
    }

    private static let statusTexts: [Status: String] = [
        .cancelled: "调用已取消",
        .unknown: "未知错误",
        .invalidArgument: "请求有误",
        .deadlineExceeded: "超过时限",
        .notFound: "没有该记录",
        .alreadyExists: "记录已存在",
        .permissionDenied: "没有权限",
        .resourceExhausted: "资源已用尽",
        .failedPrecondition: "当前状态不允许",
        .aborted: "调用中止",
        .outOfRange: "超出范围",
        .unimplemented: "服务器没有此功能",
        .internal: "内部错误",
        .unavailable: "无法连接服务器",
        .dataLoss: "数据已损坏",
        .unauthenticated: "未能登录",
    ]

    /// The names of particulars that the server gives.
    private static let detailNames = [
        "allowed": "应为",
        "asked": "申请",
        "current": "当前版本",
        "deemed_at": "视为受理时间",
        "department": "负责部门",
        "last": "最晚",
        "most": "最多",
        "name": "名称",
        "owner": "所属",
        "since": "自",
        "state": "当前状态",
        "statutory": "法定时限",
        "value": "所给的值",
    ]
}
