extension ReasonTexts {
    /// What it says, and what to do, when the connection or the call itself failed: by the reasons
    /// that the transport and the client give, which stand in no schema.
    static let transport: [String: ReasonText] = [
        "BAD_CONNECTION": ReasonText(
            Text("the connection's options are wrong", "连接选项有误"),
            Text("compare --server and --realm", "请核对 --server 与 --realm")
        ),
        "CANCELLED": ReasonText(Text("the call was cancelled", "调用已取消")),
        "CONNECTION_CLOSED": ReasonText(Text("the connection was closed", "连接已关闭")),
        "CONNECTION_FAILED": ReasonText(Text("there is no connection", "无法连接服务器"), isServing),
        "CONNECTION_LOST": ReasonText(Text("the connection was lost", "连接中断"), isServing),
        "CREDIT_EXCEEDED": ReasonText(Text("more was sent than was allowed", "发送超出对方限额")),
        "HANDSHAKE_TIMEOUT": ReasonText(
            Text("the handshake took too long", "握手超时"),
            Text("check the network, then try again", "请检查网络后重试")
        ),
        "MESSAGE_TOO_LONG": ReasonText(
            Text("the request is too long", "请求过长"),
            Text("send less at a time", "请分次发送")
        ),
        "METADATA_TOO_LONG": ReasonText(Text("the call's metadata are too long", "调用的元数据过长")),
        "NO_COMMON_VERSION": ReasonText(
            Text("the server speaks another version of the protocol", "与服务器的协议版本不同"),
            Text("use a banjie of the server's version", "请使用与服务器同版本的 banjie")
        ),
        "OUTPUT_STALLED": ReasonText(Text("this side read too slowly", "读取过慢，连接被关闭")),
        "PEER_SILENT": ReasonText(Text("the server fell silent", "服务器无响应"), isServing),
        "REPLY_TOO_LONG": ReasonText(
            Text("the reply is too long", "应答过长"),
            Text("ask for less, with --limit", "请用 --limit 减少条数")
        ),
        "SIGN_IN_BUSY": ReasonText(
            Text("too many sign in at once", "同时登录者过多"),
            Text("try again in a moment", "请稍后重试")
        ),
        "TLS_FAILED": ReasonText(
            Text("there is no secure connection", "无法建立安全连接"),
            Text(
                "check --server (tls:HOST:PORT), --ca, --certificate and --key",
                "请核对 --server（tls:主机:端口）、--ca、--certificate 与 --key"
            )
        ),
        "NO_ROOM_FOR_REQUESTS": ReasonText(
            Text("the server has too many unfinished requests", "服务器上未收完的请求过多"),
            Text("try again in a moment", "请稍后重试")
        ),
        "TOO_MANY_CALLS": ReasonText(
            Text("too many calls at once", "同时进行的调用过多"),
            Text("try again in a moment", "请稍后重试")
        ),
        "TOO_MANY_CONNECTIONS": ReasonText(
            Text("the server takes no more connections", "服务器连接数已满"),
            Text("try again in a moment", "请稍后重试")
        ),
        "TOO_MANY_FROM_ADDRESS": ReasonText(
            Text("the server takes no more connections from here", "服务器不再接受来自本地址的连接"),
            Text("close others, then try again", "请关闭其他连接后重试")
        ),
        "TOO_MANY_RESETS": ReasonText(
            Text("calls were cancelled too fast", "取消调用过于频繁"),
            Text("cancel less often", "请减少取消次数")
        ),
        "TOO_MANY_STREAMS": ReasonText(
            Text("too many streams at once", "同时打开的流过多"),
            Text("end some, then try again", "请结束部分后重试")
        ),
        "TOO_MUCH_UNFINISHED": ReasonText(Text("too much is under way", "未完成的请求过多")),
        "WRONG_CREDENTIALS": ReasonText(
            Text("no person has this login and secret", "登录名或口令有误"),
            Text(
                "check --login and the secret in --secret-file",
                "请检查 --login 与 --secret-file 中的口令"
            )
        ),
        "WRONG_REALM": ReasonText(
            Text("the server belongs to another installation", "服务器属于其他部署"),
            Text(
                "check --server, and --realm (BANJIE_REALM)",
                "请核对 --server 与 --realm（BANJIE_REALM）"
            )
        ),
    ]

    private static let isServing = Text(
        "check that banjied runs there (--server, BANJIE_SERVER), or wait for it with --wait",
        "请确认 banjied 已在该地址运行（--server、BANJIE_SERVER），或加 --wait 等待"
    )
}
