import BanjieProtocol
import CivilTime
import Testing

/// Limits are judged by `validate`, in the order of the fields, and never by decoding.
struct ValidationTests {
    private func refusal(of message: some Message) -> FieldRefusal? {
        do {
            try message.validate()
            return nil
        } catch {
            return error
        }
    }

    @Test func aSoundRequestPasses() {
        #expect(refusal(of: ArmRequest(limit: 10, unit: .working, rungs: [.red, .expire])) == nil)
        #expect(refusal(of: SubmitCaseRequest(item: "A", channel: nil)) == nil)
    }

    @Test func aStringIsMeasuredInBytes() {
        #expect(refusal(of: CaseRequest(case: String(repeating: "件", count: 21))) == nil)
        let error = refusal(of: CaseRequest(case: String(repeating: "件", count: 22)))
        #expect(
            error
                == FieldRefusal(field: "case", reason: .outOfRange, allowed: "1…64 bytes of UTF-8")
        )
        #expect(error?.description == "OUT_OF_RANGE: `case` must be 1…64 bytes of UTF-8")
        #expect(refusal(of: CaseRequest())?.reason == .outOfRange)
    }

    @Test func bytesAreCounted() {
        #expect(refusal(of: AuditHead(hash: [UInt8](repeating: 0, count: 32))) == nil)
        let error = refusal(of: AuditHead(hash: [1]))
        #expect(error == FieldRefusal(field: "hash", reason: .outOfRange, allowed: "32 bytes"))
    }

    @Test(arguments: [(0, true), (100_000, true), (-1, false), (100_001, false)])
    func anIntegerHasARange(limit: Int32, isAllowed: Bool) {
        let error = refusal(of: ArmRequest(limit: limit, unit: .working))
        #expect((error == nil) == isAllowed)
        if let error { #expect(error.field == "limit" && error.allowed == "0…100000") }
    }

    @Test func anOpenRangeIsOpen() {
        let allowed = ExtendCaseRequest(case: "A", days: .max, reason: "because")
        #expect(refusal(of: allowed) == nil)
        let refused = ExtendCaseRequest(case: "A", days: 0, reason: "because")
        #expect(refusal(of: refused)?.allowed == "at least 1")
    }

    @Test func aMissingReasonIsRefusedByItsOwnName() {
        let error = refusal(of: RefuseCaseRequest(case: "A"))
        #expect(error?.field == "reason")
        #expect(error?.reason == .reasonRequired)
        let long = RefuseCaseRequest(case: "A", reason: String(repeating: "x", count: 2001))
        #expect(refusal(of: long)?.reason == .outOfRange)
    }

    @Test func aValueThatAnEnumDoesNotKnowIsRefused() {
        let unknown = PauseCaseRequest(case: "A", reason: PauseReason(rawValue: 99), plannedDays: 1)
        #expect(refusal(of: unknown)?.reason == .pauseReason)
        let missing = PauseCaseRequest(case: "A", plannedDays: 1)
        #expect(refusal(of: missing)?.reason == .pauseReason)
        let other = SubmitCaseRequest(item: "A", channel: Channel(rawValue: 0))
        let error = refusal(of: other)
        #expect(error?.reason == .unknownValue)
        #expect(error?.allowed == "one of WINDOW, PC, MOBILE, TERMINAL, PHONE, POST")
    }

    @Test func elementsAreNamedByTheirIndex() {
        let rungs = ArmRequest(limit: 1, unit: .working, rungs: [.red, Rung(rawValue: 9)])
        #expect(refusal(of: rungs)?.field == "rungs[1]")
        let many = ArmRequest(
            limit: 1,
            unit: .working,
            rungs: [Rung](repeating: .red, count: 5)
        )
        let error = refusal(of: many)
        #expect(error?.field == "rungs" && error?.allowed == "at most 4 elements")
    }

    @Test func messagesWithinAreChecked() {
        let item = PublishItemRequest(
            code: "A",
            name: "B",
            department: "C",
            limits: ItemLimits(statutory: 20, promised: 0)
        )
        #expect(refusal(of: item)?.field == "limits.promised")
        let without = PublishItemRequest(code: "A", name: "B", department: "C")
        #expect(
            refusal(of: without)
                == FieldRefusal(field: "limits", reason: .outOfRange, allowed: "given")
        )
        let view = ListCasesReply(cases: [CaseView(case: "A", state: .draft, channel: .pc)])
        #expect(refusal(of: view) == nil)
        let nested = ListCasesReply(
            cases: [CaseView(case: "A", state: .draft, channel: .pc), CaseView()]
        )
        #expect(refusal(of: nested)?.field == "cases[1].case")
    }

    @Test func theFirstFieldIsReported() {
        #expect(refusal(of: RefuseCaseRequest())?.field == "case")
    }

    @Test func decodingAcceptsWhatLimitsRefuse() throws {
        let message = ArmRequest(limit: -1, unit: LimitUnit(rawValue: 77))
        #expect(try ArmRequest(decoding: message.encoded()) == message)
    }
}
