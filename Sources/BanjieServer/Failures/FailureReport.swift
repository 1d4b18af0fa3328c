internal import BanjieProtocol
internal import Office
internal import Store
internal import WorkCalendar
internal import Wire

/// The language of a sentence for people.
package enum Language: Sendable {
    case english
    case chinese

    /// The language of a `LANG` value; Chinese for `zh…`, else English.
    init(tag: String) { self = tag.lowercased().hasPrefix("zh") ? .chinese : .english }
}

/// A failure as the caller gets it: a stable reason, particulars, and a sentence.
struct FailureReport {
    var reason: Reason
    var sentence: String
    var field: String?
    var details: [(key: String, value: String)] = []
    var retryAfterMillis: UInt32?

    init(
        _ reason: Reason,
        _ sentence: String,
        field: String? = nil,
        details: [(key: String, value: String)] = [],
        retryAfterMillis: UInt32? = nil
    ) {
        self.reason = reason
        self.sentence = sentence
        self.field = field
        self.details = details
        self.retryAfterMillis = retryAfterMillis
    }
}

extension HandlerFailure {
    func report(in language: Language) -> FailureReport {
        let chinese = language == .chinese
        switch self {
        case .refused(let refusal):
            return refusal.report(in: language)
        case .value(let refusal):
            return FailureReport(
                refusal.reason,
                chinese
                    ? "字段 \(refusal.field) 不合要求，应为：\(refusal.allowed)。"
                    : "The field \(refusal.field) must be \(refusal.allowed).",
                field: refusal.field,
                details: [("allowed", refusal.allowed)]
            )
        case .calendar(let error):
            return FailureReport(.outOfRange, "\(error)")
        case .limit(let error):
            return FailureReport(.outOfRange, "\(error)", field: "days")
        case .store(let error):
            return error.report(in: language)
        case .undecodable(let problem):
            return FailureReport(
                .undecodable,
                chinese ? "请求无法解码：\(problem)。" : "The request doesn't decode: \(problem)."
            )
        case .server(let reason):
            return FailureReport(
                reason,
                reason.sentence(in: language),
                retryAfterMillis: reason == .overloaded ? 100 : nil
            )
        }
    }
}

extension Reason {
    /// What to do about a reason that the server itself gives.
    func sentence(in language: Language) -> String {
        let (chinese, english) =
            switch self {
            case .signInRequired: ("请先登录。", "Sign in first.")
            case .roleRequired: ("您的角色无权这样做。", "None of your roles may do this.")
            case .headRequired:
                (
                    "只有行政机关负责人（联办事项为政府负责人）可以批准。",
                    "Only the head of the agency, for joint matters of the government, may approve."
                )
            case .notApplicant:
                ("只有申请人本人可以这样做。", "Only the applicant of the matter may do this.")
            case .requestIdReused:
                (
                    "该请求编号已用于另一内容；新请求请换新编号。",
                    "This request id was used for another content; take a new id for a new request."
                )
            case .requestIdExpired:
                (
                    "该请求编号已过保存期；请先查明原请求的结果，再用新编号提交。",
                    "This request id is older than replies are kept; "
                        + "look for its effect before sending it anew under a new id."
                )
            case .clockUnconfirmed:
                (
                    "服务器时钟异常，待运维人员确认（banjie clock confirm）。",
                    "The server's clock is in doubt until an operator confirms it "
                        + "(banjie clock confirm)."
                )
            case .clockNotVirtual:
                (
                    "只能向前拨动虚拟时钟。",
                    "Only a virtual clock can be moved, and never back."
                )
            case .overloaded:
                (
                    "服务器繁忙，请稍后重试。",
                    "More calls wait than the server takes; try again shortly."
                )
            case .signInDelayed:
                (
                    "口令多次错误，请稍后再试。",
                    "The password was wrong too often; try again after a while."
                )
            case .signedOut:
                ("会话已结束，请重新登录。", "The session was ended; sign in again.")
            case .rightsChanged:
                ("权限已变更，请重新打开。", "Your rights have changed; open this again.")
            case .unknownMethod: ("没有这个方法。", "There is no such method here.")
            default:
                ("未执行（\(rawValue)）。", "This was not carried out (\(rawValue)).")
            }
        return language == .chinese ? chinese : english
    }
}

extension StoreError {
    /// What to tell about a command or query that the store kept from being carried out.
    func report(in language: Language) -> FailureReport {
        switch self {
        case .notWritable(let why):
            return FailureReport(
                .storeNotWritable,
                language == .chinese
                    ? "存储无法写入（\(why)），未作任何更改。请腾出磁盘空间或恢复写权限后重试。"
                    : "The store can't be written (\(why)); nothing was changed. "
                        + "Make room or restore write access, then try again.",
                retryAfterMillis: 1000
            )
        case .busy, .corrupt, .schema, .failed:
            return FailureReport(
                .internal,
                language == .chinese
                    ? "服务器内部错误，未作任何更改；详情见服务器日志。"
                    : "The server failed and changed nothing; its log says more."
            )
        }
    }

    /// What to tell about a command that was carried out in memory and couldn't be committed: should
    /// the server end before its next commit, the store may have it all the same.
    func reportOfCommit(in language: Language) -> FailureReport {
        switch self {
        case .notWritable(let why):
            return FailureReport(
                .storeNotWritable,
                language == .chinese
                    ? "存储无法写入（\(why)）。请腾出磁盘空间或恢复写权限，再以同一请求编号重试。"
                    : "The store can't be written (\(why)). Make room or restore write access, then "
                        + "send this again under the same request id.",
                retryAfterMillis: 1000
            )
        case .busy, .corrupt, .schema, .failed:
            return FailureReport(
                .internal,
                language == .chinese
                    ? "服务器未能保存；请以同一请求编号重试，详情见服务器日志。"
                    : "The server couldn't keep this; send it again under the same request id. "
                        + "Its log says more."
            )
        }
    }
}

extension Refusal {
    /// The reason on the wire, with a sentence that says what was wrong and what to do.
    func report(in language: Language) -> FailureReport {
        let chinese = language == .chinese
        func says(
            _ reason: Reason,
            zh: String,
            en: String,
            field: String? = nil,
            _ details: (key: String, value: String)...
        ) -> FailureReport {
            FailureReport(reason, chinese ? zh : en, field: field, details: details)
        }
        switch self {
        case .module(let refusal):
            guard let reason = Reason(rawValue: refusal.reason) else {
                preconditionFailure("no schema declares \(refusal.reason)")
            }
            return says(reason, zh: refusal.chinese, en: refusal.english)
        case .remediesRequired:
            return says(
                .remediesRequired,
                zh: "不予许可必须告知救济途径，请填写 remedies。",
                en: "A denial must name the remedies open to the applicant; fill in remedies.",
                field: "remedies"
            )
        case .limitExceeded(let asked, let most):
            return says(
                .limitExceeded,
                zh: "最多 \(most) 个工作日，申请了 \(asked) 个。",
                en: "At most \(most) working days are allowed; \(asked) were asked for.",
                field: "days",
                ("asked", "\(asked)"),
                ("most", "\(most)")
            )
        case .promiseExceedsStatutory(let promised, let statutory):
            return says(
                .promiseExceedsStatutory,
                zh: "承诺时限（\(promised) 日）不得长于法定时限（\(statutory) 日）。",
                en: "The promised limit (\(promised)) may not exceed the statutory one "
                    + "(\(statutory)).",
                field: "limits.promised",
                ("statutory", "\(statutory)")
            )
        case .beyondPromisedLimit(let last):
            return says(
                .beyondPromisedLimit,
                zh: "补齐日期不得晚于承诺办结日 \(last)。",
                en: "The gap must be supplied by the promised limit, \(last).",
                field: "supplement_by",
                ("last", "\(last)")
            )
        case .outOfRange(let field, let allowed):
            return says(
                .outOfRange,
                zh: "字段 \(field) 超出范围，应为 \(allowed)。",
                en: "The field \(field) must lie within \(allowed).",
                field: field,
                ("allowed", allowed)
            )
        case .unknownValue(let field, let value):
            return says(
                .unknownValue,
                zh: "字段 \(field) 的值“\(value)”未知。",
                en: "The field \(field) holds \"\(value)\", which isn't known here.",
                field: field,
                ("value", value)
            )
        case .badCode(let field, let problem):
            return says(
                .badCode,
                zh: "代码 \(field) 有误：\(problem.sentence(in: language))",
                en: "The code in \(field) is wrong: \(problem.sentence(in: language))",
                field: field
            )
        case .malformed(let field, let form):
            return says(
                form == .login ? .outOfRange : .badCode,
                zh: "字段 \(field) 应为\(form.text.chinese)。",
                en: "The field \(field) must be \(form.text.english).",
                field: field
            )
        case .weakPassword(let weakness):
            return says(
                .weakPassword,
                zh: "口令\(weakness.text.chinese)。",
                en: "A password \(weakness.text.english).",
                field: "password"
            )
        case .wrongPassword:
            return says(
                .wrongPassword,
                zh: "原口令不正确。",
                en: "The present password is another one.",
                field: "present"
            )
        case .headRequired(let joint):
            return says(
                .headRequired,
                zh: joint ? "联办事项延期须经本级政府负责人批准。" : "延期须经本行政机关负责人批准。",
                en: joint
                    ? "Only the head of the government may approve this for a joint matter."
                    : "Only the head of the agency that answers may approve this."
            )
        case .notApplicant:
            return says(
                .notApplicant,
                zh: "只有申请人本人可以这样做。",
                en: "Only the applicant of the matter may do this."
            )
        case .wrongDepartment(let answers):
            return says(
                .wrongDepartment,
                zh: "该事项由部门 \(answers) 负责。",
                en: "The department \(answers) answers for this matter.",
                ("department", answers)
            )
        case .notOwner:
            return says(
                .notOwner,
                zh: "该记录属于他人。",
                en: "The record belongs to somebody else."
            )
        case .owned(let owner):
            return says(
                .owned,
                zh: "该时限由 \(owner) 管理，只能按其规则变更。",
                en: "\(owner) owns this deadline; only its own rules change it.",
                ("owner", owner)
            )
        case .wrongState(let state):
            return says(
                .wrongState,
                zh: "当前状态 \(state) 下不能这样做。",
                en: "The state \(state) doesn't allow this.",
                ("state", state)
            )
        case .noticeOverdue(let at):
            return says(
                .noticeOverdue,
                zh: "已于 \(at) 逾期视为受理，通知无效。",
                en: "The matter counts as accepted since \(at); a notice is void.",
                ("deemed_at", "\(at)")
            )
        case .correctionOnlyOnce:
            return says(
                .onceOnly,
                zh: "补正须一次性告知，已告知过。",
                en: "Corrections may be asked for once, and have been."
            )
        case .alreadyOverdue(let since):
            return says(
                .alreadyOverdue,
                zh: "自 \(since) 起已逾期。",
                en: "It has been overdue since \(since).",
                ("since", "\(since)")
            )
        case .alreadyExtended:
            return says(
                .alreadyExtended,
                zh: "已延期一次，不得再延。",
                en: "It has been extended once, and may not be again."
            )
        case .alreadyPaused:
            return says(.alreadyPaused, zh: "已中止计时。", en: "It is paused already.")
        case .notPaused:
            return says(.notPaused, zh: "未中止计时。", en: "It isn't paused.")
        case .staleVersion(let current):
            return says(
                .staleVersion,
                zh: "记录已变更，当前版本为 \(current)，请刷新后重试。",
                en: "The record has changed; its version is \(current). Read it again first.",
                field: "version",
                ("current", "\(current)")
            )
        case .serialsExhausted(let item, let day):
            return says(
                .serialsExhausted,
                zh: "事项 \(item) 在 \(day) 的流水号已用尽。",
                en: "The serial numbers of item \(item) on \(day) are used up."
            )
        case .partOutOfOrder(let received):
            return says(
                .partOutOfOrder,
                zh: "材料已收到 \(received) 字节，请从此处接续，或从 0 重新上传。",
                en:
                    "\(received) bytes of the material are here: go on from there, or begin anew from 0.",
                field: "offset",
                ("received", "\(received)")
            )
        case .digestMismatch:
            return says(
                .digestMismatch,
                zh: "收到的内容与所报摘要不符，请从 0 重新上传。",
                en: "What came doesn't match the digest; send it again from 0.",
                field: "digest"
            )
        case .notSigned:
            return says(.notSigned, zh: "请先签收。", en: "Sign for the matter first.")
        case .opinionPending(let awaiting):
            let departments = awaiting.joined(separator: chinese ? "、" : ", ")
            return says(
                .opinionPending,
                zh: "尚待 \(departments) 的意见。",
                en: "The opinions of \(departments) are still to come.",
                ("awaiting", departments)
            )
        case .licensor(let department):
            return says(
                .licensor,
                zh: "\(department) 为许可部门，其不同意见不得否决。",
                en: "\(department) is a licensor; its disagreement can't be overridden.",
                ("department", department)
            )
        case .jointRefused:
            return says(
                .jointRefused,
                zh: "联审结论为不同意，不得准予许可。",
                en: "The joint approval came to a refusal; nothing can be granted."
            )
        case .twoOfficersRequired:
            return says(
                .twoOfficersRequired,
                zh: "执法检查须由两名以上持证人员进行。",
                en: "An inspection is made by two officers at least, each with a certificate.",
                field: "certificates"
            )
        case .certificateInvalid(let problems):
            let all = problems.joined(separator: chinese ? "；" : "; ")
            return says(
                .certificateInvalid,
                zh: "证件无效：\(all)。",
                en: "Not valid for this now: \(all).",
                field: "certificates",
                ("certificates", all)
            )
        case .notServed:
            return says(
                .notServed,
                zh: "办件尚未送达，不能评价。",
                en: "The matter hasn't been delivered; there is nothing to review yet."
            )
        case .windowClosed:
            return says(
                .windowClosed,
                zh: "评价期已过。",
                en: "The time in which a review may be given is over."
            )
        case .alreadyRated:
            return says(
                .alreadyRated,
                zh: "一次办件只能评价一次，追评一次。",
                en: "A service is reviewed once, and supplemented once."
            )
        case .followUpRequired:
            return says(
                .followUpRequired,
                zh: "实名差评须先整改并回访，方可办结。",
                en: "It is closed after it was put right and the applicant was asked again."
            )
        case .lastOperator:
            return says(
                .lastOperator,
                zh: "这是最后一位运维人员，请先指定另一位。",
                en: "This is the last operator; make another one first."
            )
        case .exists(let kind, let name):
            return says(
                .exists,
                zh: "\(kind.name(in: language)) \(name) 已存在且内容不同。",
                en: "The \(kind.name(in: language)) \(name) exists with another content."
            )
        case .none(let kind, let name):
            return says(
                kind.absentReason,
                zh: "没有\(kind.name(in: language)) \(name)。",
                en: "There is no \(kind.name(in: language)) \(name).",
                ("name", name)
            )
        }
    }
}

extension Refusal.RecordKind {
    fileprivate var absentReason: Reason {
        switch self {
        case .department: .noSuchDepartment
        case .post: .noSuchPost
        case .person: .noSuchPerson
        case .item: .noSuchItem
        case .case: .noSuchCase
        case .deadline: .noSuchDeadline
        case .calendar: .noSuchCalendar
        case .material: .noSuchMaterial
        case .joint: .noSuchJoint
        case .session: .noSuchSession
        case .review: .noSuchReview
        case .inquiry: .noSuchInquiry
        case .certificate: .noSuchCertificate
        }
    }

    fileprivate func name(in language: Language) -> String {
        let chinese = language == .chinese
        return switch self {
        case .department: chinese ? "部门" : "department"
        case .post: chinese ? "岗位" : "post"
        case .person: chinese ? "人员" : "person"
        case .item: chinese ? "事项" : "item"
        case .case: chinese ? "办件" : "case"
        case .deadline: chinese ? "时限" : "deadline"
        case .calendar: chinese ? "日历版本" : "calendar version"
        case .material: chinese ? "材料" : "material"
        case .joint: chinese ? "联审" : "joint approval"
        case .session: chinese ? "会话" : "session"
        case .review: chinese ? "评价" : "review"
        case .inquiry: chinese ? "询问" : "inquiry"
        case .certificate: chinese ? "执法证" : "certificate"
        }
    }
}

extension CodeProblem {
    fileprivate func sentence(in language: Language) -> String {
        let chinese = language == .chinese
        return switch self {
        case .length(let expected, let found):
            chinese
                ? "应为 \(expected) 位，实为 \(found) 位。"
                : "it must have \(expected) characters, not \(found)."
        case .character(let character, let position):
            chinese
                ? "第 \(position) 位不能是“\(character)”。"
                : "\"\(character)\" can't stand at place \(position)."
        case .checkCharacter(let expected):
            chinese ? "校验码应为 \(expected)。" : "its check character must be \(expected)."
        }
    }
}

extension PasswordRule.Weakness {
    fileprivate var text: Text {
        switch self {
        case .length: Text("has 12 to 200 characters", "须为 12 至 200 个字符")
        case .login: Text("doesn't contain the login", "不得包含登录名")
        case .repetitive:
            Text("has at least five different characters", "须有至少五个不同的字符")
        case .secret:
            Text("isn't 64 hexadecimal digits", "不得为 64 位十六进制数字")
        }
    }
}

extension Refusal.Form {
    fileprivate var text: Text {
        switch self {
        case .citizenID:
            Text(
                "a citizen ID number of 18 characters with a right check character (GB 11643)",
                "18 位公民身份号码，校验码须正确（GB 11643）"
            )
        case .phone:
            Text(
                "a telephone number: 11 digits, or a trunk code and 7 or 8 digits",
                "电话号码：11 位手机号，或区号加 7 至 8 位号码"
            )
        case .creditCode:
            Text(
                "a unified social credit code of 18 characters with a right check character "
                    + "(GB 32100)",
                "18 位统一社会信用代码，校验码须正确（GB 32100）"
            )
        case .login:
            Text(
                "a name that is neither a citizen ID nor a telephone number",
                "登录名，不得为身份证号或电话号码"
            )
        }
    }
}
