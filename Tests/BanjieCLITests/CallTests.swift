import BanjieClient
import BanjieProtocol
import CivilTime
import Testing
import Wire

@testable import BanjieCLI

struct CallTests {
    private let serial = "S1"

    private func request<Request: Message>(
        _ line: [String],
        as type: Request.Type
    ) async throws -> Request {
        let outcome = await run(line)
        #expect(outcome.status == .success, "\(outcome.errors)")
        let call = try #require(outcome.calls.first)
        #expect(outcome.calls.count == 1)
        return try Request(decoding: call.body)
    }

    @Test func optionsBecomeTheRequestsFields() async throws {
        let pause = try await request(
            ["case", "pause", serial, "--reason", "expert_review", "--planned-days", "007"],
            as: PauseCaseRequest.self
        )
        #expect(pause == PauseCaseRequest(case: serial, reason: .expertReview, plannedDays: 7))
        let notice = try await request(
            ["case", "notify-correction", serial, "--items", "甲", "--items=乙", "--version", "3"],
            as: NotifyCorrectionRequest.self
        )
        #expect(notice == NotifyCorrectionRequest(case: serial, version: 3, items: ["甲", "乙"]))
        let item = try await request(
            "directory item publish C --name N --department D --promised 5 --statutory 20 --joint"
                .split(separator: " ").map(String.init),
            as: PublishItemRequest.self
        )
        #expect(
            item
                == PublishItemRequest(
                    code: "C",
                    name: "N",
                    department: "D",
                    limits: ItemLimits(statutory: 20, promised: 5),
                    joint: true
                )
        )
        let change = try await request(
            ["calendar", "change", "--off", "2026-07-06..2026-07-07", "--off", "2026-07-09"]
                + ["--reason", "台风"],
            as: ChangeCalendarRequest.self
        )
        #expect(change.off.map(\.description) == ["2026-07-06", "2026-07-07", "2026-07-09"])
    }

    @Test func anOperandMayBearASharedOptionsName() async throws {
        let outcome = await run(
            "admin person put ana --name A --roles STAFF --login operator",
            variables: ["BANJIE_SECRET": "s"]
        )
        let call = try #require(outcome.calls.first)
        #expect(try Person(decoding: call.body).login == "ana")
        #expect(outcome.connections.first?.identity?.login == "operator")
    }

    @Test func listsAreAskedForInPages() async throws {
        let list = try await request(["case", "list"], as: ListCasesRequest.self)
        #expect(list.limit == 100)
        let more = await run("deadline list") { _, _ in
            CallReply(
                bytes: ListDueReply(deadlines: [DeadlineView(deadline: 9)], more: true).encoded()
            )
        }
        #expect(more.output.contains("--after 9"))
    }

    @Test func aReplyAsJSONIsTheSchemas() async {
        let outcome = await run("case count --json") { _, _ in
            CallReply(bytes: CaseCount(cases: 7).encoded())
        }
        #expect(outcome.output == "{\"cases\":7}\n")
    }

    @Test func commandsBearARequestID() async throws {
        let fresh = try #require(await run("case accept S1").calls.first)
        #expect(fresh.options.requestID == Array(1...16))
        let given = try #require(await run("case accept S1 --request-id ab01").calls.first)
        #expect(given.options.requestID == [0xAB, 1])
        let query = try #require(await run("case show S1 --request-id ab01").calls.first)
        #expect(query.options.requestID == nil)
        #expect(await run("case accept S1").errors.isEmpty)
        let verbose = await run("case accept S1 --verbose")
        #expect(verbose.errors.contains("request id 01020304-0506-0708-090a-0b0c0d0e0f10"))
        let trace = try #require(verbose.calls.first?.options.traceContext?.traceID)
        #expect(verbose.errors.contains("trace \(trace)\n"))
        #expect(verbose.errors.contains("Cases/Accept OK "))
    }

    @Test func aTraceIsCarriedOn() async throws {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let given = await run("status --traceparent \(parent)")
        #expect(given.calls.first?.options.traceContext == TraceContext(parent))
        let inherited = await run("status --verbose", variables: ["TRACEPARENT": parent])
        #expect(inherited.calls.first?.options.traceContext == TraceContext(parent))
        #expect(await run("status").calls.first?.options.traceContext == nil)
        #expect(await run("status --traceparent 00-1-2-3").status == .usage)
    }

    @Test func callOptions() async throws {
        let call = try #require(await run("status --timeout 250ms --wait").calls.first)
        #expect(call.options == CallOptions(timeoutMillis: 250, waitForReady: true))
        let plain = try #require(await run("status").calls.first)
        #expect(plain.options == CallOptions())
    }

    @Test func anyMethodCanBeCalled() async throws {
        let line = ["call", "Calendar/Due", #"{"from":"2026-03-02","days":2,"unit":"WORKING"}"#]
        let outcome = await run(line)
        let call = try #require(outcome.calls.first)
        #expect(call.method.fullName == "Calendar/Due")
        #expect(try DueRequest(decoding: call.body).days == 2)
        #expect(outcome.lines.count > 1)
        #expect(await run(line + ["--json"]).lines.count == 1)
        let piped = await run(["call", "Calendar/Due", "-"], input: [#"{"da"#, #"ys":3}"#])
        #expect(try DueRequest(decoding: try #require(piped.calls.first).body).days == 3)
        #expect(await run("call Diagnostics/Status").status == .success)
    }

    @Test func badRequests() async {
        let bad = await run(["call", "Calendar/Due", #"{"days":"x"}"#])
        #expect(bad.status == .dataError)
        #expect(bad.errors.contains("`days`"))
        #expect(bad.errors.contains("banjie describe Calendar/Due"))
        #expect(bad.calls.isEmpty)
        let nearest = await run("call Calender/Due")
        #expect(nearest.status == .usage)
        #expect(nearest.errors.contains("Calendar/Due"))
        let broken = await run(["call", "Calendar/Due", "-"], input: ["\""])
        #expect(broken.status == .dataError)
    }

    @Test func anUndecodableReply() async {
        let outcome = await run("case count") { _, _ in CallReply(bytes: [0xFF]) }
        #expect(outcome.status == .failure)
        #expect(outcome.errors.contains("Cases/Count"))
    }
}

struct SignInTests {
    @Test func aSecretComesFromAFileOrTheEnvironment() async {
        let filed = await run(
            "status --login ana --secret-file s",
            files: ["s": "top\nrest"],
            variables: ["BANJIE_SECRET": "other"]
        )
        #expect(filed.connections.first?.identity == .init(login: "ana", secret: "top"))
        let set = await run(
            "status",
            variables: ["BANJIE_LOGIN": "ana", "BANJIE_SECRET": "other"],
            language: .chinese
        )
        #expect(set.connections.first?.identity == .init(login: "ana", secret: "other"))
        #expect(set.connections.first?.language == "zh")
        #expect(await run("status").connections.first?.identity == nil)
    }

    @Test func whatIsWrongWithASecret() async {
        #expect(await run("status --login ana").status == .usage)
        #expect(await run("status --login ana --secret-file no").status == .notFound)
        let empty = await run("status --login ana --secret-file s", files: ["s": "\n"])
        #expect(empty.status == .dataError)
        #expect(empty.connections.isEmpty)
        // A secret is never an argument, which others on the machine could read.
        #expect(CommandOption.shared.allSatisfy { $0.name != "secret" })
    }

    @Test func whereTheServerIs() async {
        let standard = await run("status").connections.first
        #expect(standard?.servers.addresses == [.tcp(host: "127.0.0.1", port: 7410)])
        #expect(standard?.realm == "banjie")
        let variables = ["BANJIE_SERVER": "unix:/run/b", "BANJIE_REALM": "test"]
        let set = await run("status", variables: variables).connections.first
        #expect(set?.servers.addresses == [.unix(path: "/run/b")])
        #expect(set?.realm == "test")
        #expect(await run("status", variables: ["BANJIE_SERVER": "a:b"]).status == .usage)
        #expect(standard?.policy == .pickFirst)
        let both = ["--server", "a:1,b:1", "--balance", "round-robin", "status"]
        #expect(await run(both).connections.first?.policy == .roundRobin)
        #expect(await run(["--balance", "fair", "status"]).status == .usage)
    }

    @Test(
        arguments: [
            ("tls:b.example", ServerAddress.tls(host: "b.example", port: 7410)),
            ("tls:b.example:1", .tls(host: "b.example", port: 1)),
            ("tls:[::1]:2", .tls(host: "::1", port: 2)), ("tls:", nil), ("tls:unix:/b", nil),
            ("tls:/b", nil),
        ]
    )
    func addressesUnderTLS(_ text: String, _ address: ServerAddress?) {
        #expect(ServerAddress(text) == address)
    }

    @Test func aCertificateStandsInForASecret() async {
        let line = "status --server tls:b --login ana --ca ca --certificate c --key k"
        let shown = await run(line).connections.first
        #expect(shown?.identity == .init(login: "ana", secret: ""))
        #expect(
            shown?.security
                == .init(authorities: "ca", certificate: .init(file: "c", keyFile: "k"))
        )
        let both = await run(line, variables: ["BANJIE_SECRET": "top"]).connections.first
        #expect(both?.identity == .init(login: "ana", secret: "top"))
        #expect(await run("status --server tls:b --certificate c").status == .usage)
        #expect(await run("status --server tls:b --key k").status == .usage)
        // What is meant for TLS isn't passed over in plain; beside a Unix socket it says nothing.
        #expect(await run("status --ca ca").status == .usage)
        let local = await run("status --server unix:/b", variables: ["BANJIE_CA": "ca"])
        #expect(local.connections.first?.servers.addresses == [.unix(path: "/b")])
    }

    @Test func aNewSecretGoesToAFileAlone() async {
        let answer: FakeChannel.Answer = { _, _ in
            CallReply(bytes: Credential(login: "ana", secret: "top").encoded())
        }
        let line = "admin credential issue ana"
        let shown = await run(line, answer: answer)
        #expect(shown.output.contains("top"))
        let filed = await run(line + " --out s", answer: answer)
        #expect(filed.secretFiles == ["s": "top\n"])
        #expect(!filed.output.contains("top") && !filed.errors.contains("top"))
        let lost = await run(line + " --out full", answer: answer)
        #expect(lost.status == .outputLost)
        #expect(lost.errors.contains("issue another"))
    }

    @Test func anEarlierSecretStaysWhenTheNewOneHasNoFile() async {
        let calls = Shared(0)
        let refusal = CallError(
            status: .notFound,
            reason: "NO_SUCH_PERSON",
            message: "There is no person ana.",
            outcome: .notProcessed,
            origin: .handler
        )
        let answer: FakeChannel.Answer = { _, _ throws(CallError) in
            calls.change { $0 += 1 }
            throw refusal
        }
        let line = "admin credential issue ana --out s"
        let exists = await run(line, files: ["s": ""], answer: answer)
        #expect(exists.status == .outputLost)
        #expect(exists.errors.contains("file exists"))
        #expect(calls.change { $0 } == 0)
        let refused = await run(line, answer: answer)
        #expect(refused.status == .notFound)
        #expect(calls.change { $0 } == 1)
        #expect(refused.secretFiles.isEmpty)
    }
}

struct ErrorReportTests {
    private let refusal = CallError(
        status: .invalidArgument,
        reason: "OUT_OF_RANGE",
        message: "The field days must be 1…10.",
        outcome: .processed,
        origin: .handler,
        field: "days",
        details: [CallDetail(key: "allowed", value: "1…10")]
    )

    @Test func whatWhereAndWhatToDo() async {
        let english = await run("case accept S1") { _, _ throws(CallError) in throw refusal }
        #expect(english.status == .dataError)
        #expect(english.output.isEmpty)
        #expect(
            english.errors == """
                banjie case accept: The field days must be 1…10.
                  reason: INVALID_ARGUMENT/OUT_OF_RANGE
                  field: days
                  what to do: see the range with banjie describe

                """
        )
        let chinese = await run("case accept S1", language: .chinese) { _, _ throws(CallError) in
            throw refusal
        }
        #expect(
            chinese.errors == """
                banjie case accept: 字段的值超出范围（应为 1…10）
                  原因：INVALID_ARGUMENT/OUT_OF_RANGE
                  字段：days
                  处理办法：可用 banjie describe 查看范围

                """
        )
    }

    @Test func asJSON() async {
        let outcome = await run("case accept S1 --json") { _, _ throws(CallError) in throw refusal }
        #expect(
            outcome.errors == """
                {"error":{"status":"INVALID_ARGUMENT","reason":"OUT_OF_RANGE",\
                "message":"The field days must be 1…10.",\
                "advice":"see the range with banjie describe","field":"days",\
                "details":{"allowed":"1…10"},"outcome":"processed","origin":"handler",\
                "request_id":"01020304-0506-0708-090a-0b0c0d0e0f10","exit_status":65}}

                """
        )
        let usage = await run("case accept --json")
        #expect(usage.errors.hasPrefix(#"{"error":{"reason":"USAGE","#))
        #expect(usage.status == .usage)
    }

    @Test func aServersControlCharactersAreHarmless() async {
        var error = refusal
        error.message = "a\u{1B}[31m"
        let outcome = await run("case accept S1") { [error] _, _ throws(CallError) in throw error }
        #expect(!outcome.errors.contains("\u{1B}"))
    }

    @Test func aClockThatTheCaseHasnt() async {
        let outcome = await run("case explain S1 --clock gap")
        #expect(outcome.status == .notFound)
        #expect(outcome.errors.contains("GAP"))
        #expect(outcome.calls.count == 1)
    }
}
