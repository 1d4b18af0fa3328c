package import Wire

extension ServerSession {
    /// Takes the preface (W12); false while it may still come.
    mutating func takePreface(
        _ input: inout UnsafeRawBufferPointer
    ) throws(ProtocolViolation) -> Bool {
        let expected = Preface.bytes
        for index in 0..<min(input.count, expected.count) where input[index] != expected[index] {
            throw .preface
        }
        guard input.count >= expected.count else { return false }
        input = UnsafeRawBufferPointer(rebasing: input[expected.count...])
        frameDeadline = .never
        phase = .hello
        return true
    }

    /// Refuses a HELLO that is too long before its payload has come (W14).
    func checkHelloLength(_ input: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        guard let header = FrameHeader(input), header.payloadLength > Hello.longestHello else {
            return
        }
        throw .handshakeTooLong(length: header.payloadLength)
    }

    mutating func takeHello(
        _ frame: Frame,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) {
        let hello = try Hello(frame)
        let version = ProtocolVersion.current
        guard hello.minimumVersion <= version, version <= hello.maximumVersion else {
            throw .noCommonVersion(minimum: hello.minimumVersion, maximum: hello.maximumVersion)
        }
        guard hello.realm.utf8.elementsEqual(profile.realm.utf8) else {
            throw .wrongRealm(theirs: hello.realm, ours: profile.realm)
        }
        peerLongestPayload = hello.longestPayload
        peerLongestMessage = hello.longestMessage
        sender.greet(hello)
        handshakeDeadline = .never
        phase = .open
        output.append(profile.hello)
        if case .announced = drain { appendGoAway(lastStream: Limits.lastStream, to: &output) }
    }

    // MARK: - Signing in

    mutating func takeCredentials(_ frame: Frame) throws(ProtocolViolation) -> Event {
        guard !calls.isAnyAwaited else { throw .unexpected(.authenticate) }
        var credentials = Credentials()
        try credentials.decode(frame)
        pendingCredentials = credentials
        phase = .authenticating
        return .authenticate
    }

    /// The credentials to be judged; nil when none are, or they were taken already.
    package mutating func takePendingCredentials() -> Credentials? {
        pendingCredentials.take()
    }

    /// Answers the credentials; frames that waited are dealt with next (W22). Does nothing when none
    /// are being judged.
    package mutating func judge(_ verdict: Verdict, into output: inout MessageWriter) {
        guard phase == .authenticating else { return }
        phase = .open
        switch verdict {
        case .accepted(let principal, let signedIn):
            self.principal = principal
            output.appendFrame(.authenticate, message: signedIn)
        case .refused(let failure):
            let start = output.beginFrame()
            failure.write(to: &output)
            output.endFrame(from: start, .authenticate, field16: failure.status.rawValue)
        }
    }
}

extension Hello {
    /// The HELLO in a frame, with limits that may be announced (W16).
    init(_ frame: Frame) throws(ProtocolViolation) {
        self.init()
        try decode(frame)
        guard longestPayload >= Self.leastLongestPayload, longestMessage >= longestPayload else {
            throw .malformed(.hello, .limit)
        }
        guard areWindowsValid else { throw .malformed(.hello, .window) }
    }
}

extension MessageCoding {
    /// Reads the payload of a frame of the connection's (W8).
    mutating func decode(_ frame: Frame) throws(ProtocolViolation) {
        var reader = MessageReader(frame.payload)
        do {
            try merge(from: &reader)
        } catch {
            throw .malformed(FrameType(rawValue: frame.header.type) ?? .error, .payload(error))
        }
    }
}
