internal import Transport

/// A setting that is one of the transport's limits; `Limits` has the reason of each.
struct LimitSetting {
    let range: ClosedRange<Int>
    let summary: Text
    let value: (Limits) -> Int
    /// - Precondition: the value is within `range`.
    let set: (inout Limits, Int) -> Void

    init<Value: FixedWidthInteger>(
        _ field: WritableKeyPath<Limits, Value>,
        in range: ClosedRange<Int>,
        _ english: String,
        _ chinese: String
    ) {
        self.range = range
        summary = Text(english, chinese)
        value = { Int(clamping: $0[keyPath: field]) }
        set = { $0[keyPath: field] = Value(clamping: $1) }
    }
}

extension Setting {
    private static let bytes = 1...1 << 30
    private static let milliseconds = 10...86_400_000
    private static let peers = 1...1_000_000

    /// The limit that it sets; nil of another setting.
    var limit: LimitSetting? {
        switch self {
        case .frameBytes:
            LimitSetting(
                \.longestPayload,
                in: 16_384...16_777_215,
                "the longest payload of a frame",
                "帧内容的最大字节数"
            )
        case .messageBytes:
            LimitSetting(
                \.longestMessage,
                in: 16_384...1 << 30,
                "the longest request",
                "请求的最大字节数"
            )
        case .metadataBytes:
            LimitSetting(
                \.longestMetadata,
                in: 1024...65_535,
                "the longest metadata of a call",
                "调用元数据的最大字节数"
            )
        case .unfinishedBytes:
            LimitSetting(
                \.unfinishedBytesInAll,
                in: 16_384...1 << 36,
                "unfinished requests of all connections together",
                "全部连接上未收完的请求的总字节数"
            )
        case .calls:
            LimitSetting(
                \.callsInFlight,
                in: 1...65_535,
                "calls at a time on a connection",
                "一个连接上同时进行的调用数"
            )
        case .streams:
            LimitSetting(
                \.streams,
                in: 1...65_535,
                "streams at a time on a connection",
                "一个连接上同时打开的流数"
            )
        case .streamWindowBytes:
            LimitSetting(
                \.streamWindow,
                in: 32_768...1 << 30,
                "what a stream may send before it is read",
                "一个流在被读取前可发送的字节数"
            )
        case .connectionWindowBytes:
            LimitSetting(
                \.connectionWindow,
                in: 32_768...1 << 30,
                "the same of all streams of a connection, for messages on their way",
                "一个连接的全部流可同时传送的消息字节数"
            )
        case .streamQueueBytes:
            LimitSetting(
                \.streamQueueBytes,
                in: 32_768...1 << 30,
                "what is queued on a stream for a slow reader",
                "一个流上为慢读者排队的字节数"
            )
        case .connections:
            LimitSetting(
                \.connections,
                in: Self.peers,
                "connections in all",
                "连接总数"
            )
        case .connectionsPerAddress:
            LimitSetting(
                \.connectionsPerAddress,
                in: Self.peers,
                "connections from one address, or IPv6 network of 64 bits",
                "同一地址（IPv6 为 64 位网段）的连接数"
            )
        case .tlsHandshakesPerAddress:
            LimitSetting(
                \.tlsHandshakesPerAddress,
                in: Self.peers,
                "handshakes of TLS under way with one address",
                "同一地址进行中的 TLS 握手数"
            )
        case .handshakeMillis:
            LimitSetting(
                \.handshakeMilliseconds,
                in: Self.milliseconds,
                "milliseconds for the handshake",
                "握手的时限（毫秒）"
            )
        case .frameMillis:
            LimitSetting(
                \.frameMilliseconds,
                in: Self.milliseconds,
                "milliseconds to finish a frame",
                "收完一帧的时限（毫秒）"
            )
        case .requestMillis:
            LimitSetting(
                \.assemblyMilliseconds,
                in: Self.milliseconds,
                "milliseconds to finish a request in fragments that states no timeout",
                "收完未注明时限的分段请求的时限（毫秒）"
            )
        case .idleMillis:
            LimitSetting(
                \.idleMilliseconds,
                in: 0...86_400_000,
                "milliseconds of silence after which a client is asked whether it is there; 0: never",
                "客户端静默多少毫秒后加以探询；0 为不探询"
            )
        case .pongMillis:
            LimitSetting(
                \.pongMilliseconds,
                in: Self.milliseconds,
                "milliseconds in which it must answer",
                "答复探询的时限（毫秒）"
            )
        case .outputPauseBytes:
            LimitSetting(
                \.outputPause,
                in: Self.bytes,
                "unread output from which on a client isn't read",
                "未读输出达到多少字节即暂停读取该客户端"
            )
        case .outputBytes:
            LimitSetting(
                \.outputBytes,
                in: Self.bytes,
                "unread output from which on its connection is closed",
                "未读输出达到多少字节即关闭连接"
            )
        case .outputStallMillis:
            LimitSetting(
                \.outputStallMilliseconds,
                in: Self.milliseconds,
                "milliseconds after which it is closed when nothing is read",
                "输出多少毫秒未被读取即关闭连接"
            )
        case .resetsPerSecond:
            LimitSetting(
                \.resetsPerSecond,
                in: 1...1_000_000,
                "running calls that a connection may cancel in a second",
                "一个连接每秒可取消的进行中调用数"
            )
        default: nil
        }
    }
}

extension Settings {
    /// The limits that the settings make.
    ///
    /// - Throws: the first that is out of its range, or doesn't fit another.
    func limits() throws(ConfigurationError) -> Limits {
        var limits = Limits()
        for setting in Setting.allCases {
            guard let limit = setting.limit else { continue }
            limit.set(&limits, try integer(setting, in: limit.range))
        }
        try require(limits.longestPayload <= limits.longestMessage, .messageBytes, .frameBytes)
        try require(
            limits.streamWindow <= limits.connectionWindow,
            .connectionWindowBytes,
            .streamWindowBytes
        )
        try require(limits.outputPause < limits.outputBytes, .outputBytes, .outputPauseBytes)
        try require(Int(limits.longestMessage) < limits.outputBytes, .outputBytes, .messageBytes)
        try require(
            limits.unfinishedBytesInAll >= Int(limits.longestMessage),
            .unfinishedBytes,
            .messageBytes
        )
        try require(
            limits.streamQueueBytes > Int(limits.streamWindow / 2),
            .streamQueueBytes,
            .streamWindowBytes
        )
        guard limits.isConsistent else { preconditionFailure("limits in range agree") }
        return limits
    }

    /// Checks that a limit is large enough for another.
    private func require(
        _ condition: Bool,
        _ setting: Setting,
        _ other: Setting
    ) throws(ConfigurationError) {
        guard !condition else { return }
        throw error(
            setting,
            Text(
                "\(self[setting].value) is too little for \(other.rawValue) = \(self[other].value)",
                "\(self[setting].value) 小于 \(other.rawValue) = \(self[other].value) 所需"
            )
        )
    }
}
