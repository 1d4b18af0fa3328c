import BanjieClient
import BanjieProtocol
import CivilTime
import LocalServer
import Testing
import Wire

/// Whatever is wrong with a request: a typed refusal, nothing changed, and the server serves on.
///
/// The tables are made from the schema, so that a new method is covered by being there.
@Suite struct BadInputTests {
    private static let methods = BanjieProtocolSchema.services.flatMap(\.methods)

    /// Every method with everything that its request's schema forbids.
    @Test func requestsAreCheckedAgainstTheirSchema() async throws {
        let office = try await TestOffice()
        var known: [String: RawMessage.Value] = [
            "case": .delimited(Array(try await office.submitCase().case.utf8)),
            "deadline": .varint(try await office.armDeadline().deadline),
            "item": .delimited(Array(office.item.utf8)),
            "applicant": .delimited(Array(TestOffice.everybody.utf8)),
            "version": .varint(0),
            "inquiry": .delimited(Array(try await office.registerInquiry().inquiry.utf8)),
            "certificate": .delimited(
                Array(try await office.issueCertificate().certificate.utf8)
            ),
        ]
        known.merge(try await office.keepFurtherRecords()) { first, _ in first }
        var orderKnown = known
        orderKnown["assignment"] = .delimited(
            Array(try await office.issue(SupervisionMethods.issueOrder).utf8)
        )
        var taskKnown = known
        taskKnown["assignment"] = .delimited(
            Array(try await office.issue(CampaignMethods.issueTask).utf8)
        )
        var offeredKnown = known
        offeredKnown["inquiry"] = .delimited(
            Array(try await office.offerInquiry().inquiry.utf8)
        )
        var jointKnown = known
        jointKnown["case"] = .delimited(Array(try await office.dispatchCase().case.utf8))
        var reviewKnown = known
        reviewKnown["case"] = .delimited(Array(try await office.deliverCase().case.utf8))
        let lead = try office.frames(as: TestOffice.everybody)
        let coHandler = try office.frames(as: TestOffice.coHandler)
        let head = try await office.auditHead()
        var count = 0
        // The rows of an import are judged one by one, and what is wrong with them is its reply.
        for method in Self.methods where method.id != DirectoryMethods.import.id {
            let known =
                switch (method.serviceNumber, method.id) {
                case (JointApprovalMethods.service.number, _): jointKnown
                case (ReviewsMethods.service.number, _): reviewKnown
                case (SupervisionMethods.service.number, _): orderKnown
                case (CampaignMethods.service.number, _): taskKnown
                case (_, FirstContactMethods.take.id), (_, FirstContactMethods.decline.id):
                    offeredKnown
                default: known
                }
            let connection = Self.coHandlersMethods.contains(method.id) ? coHandler : lead
            for bad in BadMessage.all(of: method.request, known: known) {
                let answer = try connection.call(method.id, bad.bytes)
                let difference = Self.difference(of: answer, from: bad)
                #expect(difference == nil, "\(method.fullName), \(bad.what)")
                #expect(try await office.auditHead() == head, "\(method.fullName), \(bad.what)")
                count += 1
            }
        }
        print("bad input: \(count) requests to \(Self.methods.count) methods")
        #expect(try await DiagnosticsClient(office.office.operator()).status(Empty()).writable)
    }

    /// What those do whom a lead asks, and who apply.
    private static let coHandlersMethods: Set<UInt32> = [
        JointApprovalMethods.sign.id, JointApprovalMethods.giveOpinion.id,
        JointApprovalMethods.acknowledgeOverride.id, ReviewsMethods.rate.id,
        ReviewsMethods.supplement.id,
    ]

    private static func difference(
        of answer: FrameConnection.Answer,
        from bad: BadMessage
    ) -> String? {
        guard case .failure(let failure) = answer else { return "it was accepted" }
        guard let reason = Reason(rawValue: failure.reason), bad.reasons.contains(reason) else {
            return "refused with \(failure.reason): \(failure.message)"
        }
        if failure.status != reason.status { return "\(reason) came as \(failure.status.name)" }
        if failure.outcome != .notProcessed { return "the outcome is \(failure.outcome)" }
        if failure.message.isEmpty { return "there is no sentence for people" }
        if let field = bad.field, reason.status == .invalidArgument, failure.field != field {
            return "\(failure.field) was named, not \(field)"
        }
        return nil
    }

    /// Every method with every value at an end of its range: whatever the office makes of that, the
    /// server answers, serves on, and starts again with what it took.
    @Test func extremesAreTakenOrRefused() async throws {
        let office = try await TestOffice()
        let connection = try office.frames(as: TestOffice.everybody)
        for extreme in RawMessage.Extreme.allCases {
            for method in Self.methods where method.id != AdminMethods.advanceClock.id {
                let case_ = try await office.submitCase().case
                var known: [String: RawMessage.Value] = [
                    "case": .delimited(Array(case_.utf8)),
                    "deadline": .varint(try await office.armDeadline().deadline),
                    "item": .delimited(Array(office.item.utf8)),
                    "applicant": .delimited(Array(TestOffice.everybody.utf8)),
                    "department": .delimited(Array("LEAD".utf8)),
                    "version": .varint(0),
                ]
                for isTold in [true, false] {
                    if !isTold { known = [:] }
                    let message = RawMessage(of: method.request, atThe: extreme, known: known)
                    if case .failure(let failure) = try connection.call(method.id, message.encoded)
                    {
                        // More rows than go into a message are the transport's to refuse.
                        #expect(
                            failure.reason == "MESSAGE_TOO_LONG"
                                ? message.encoded.count > 4 << 20
                                : failure.reason != Reason.internal.rawValue
                                    && Reason(rawValue: failure.reason) != nil,
                            "\(method.fullName) at the \(extreme): \(failure.message)"
                        )
                    }
                }
            }
        }
        #expect(try connection.status().writable)
        office.server.kill()
        try office.server.start(.virtual(TestOffice.morning))
        office.office.disconnect()
        // All that was taken fires, up to the last day there is.
        let moved = try await AdminClient(try office.office.operator()).advanceClock(
            AdvanceClockRequest(to: .latest),
            options: CallOptions(timeoutMillis: 60_000)
        )
        #expect(moved.now == .latest)
    }

    /// A budget may be longer than anybody would read day by day.
    @Test func explanationsAreOfALengthThatCanBeSent() async throws {
        let office = try await TestOffice()
        let deadlines = DeadlinesClient(try office.office.channel(as: TestOffice.everybody))
        let short = try await deadlines.arm(ArmRequest(limit: 1000, unit: .working))
        let days = try await deadlines.explain(DeadlineRequest(deadline: short.deadline)).days
        #expect(days.filter { $0.what == "charged" }.count == 1000)
        let long = try await deadlines.arm(ArmRequest(limit: 100_000, unit: .working))
        let error = await #expect(throws: CallError.self) {
            try await deadlines.explain(DeadlineRequest(deadline: long.deadline))
        }
        #expect(error?.reason == Reason.outOfRange.rawValue && error?.field == "deadline")
    }

    // MARK: Records

    /// Every command that names a case or a deadline: one that isn't there, one that has ended, one of
    /// which the caller saw another version, and one that a module owns.
    @Test func recordsMustBeThereAndAllowIt() async throws {
        let office = try await TestOffice()
        let cases = CasesClient(try office.office.channel(as: TestOffice.everybody))
        let deadlines = DeadlinesClient(try office.office.channel(as: TestOffice.everybody))
        let received = try await office.submitCase()
        let ended = try await office.submitCase()
        _ = try await cases.withdraw(CaseRequest(case: ended.case))
        let completed = try await office.armDeadline()
        _ = try await deadlines.complete(DeadlineRequest(deadline: completed.deadline))
        let owned = try #require(received.clocks.first)

        let trials: [(what: String, field: String, RawMessage.Value, Set<Reason>)] = [
            ("an unknown case", "case", .delimited(Array("nowhere".utf8)), [.noSuchCase]),
            ("an ended case", "case", .delimited(Array(ended.case.utf8)), Self.wrongState),
            ("an unknown deadline", "deadline", .varint(.max), [.noSuchDeadline]),
            ("a stopped deadline", "deadline", .varint(completed.deadline), Self.wrongState),
            ("a module's deadline", "deadline", .varint(owned.deadline), [.owned]),
            ("an unknown item", "item", .delimited(Array("nowhere".utf8)), [.noSuchItem]),
            ("another version", "version", .varint(999), [.staleVersion]),
        ]
        let connection = try office.frames(as: TestOffice.everybody)
        let head = try await office.auditHead()
        for (what, field, value, reasons) in trials {
            var known: [String: RawMessage.Value] = [
                "case": .delimited(Array(received.case.utf8)), "version": .varint(0),
            ]
            known[field] = value
            // Who applied may be asked in every state of a case.
            // A card stays whatever becomes of its deadline.
            let takesAny = [CasesMethods.openApplicant.id, SupervisionMethods.revokeCard.id]
            let affected = Self.methods.filter {
                $0.kind == .command && $0.request.descriptor.field(named: field) != nil
                    && (![Self.wrongState, [.owned]].contains(reasons) || !takesAny.contains($0.id))
            }
            #expect(!affected.isEmpty, "no command names \(what)")
            for method in affected {
                // The case is there, but nobody has asked other departments about it, nor has it been
                // delivered.
                let hasNoFile =
                    [
                        JointApprovalMethods.service.number, ReviewsMethods.service.number,
                        FirstContactMethods.service.number, CertificatesMethods.service.number,
                        CampaignMethods.service.number, OnlineMethods.service.number,
                    ].contains(method.serviceNumber) && reasons != [.noSuchCase]
                let hasNoOrder =
                    method.serviceNumber == SupervisionMethods.service.number
                    && field == "version"
                var allowed = hasNoFile || hasNoOrder ? Self.noFile : reasons
                // It takes one of two fields, which are both there.
                if method.id == OnlineMethods.consult.id { allowed.insert(.outOfRange) }
                let bad = BadMessage(
                    what: what,
                    bytes: RawMessage(of: method.request, known: known).encoded,
                    reasons: allowed
                )
                let answer = try connection.call(method.id, bad.bytes)
                let difference = Self.difference(of: answer, from: bad)
                #expect(difference == nil, "\(method.fullName), \(what)")
                #expect(try await office.auditHead() == head, "\(method.fullName), \(what)")
            }
        }
    }

    private static let noFile: Set<Reason> = [
        .noSuchJoint, .noSuchDepartment, .noSuchReview, .notServed, .noSuchInquiry,
        .noSuchCertificate, .noSuchPerson, .noSuchAssignment, .noSuchConsultation, .noSuchDraft,
    ]

    /// What a record's state refuses with.
    private static let wrongState = Set(
        Reason.allCases.filter { $0.status == .failedPrecondition && $0 != .staleVersion }
    )

    // MARK: Request ids

    @Test func requestIDsAreOfOneContentAndOnePerson() async throws {
        let office = try await TestOffice()
        try await office.office.admit(
            departments: [],
            people: [Member("other", department: "LEAD", roles: [.daemon])]
        )
        let method = DeadlinesMethods.arm.id
        let id = Array("a request's id".utf8)
        let message = ArmRequest(limit: 3, unit: .working, label: "first").encoded()
        let connection = try office.frames(as: TestOffice.everybody)

        let first = try connection.reply(method, message, requestID: id)
        #expect(!first.isReplay)
        let head = try await office.auditHead()

        let again = try connection.reply(method, message, requestID: id)
        #expect(again.isReplay && again.bytes == first.bytes)
        // The same request in another of its encodings: the longer form of a varint.
        let longer = [0x08, 0x83, 0x00] + message.dropFirst(2)
        let other = try connection.reply(method, longer, requestID: id)
        #expect(other.isReplay && other.bytes == first.bytes)

        let changed = ArmRequest(limit: 4, unit: .working, label: "first").encoded()
        for (method, message) in [(method, changed), (DeadlinesMethods.complete.id, message)] {
            let bad = BadMessage(what: "", bytes: message, reasons: [.requestIdReused])
            let answer = try connection.call(method, bad.bytes, requestID: id)
            #expect(Self.difference(of: answer, from: bad) == nil)
        }
        #expect(try await office.auditHead() == head)

        let elsewhere = try office.frames(as: "other").reply(method, message, requestID: id)
        #expect(!elsewhere.isReplay && elsewhere.bytes != first.bytes)
        #expect(try await office.auditHead().sequence == head.sequence + 1)
    }
}

extension FrameConnection {
    /// The reply to a call that must succeed.
    func reply(
        _ method: UInt32,
        _ message: [UInt8],
        requestID: [UInt8] = []
    ) throws -> (bytes: [UInt8], isReplay: Bool) {
        switch try call(method, message, requestID: requestID) {
        case .reply(let bytes, let isReplay): return (bytes, isReplay)
        case .failure(let failure): throw failure
        }
    }
}
