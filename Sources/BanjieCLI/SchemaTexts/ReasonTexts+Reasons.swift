import BanjieProtocol

/// A reason of refusal: what it says, and what to do about it.
struct ReasonText: Sendable {
    let what: Text
    let advice: Text?

    init(_ what: Text, _ advice: Text? = nil) {
        self.what = what
        self.advice = advice
    }
}

extension ReasonTexts {
    static func text(of reason: Reason) -> ReasonText {
        switch reason {
        case .reasonRequired:
            ReasonText(
                Text("a reason must be stated", "须说明理由"),
                Text("state it with --reason", "请用 --reason 说明理由")
            )
        case .remediesRequired:
            ReasonText(
                Text(
                    "a denial must name the remedies open to the applicant",
                    "不予许可须告知救济途径"
                ),
                Text("name them with --remedies", "请用 --remedies 写明救济途径")
            )
        case .limitExceeded:
            ReasonText(
                Text("more than the law or the city's policy allows", "超过法律或本市规定的上限"),
                Text("ask for less", "请减少")
            )
        case .pauseReason:
            ReasonText(
                Text("the law doesn't name this reason for a pause", "该事由不是法定的中止事由"),
                Text(
                    "choose one that banjie case pause --help lists",
                    "请从 banjie case pause --help 所列事由中选择"
                )
            )
        case .promiseExceedsStatutory:
            ReasonText(
                Text("the promise is longer than the statutory limit", "承诺时限长于法定时限"),
                Text("promise at most the statutory limit", "承诺时限至多与法定时限相同")
            )
        case .beyondPromisedLimit:
            ReasonText(
                Text("the date lies beyond the promised limit", "日期晚于承诺办结日"),
                Text("choose an earlier date", "请选择更早的日期")
            )
        case .unknownValue:
            ReasonText(
                Text("a value isn't one of those known", "该值不在已知的取值中"),
                Text(
                    "see the values with banjie describe",
                    "可用 banjie describe 查看取值"
                )
            )
        case .outOfRange:
            ReasonText(
                Text("a value lies outside its range", "字段的值超出范围"),
                Text("see the range with banjie describe", "可用 banjie describe 查看范围")
            )
        case .badCode:
            ReasonText(
                Text("a code's form or check digit is wrong", "代码的格式或校验码有误"),
                Text("compare it with the document", "请与原件核对")
            )
        case .undecodable:
            ReasonText(
                Text("the bytes don't decode", "内容无法解码"),
                Text(
                    "use a banjie of the server's version (see banjie status)",
                    "请使用与服务器同版本的 banjie（见 banjie status）"
                )
            )
        case .wrongState:
            ReasonText(
                Text("the record's state doesn't allow this", "记录的当前状态不允许这样做"),
                Text("look at it first, with show", "请先用 show 查看其状态")
            )
        case .noticeOverdue:
            ReasonText(
                Text(
                    "the time for a notice is over; the matter counts as accepted",
                    "告知期限已过，已视为受理"
                ),
                Text("go on with the review", "请继续审查")
            )
        case .onceOnly:
            ReasonText(Text("it may be done once, and has been", "只能做一次，且已做过"))
        case .alreadyOverdue:
            ReasonText(Text("the clock is overdue already", "已经逾期"))
        case .alreadyExtended:
            ReasonText(Text("it has been extended once already", "已延长过一次，不得再延"))
        case .alreadyPaused:
            ReasonText(
                Text("the clock is paused already", "已中止计时"),
                Text("resume it first", "请先恢复计时")
            )
        case .notPaused:
            ReasonText(Text("the clock isn't paused", "未中止计时"))
        case .staleVersion:
            ReasonText(
                Text("the record has changed meanwhile", "记录已被更改"),
                Text(
                    "read it again, then repeat with its new version",
                    "请重新查看，再用新版本号重试"
                )
            )
        case .serialsExhausted:
            ReasonText(
                Text(
                    "the day's serial numbers of the item are used up",
                    "该事项当日的流水号已用尽"
                ),
                Text("submit it tomorrow", "请次日再提交")
            )
        case .clockNotVirtual, .clockUnconfirmed, .storeNotWritable, .draining, .overloaded,
            .timeout,
            .internal, .unknownMethod:
            serverText(of: reason)
        case .signInRequired, .roleRequired, .headRequired, .notApplicant, .wrongDepartment,
            .notOwner, .owned:
            rightsText(of: reason)
        case .requestIdReused, .exists, .requestIdExpired, .noSuchCase, .noSuchItem, .noSuchPerson,
            .noSuchDepartment, .noSuchPost, .noSuchDeadline, .noSuchCalendar, .noSuchMaterial,
            .partOutOfOrder, .digestMismatch:
            existenceText(of: reason)
        default: ownText(of: reason)
        }
    }

    /// Reasons that lie with the server.
    private static func serverText(of reason: Reason) -> ReasonText {
        switch reason {
        case .clockNotVirtual:
            ReasonText(
                Text(
                    "the clock isn't virtual, or would go back",
                    "时钟不是虚拟时钟，或将倒退"
                ),
                Text(
                    "start banjied with --clock virtual:TIME, and move it forward only",
                    "请以 --clock virtual:时间 启动 banjied，且只可向前拨动"
                )
            )
        case .clockUnconfirmed:
            ReasonText(
                Text("the wall clock leapt", "系统时钟发生跳变"),
                Text(
                    "check the machine's time; an operator then runs banjie clock confirm",
                    "请核对系统时间，再由运维人员执行 banjie clock confirm"
                )
            )
        case .storeNotWritable:
            ReasonText(
                Text("the store can't be written; nothing was changed", "存储无法写入，未作任何更改"),
                Text(
                    "make room on the disk or restore write access, then try again",
                    "请腾出磁盘空间或恢复写权限后重试"
                )
            )
        case .overloaded:
            ReasonText(
                Text(
                    "more calls wait than the server takes; nothing was begun",
                    "服务器繁忙，未执行"
                ),
                Text("try again shortly", "请稍后重试")
            )
        case .draining:
            ReasonText(
                Text("the server is draining; nothing was begun", "服务器正在停止服务，未执行"),
                Text("try again when it is back (--wait)", "请待其恢复后重试（--wait）")
            )
        case .timeout:
            ReasonText(
                Text("the call's time was over before it began", "调用开始前已超时"),
                Text("give it more time with --timeout", "请用 --timeout 延长时限")
            )
        case .unknownMethod:
            ReasonText(
                Text("the server has no such method", "服务器没有此方法"),
                Text("compare the versions (banjie status)", "请核对版本（banjie status）")
            )
        default:
            ReasonText(
                Text("the server failed; nothing was changed", "服务器内部错误，未作任何更改"),
                Text("its log says more", "详情见服务器日志")
            )
        }
    }

    /// Reasons that lie with who calls.
    private static func rightsText(of reason: Reason) -> ReasonText {
        switch reason {
        case .signInRequired:
            ReasonText(
                Text("this needs somebody signed in", "须先登录"),
                Text(
                    "sign in with --login and --secret-file (BANJIE_LOGIN, BANJIE_SECRET_FILE)",
                    "请用 --login 与 --secret-file 登录（BANJIE_LOGIN、BANJIE_SECRET_FILE）"
                )
            )
        case .headRequired:
            ReasonText(
                Text("the head must approve this", "须由负责人批准"),
                Text(
                    "let the head of the agency (joint matters: of the government) do it",
                    "请由行政机关负责人（联办事项由政府负责人）办理"
                )
            )
        case .notApplicant:
            ReasonText(
                Text("only the applicant may do this", "只有申请人本人可以这样做"),
                Text("let the applicant do it", "请由申请人本人办理")
            )
        case .wrongDepartment:
            ReasonText(
                Text("the matter is another department's", "该事项属于其他部门"),
                Text("turn to the department that answers for it", "请转负责的部门办理")
            )
        case .notOwner:
            ReasonText(Text("the record is somebody else's", "该记录属于他人"))
        case .owned:
            ReasonText(
                Text("a module of the office owns this deadline", "该时限由业务模块管理"),
                Text("act on the record that owns it", "请对其所属记录进行操作")
            )
        default:
            ReasonText(
                Text("none of the caller's roles may do this", "登录者的角色不能这样做"),
                Text(
                    "see who may with banjie describe, and sign in as such",
                    "可用 banjie describe 查看所需角色，并以该角色登录"
                )
            )
        }
    }

    /// Reasons that lie with records that are there, or aren't.
    private static func existenceText(of reason: Reason) -> ReasonText {
        switch reason {
        case .requestIdReused:
            ReasonText(
                Text(
                    "the request id was used before, with another content",
                    "该请求编号已用于另一请求"
                ),
                Text("leave out --request-id for a new one", "请去掉 --request-id 以使用新编号")
            )
        case .exists:
            ReasonText(
                Text("it exists already, with another content", "记录已存在且内容不同"),
                Text("choose another code", "请另选代码")
            )
        case .requestIdExpired:
            ReasonText(
                Text(
                    "the request id is older than ids are kept",
                    "该请求编号已超过保留期限"
                ),
                Text(
                    "look whether it was done, then leave out --request-id",
                    "请先查看是否已办，再去掉 --request-id"
                )
            )
        case .noSuchCase:
            ReasonText(
                Text("there is no such case", "没有该办件"),
                Text(
                    "compare the serial (banjie case list)",
                    "请核对办件编号（banjie case list）"
                )
            )
        case .noSuchItem:
            ReasonText(
                Text("there is no such item", "没有该事项"),
                Text("compare the item's code", "请核对事项编码")
            )
        case .noSuchPerson:
            ReasonText(
                Text("there is no such person", "没有该人员"),
                Text("compare the login", "请核对登录名")
            )
        case .noSuchDepartment:
            ReasonText(
                Text("there is no such department", "没有该部门"),
                Text("compare the department's code", "请核对部门代码")
            )
        case .noSuchPost:
            ReasonText(
                Text("there is no such post", "没有该岗位"),
                Text("compare the post's code", "请核对岗位代码")
            )
        case .noSuchMaterial:
            ReasonText(
                Text("there is no such material", "没有该材料"),
                Text("compare the id (banjie material list)", "请核对编号（banjie material list）")
            )
        case .partOutOfOrder:
            ReasonText(
                Text(
                    "the part doesn't begin where what the office has ends",
                    "该部分与已收到的内容不相接"
                ),
                Text(
                    "upload it again: it goes on from where it was",
                    "请重新上传，将从中断处接续"
                )
            )
        case .digestMismatch:
            ReasonText(
                Text("what came isn't what the digest was taken over", "内容与摘要不符"),
                Text("upload it anew", "请重新上传")
            )
        case .noSuchDeadline:
            ReasonText(
                Text("there is no such deadline", "没有该时限"),
                Text("compare the number (banjie deadline list)", "请核对编号（banjie deadline list）")
            )
        default:
            ReasonText(
                Text("there is no such calendar version", "没有该日历版本"),
                Text(
                    "the one in force: banjie calendar version",
                    "现行版本见 banjie calendar version"
                )
            )
        }
    }
}
