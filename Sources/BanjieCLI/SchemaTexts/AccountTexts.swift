import BanjieProtocol

extension ModuleTexts {
    /// Who may sign in, with what, and who has.
    static let accounts = ModuleTexts(
        services: [:],
        methods: [
            "Directory/ListPeople": "人员，已遮盖。",
            "Directory/SetPassword": "为人员设置口令，原有密钥或口令作废。",
            "Directory/ChangePassword": "更改本人口令；以原口令登录的会话随即结束。",
            "Directory/DisablePerson": "禁止人员登录，其会话随即结束。",
            "Directory/EnablePerson": "恢复人员登录。",
            "Admin/ListSessions": "已登录的会话。",
            "Admin/EndSession": "结束会话：其人退出登录，其流终止。",
        ],
        messages: [
            "ListPeopleRequest": "查询人员。",
            "ListPeopleReply": "人员，已遮盖，按登录名排列。",
            "PersonReasonRequest": "指明人员与理由。",
            "SetPasswordRequest": "为人员设置口令：12 至 200 个字符，不含登录名，也不是 64 位十六进制数字。",
            "ChangePasswordRequest": "本人的新口令，附原口令或密钥。",
            "SessionView": "已登录的会话。",
            "ListSessionsRequest": "查询会话。",
            "ListSessionsReply": "会话，按编号排列。",
            "EndSessionRequest": "指明要结束的会话与理由。",
        ],
        fields: [
            "ChangePasswordRequest.password": "新口令，要求同 SetPasswordRequest。",
            "ChangePasswordRequest.present": "原口令或密钥。",
            "EndSessionRequest.reason": "理由，记入审计日志。",
            "EndSessionRequest.session": "会话编号。",
            "ListPeopleReply.people": "人员。",
            "ListPeopleRequest.after": "从此登录名之后开始。",
            "ListPeopleRequest.department": "只列此部门；不填则为全部。",
            "ListSessionsReply.sessions": "会话。",
            "ListSessionsRequest.after": "从此编号之后开始。",
            "ListSessionsRequest.person": "只列此人；不填则为全部。",
            "Person.disabled": "是否禁止登录；只由 DisablePerson 与 EnablePerson 更改。",
            "PersonReasonRequest.login": "人员。",
            "PersonReasonRequest.reason": "理由，记入审计日志。",
            "SessionView.connection": "连接，名称与日志一致。",
            "SessionView.department": "部门；申请人不填。",
            "SessionView.login": "何人。",
            "SessionView.proof": "以何登录。",
            "SessionView.session": "编号：服务器运行期间，后登录者较大。",
            "SessionView.since": "何时登录。",
            "SetPasswordRequest.login": "人员。",
            "SetPasswordRequest.password": "口令。",
        ],
        values: [
            "SignInProof.SECRET": "密钥",
            "SignInProof.PASSWORD": "口令",
            "SignInProof.CERTIFICATE": "证书",
        ],
        reasons: [
            .signInDelayed: ReasonText(
                Text("the password was wrong too often", "口令多次错误"),
                Text("wait as long as it says, then try again", "请按提示等待后重试")
            ),
            .signedOut: ReasonText(
                Text("the session was ended", "会话已结束"),
                Text("sign in again", "请重新登录")
            ),
            .rightsChanged: ReasonText(
                Text("the caller's rights have changed", "登录者的权限已变更"),
                Text("open it again", "请重新打开")
            ),
            .weakPassword: ReasonText(
                Text("the password is too easy to guess", "口令过于简单"),
                Text("choose 12 to 200 characters without the login", "请选用 12 至 200 个字符，不含登录名")
            ),
            .wrongPassword: ReasonText(
                Text("the present password is another one", "原口令不正确"),
                Text("type it again", "请重新输入")
            ),
            .lastOperator: ReasonText(
                Text("this is the last operator", "这是最后一位运维人员"),
                Text(
                    "make another one first: banjie admin person put",
                    "请先指定另一位：banjie admin person put"
                )
            ),
            .noSuchSession: ReasonText(
                Text("there is no such session", "没有该会话"),
                Text("see banjie admin session list", "见 banjie admin session list")
            ),
        ]
    )
}
