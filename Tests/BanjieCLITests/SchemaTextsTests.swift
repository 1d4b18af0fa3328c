import BanjieProtocol
import Testing
import Wire

@testable import BanjieCLI

struct SchemaTextsTests {
    private let services = BanjieProtocolSchema.services
    private let messages = BanjieProtocolSchema.messages.map { $0.descriptor }

    @Test func theWholeSchemaIsSaidInChinese() {
        for service in services {
            #expect(
                SchemaTexts.summary(ofService: service.name, service.doc).chinese.isChinese,
                "\(service.name)"
            )
            for method in service.methods {
                #expect(SchemaTexts.summary(of: method).chinese.isChinese, "\(method.fullName)")
                #expect(SchemaTexts.methods[method.fullName] != nil, "\(method.fullName)")
            }
        }
        for message in messages {
            #expect(SchemaTexts.messages[message.name] != nil, "\(message.name)")
            for field in message.fields {
                let key = "\(message.name).\(field.name)"
                let chinese = SchemaTexts.fieldsOfMessages[key] ?? SchemaTexts.fields[field.name]
                #expect(chinese != nil, "\(key)")
            }
        }
    }

    @Test func noTextIsOfWhatTheSchemaHasNoMore() {
        #expect(Set(SchemaTexts.services.keys) == Set(services.map(\.name)))
        #expect(
            Set(SchemaTexts.methods.keys) == Set(services.flatMap(\.methods).map(\.fullName))
        )
        #expect(Set(SchemaTexts.messages.keys) == Set(messages.map(\.name)))
        let fields = messages.flatMap { message in
            message.fields.map { (name: $0.name, key: "\(message.name).\($0.name)") }
        }
        #expect(Set(SchemaTexts.fieldsOfMessages.keys).subtracting(fields.map(\.key)).isEmpty)
        #expect(Set(SchemaTexts.fields.keys).subtracting(fields.map(\.name)).isEmpty)
        #expect(Set(SchemaTexts.values.keys) == Self.valueNames)
    }

    /// Every value of every enum that a field has, as `Enum.VALUE`.
    private static var valueNames: Set<String> {
        func names<Value: OpenEnum>(_ type: Value.Type) -> [String] {
            Value.known.map { "\(Value.self).\($0)" }
        }
        var found: Set<String> = []
        for field in BanjieProtocolSchema.messages.flatMap({ $0.descriptor.fields }) {
            if case .enumeration(let type) = field.type { found.formUnion(names(type)) }
        }
        // Roles also stand in the descriptors of methods.
        return found
    }

    @Test func labels() {
        #expect(Language.chinese.label(CaseState.acceptedGap) == "容缺受理")
        #expect(Language.english.label(CaseState.acceptedGap) == "ACCEPTED_GAP")
        #expect(Language.chinese.label(CaseState(rawValue: 99)) == "99")
        #expect(Language.chinese.label(CaseState(rawValue: 0)).isEmpty)
    }
}

struct ReasonTextsTests {
    private func failure(
        _ status: Status,
        _ reason: String,
        _ message: String,
        _ outcome: Wire.Outcome = .processed,
        details: [CallDetail] = []
    ) -> CallError {
        CallError(
            status: status,
            reason: reason,
            message: message,
            outcome: outcome,
            origin: .handler,
            details: details
        )
    }

    @Test func everyReasonIsSaidInBothLanguages() {
        for reason in Reason.allCases {
            let text = ReasonTexts.text(of: reason)
            for text in [text.what, text.advice].compactMap(\.self) {
                #expect(!text.english.isEmpty && !text.english.isChinese, "\(reason)")
                #expect(text.chinese.isChinese, "\(reason)")
            }
        }
        for (reason, text) in ReasonTexts.transport {
            #expect(text.what.chinese.isChinese, "\(reason)")
            #expect(Reason(rawValue: reason) == nil, "\(reason) stands in the schema")
        }
    }

    @Test func theServersSentenceCountsInItsLanguage() {
        let english = failure(.failedPrecondition, "ALREADY_PAUSED", "It is paused already.")
        let chinese = failure(.failedPrecondition, "ALREADY_PAUSED", "已中止。")
        #expect(ReasonTexts.sentence(for: english, in: .english) == "It is paused already.")
        #expect(ReasonTexts.sentence(for: chinese, in: .chinese) == "已中止。")
        #expect(ReasonTexts.sentence(for: english, in: .chinese) == "已中止计时")
        #expect(ReasonTexts.advice(for: english, requestID: nil, in: .chinese) == "请先恢复计时")
    }

    @Test func particularsStandInOurSentence() {
        let error = failure(
            .invalidArgument,
            "LIMIT_EXCEEDED",
            "At most 10.",
            details: [
                CallDetail(key: "asked", value: "12"), CallDetail(key: "whence", value: "x"),
            ]
        )
        #expect(
            ReasonTexts.sentence(for: error, in: .chinese)
                == "超过法律或本市规定的上限（申请 12，whence x）"
        )
    }

    @Test func reasonsThatAreNewHere() {
        let error = failure(.aborted, "NEVER_HEARD_OF", "Something new.")
        #expect(ReasonTexts.sentence(for: error, in: .chinese) == "调用中止（Something new.）")
        #expect(ReasonTexts.sentence(for: error, in: .english) == "Something new.")
        #expect(ReasonTexts.advice(for: error, requestID: nil, in: .english) != nil)
        let empty = failure(.unknown, "NEVER_HEARD_OF", "")
        #expect(ReasonTexts.sentence(for: empty, in: .english) == "NEVER_HEARD_OF")
        #expect(ReasonTexts.advice(for: empty, requestID: nil, in: .english) == nil)
    }

    @Test func whatNobodyCanTellIsToBeRepeatedUnderItsID() throws {
        let error = failure(.unavailable, "CONNECTION_LOST", "lost", .unknown)
        let advice = try #require(
            ReasonTexts.advice(for: error, requestID: [0xAB, 1], in: .english)
        )
        #expect(advice.contains("--request-id ab01"))
        let query = try #require(ReasonTexts.advice(for: error, requestID: nil, in: .english))
        #expect(!query.contains("--request-id"))
    }
}

struct ExitStatusTests {
    @Test func everyStatusHasItsNumber() {
        let numbers: [Status: Int32] = [
            .ok: 0, .cancelled: 75, .unknown: 70, .invalidArgument: 65, .deadlineExceeded: 75,
            .notFound: 66, .alreadyExists: 73, .permissionDenied: 77, .resourceExhausted: 75,
            .failedPrecondition: 73, .aborted: 75, .outOfRange: 65, .unimplemented: 70,
            .internal: 70, .unavailable: 69, .dataLoss: 70, .unauthenticated: 77,
        ]
        for status in Status.allCases {
            #expect(ExitStatus(status).rawValue == numbers[status])
        }
    }
}
