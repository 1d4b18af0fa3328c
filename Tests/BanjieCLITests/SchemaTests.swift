import BanjieProtocol
import Testing
import Wire

@testable import BanjieCLI

/// A server that has more than this program was built with.
private enum NewerServer {
    static let schema: SchemaReply = {
        var schema = BanjieProtocolSchema.description
        schema.fingerprint ^= 1
        schema.services.append(
            ServiceSchema(
                number: 900,
                name: "Parcels",
                methods: [
                    MethodSchema(
                        number: 7,
                        name: "Send",
                        kind: .command,
                        access: .roles,
                        roles: ["HEAD", "POSTMASTER"],
                        defaultTimeoutMillis: 4000,
                        longestTimeoutMillis: 9000,
                        idempotency: .requestId,
                        request: "Parcel",
                        reply: "Parcel",
                        doc: "Sends a parcel."
                    ),
                    MethodSchema(
                        number: 8,
                        name: "Follow",
                        kind: .watch,
                        request: "Parcel",
                        reply: "Parcel"
                    ),
                    MethodSchema(
                        number: 9,
                        name: "Trade",
                        kind: .session,
                        request: "Parcel",
                        reply: "Parcel"
                    ),
                ],
                doc: "Parcels on their \u{1B}[31mway."
            )
        )
        schema.messages.append(
            MessageSchema(
                name: "Parcel",
                fields: [
                    FieldSchema(number: 1, name: "label", valueType: .string, maximum: 20),
                    FieldSchema(number: 2, name: "weights", valueType: .int32, isList: true),
                    FieldSchema(number: 3, name: "way", valueType: .enum, typeName: "Way"),
                    FieldSchema(
                        number: 4,
                        name: "within",
                        valueType: .message,
                        typeName: "Parcel",
                        isOptional: true
                    ),
                    FieldSchema(number: 5, name: "sent", valueType: .instant, isOptional: true),
                    FieldSchema(number: 6, name: "lost", valueType: .message, typeName: "Nothing"),
                    FieldSchema(number: 7, name: "odd", valueType: SchemaType(rawValue: 99)),
                ]
            )
        )
        schema.enums.append(
            EnumSchema(
                name: "Way",
                values: [EnumValueSchema(number: 1, name: "ROAD", doc: "On the road.")]
            )
        )
        return schema
    }()

    /// Returns what it is sent, by methods that aren't of our schema.
    static let answer: FakeChannel.Answer = { method, body throws(CallError) in
        switch method.fullName {
        case "Reflection/Schema": CallReply(bytes: schema.encoded())
        case "Parcels/Send": CallReply(bytes: body)
        default: try FakeChannel.defaults(method, body)
        }
    }

    static let unreachable: FakeChannel.Answer = { _, _ throws(CallError) in
        throw CallError(
            status: .unavailable,
            reason: "CONNECTION_FAILED",
            message: "nobody is there",
            outcome: .notProcessed,
            origin: .transport
        )
    }
}

struct SchemaTests {
    @Test func aMethodThatOnlyTheServerKnowsIsCalledByItsSchema() async throws {
        let json =
            #"{"label":"甲","weights":[1,-2],"way":"ROAD","within":{"label":"乙"},"#
            + #""sent":"2026-03-02T10:00:00"}"#
        let outcome = await run(
            ["call", "Parcels/Send", json, "--json", "--request-id", "ab"],
            answer: NewerServer.answer
        )
        #expect(outcome.status == .success, "\(outcome.errors)")
        #expect(
            outcome.output == #"{"label":"甲","weights":[1,-2],"way":"ROAD","within":"#
                + #"{"label":"乙","weights":[]},"sent":"2026-03-02T10:00:00"}"# + "\n"
        )
        let call = try #require(outcome.calls.last)
        #expect(call.method.id == 900 << 16 | 7)
        #expect(call.method.defaultTimeoutMillis == 4000)
        #expect(call.options.requestID == [0xAB])
    }

    @Test(arguments: [
        (#"{"weights":["x"]}"#, "weights[0]"), (#"{"colour":1}"#, "colour"),
        (#"{"way":"SEA"}"#, "ROAD"), (#"{"lost":{"a":1}}"#, "no fields"), (#"{"odd":1}"#, "odd"),
    ])
    func itsRequestIsCheckedByTheServersSchema(_ json: String, _ named: String) async {
        let outcome = await run(["call", "Parcels/Send", json], answer: NewerServer.answer)
        #expect(outcome.status == .dataError)
        #expect(outcome.errors.contains(named), "\(outcome.errors)")
    }

    @Test func aMethodThatNobodyKnows() async {
        let mistyped = await run("call Parcels/Sent", answer: NewerServer.answer)
        #expect(mistyped.status == .usage && mistyped.errors.contains("Parcels/Send"))
        let unreachable = await run("call Parcels/Send", answer: NewerServer.unreachable)
        #expect(unreachable.status == .unavailable)
        #expect(await run("call Parcels").status == .usage)
    }

    @Test func aWatchIsWrittenAsItComes() async {
        let outcome = await run(
            ["call", "Parcels/Follow", #"{"label":"甲"}"#],
            answer: NewerServer.answer
        )
        #expect(outcome.status == .success, "\(outcome.errors)")
        #expect(outcome.lines == [#"{"label":"甲","weights":[]}"#])
        #expect(outcome.calls.last?.method.fullName == "Parcels/Follow")
    }

    @Test func aSessionsMessagesAreTheLinesOfTheInput() async {
        let outcome = await run(
            ["call", "Parcels/Trade", "-"],
            input: ["{\"label\":\"a\"}\n\n{\"la", "bel\":\"b\"}\n{\"label\":\"c\"}"],
            answer: NewerServer.answer
        )
        #expect(outcome.status == .success, "\(outcome.errors)")
        #expect(
            outcome.lines == ["a", "b", "c"].map { #"{"label":"\#($0)","weights":[]}"# }
        )
        let bad = await run(
            ["call", "Parcels/Trade", "-"],
            input: ["{}\n{\"colour\":1}\n"],
            answer: NewerServer.answer
        )
        #expect(bad.status == .dataError && bad.errors.contains("colour"))
        let none = await run("call Parcels/Trade", answer: NewerServer.answer)
        #expect(none.lines == [#"{"label":"","weights":[]}"#])
    }

    /// A reply that nests deeper than any message may doesn't take the program with it.
    @Test func aReplyThatIsTooDeep() async {
        var body: [UInt8] = []
        for _ in 0..<2000 {
            var writer = MessageWriter()
            writer.write(ifPresent: body, as: 4)
            body = writer.bytes
        }
        let deep = body
        let outcome = await run("call Parcels/Send") { method, body throws(CallError) in
            method.fullName == "Parcels/Send"
                ? CallReply(bytes: deep) : try NewerServer.answer(method, body)
        }
        #expect(outcome.status == .failure, "\(outcome.errors.prefix(400))")
        #expect(outcome.errors.contains("nested deeper"), "\(outcome.errors.prefix(400))")
    }

    @Test func whatTheServerHasIsDescribed() async throws {
        let service = await run("describe Parcels", answer: NewerServer.answer)
        #expect(
            service.output.contains("Parcels/Send") && service.output.contains("Sends a parcel.")
        )
        #expect(service.errors.contains("127.0.0.1:7410"))
        // What a server says doesn't steer the terminal.
        #expect(!service.output.contains("\u{1B}"))
        let method = await run("describe Parcels/Send", answer: NewerServer.answer)
        for part in ["900/7", "HEAD, POSTMASTER", "4s, at most 9s", "list<int32>", "Way", "ROAD"] {
            #expect(method.output.contains(part), "\(part)")
        }
        #expect(await run("describe Parcel", answer: NewerServer.answer).output.contains("≤ 20"))
        #expect(await run("describe Way", answer: NewerServer.answer).output.contains("ROAD"))
        let json = await run("describe Parcels --json", answer: NewerServer.answer)
        #expect(json.output.hasPrefix(#"{"number":900,"name":"Parcels","#))
        let missing = await run("describe Parcles", answer: NewerServer.answer)
        #expect(missing.status == .usage && missing.errors.contains("Parcels"))
    }

    @Test func withoutAServerOurOwnIsDescribed() async {
        let ours = await run("describe Cases/Decide", answer: NewerServer.unreachable)
        #expect(ours.status == .success && ours.output.contains("5/12"))
        #expect(ours.errors.contains("built with"))
        let same = await run("describe Cases/Decide")
        #expect(same.output == ours.output && same.errors.isEmpty)
    }

    @Test func healthIsToldByTheExitStatus() async {
        #expect(await run("health").status == .success)
        let ill = await run("health", language: .chinese) { _, _ in
            let problems: [HealthProblem] = [.storeNotWritable, HealthProblem(rawValue: 42)]
            return CallReply(bytes: HealthReply(problems: problems).encoded())
        }
        #expect(ill.status == .tryAgain && ill.lines == ["存储无法写入", "42"])
        #expect(await run("health", answer: NewerServer.unreachable).status == .unavailable)
    }

    @Test func completionKnowsWhatTheServerHas() async {
        func candidates(
            _ words: String...,
            answer: @escaping FakeChannel.Answer = NewerServer.answer
        ) async -> Outcome {
            await run(["completion", "words", "--"] + words, answer: answer)
        }
        #expect(
            await candidates("call", "Par").lines == [
                "Parcels/Send", "Parcels/Follow", "Parcels/Trade",
            ]
        )
        #expect(await candidates("describe", "Parcel").lines.first == "Parcels")
        let offline = await candidates("call", "Diag", answer: NewerServer.unreachable)
        #expect(offline.lines == ["Diagnostics/Echo", "Diagnostics/Status"])
        let named = await candidates("call", "--server", "h:1", "Par")
        #expect(named.connections.first?.servers.addresses == [.tcp(host: "h", port: 1)])
        #expect(
            await candidates("call", "--server=h:1", "Par").connections.first?.servers.addresses
                == [.tcp(host: "h", port: 1)]
        )
        // Only what hangs on the schema asks for it.
        #expect(await candidates("case", "sh").connections.isEmpty)
        let hostile = await candidates("call", "") { _, _ in
            var schema = NewerServer.schema
            schema.services = [
                ServiceSchema(number: 1, name: "$(rm)", methods: [MethodSchema(name: "a;b")])
            ]
            return CallReply(bytes: schema.encoded())
        }
        #expect(hostile.output.isEmpty)
    }
}
