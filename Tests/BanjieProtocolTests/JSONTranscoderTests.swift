import BanjieProtocol
import CivilTime
import Testing

/// What `banjie call` writes and reads.
struct JSONTranscoderTests {
    private func failure(_ json: String, as type: any Message.Type) -> JSONError? {
        do {
            _ = try JSONTranscoder.encode(json, as: type)
            return nil
        } catch {
            return error
        }
    }

    @Test func aRequestIsEncoded() throws {
        let json = """
            {"limit": 10, "unit": "WORKING", "start": "2026-01-05T09:00:00",
             "rungs": ["REMIND", 4], "label": "tax \\u529e\\ud83d\\ude00"}
            """
        let start = try #require(Instant("2026-01-05T09:00:00"))
        let expected = ArmRequest(
            limit: 10,
            unit: .working,
            start: start,
            rungs: [.remind, .expire],
            label: "tax 办😀"
        )
        let bytes = try JSONTranscoder.encode(json, as: ArmRequest.self)
        #expect(try ArmRequest(decoding: bytes) == expected)
        #expect(bytes == expected.encoded())
    }

    @Test func nullLeavesAFieldOut() throws {
        #expect(try JSONTranscoder.encode("{\"start\": null}", as: ArmRequest.self).isEmpty)
        #expect(try JSONTranscoder.encode(" { } ", as: Empty.self).isEmpty)
    }

    @Test func everyFieldIsShown() throws {
        let day = try #require(CivilDate("2026-10-01"))
        let request = DueRequest(from: day, unit: .working, pauses: [PauseDays(pause: day)])
        let json = try JSONTranscoder.decode(request.encoded(), as: DueRequest.self)
        #expect(
            json == "{\"from\":\"2026-10-01\",\"days\":0,\"unit\":\"WORKING\","
                + "\"pauses\":[{\"pause\":\"2026-10-01\"}]}"
        )
        let pretty = try JSONTranscoder.decode(
            PauseDays(pause: day, resume: day).encoded(),
            as: PauseDays.self,
            isPretty: true
        )
        #expect(pretty == "{\n  \"pause\": \"2026-10-01\",\n  \"resume\": \"2026-10-01\"\n}")
    }

    @Test func bytesAreBase64() throws {
        let reply = EchoReply(payload: [0, 255, 128])
        let json = try JSONTranscoder.decode(reply.encoded(), as: EchoReply.self)
        #expect(json == "{\"payload\":\"AP+A\"}")
        #expect(try JSONTranscoder.encode(json, as: EchoReply.self) == reply.encoded())
    }

    @Test(
        arguments: [
            ("{\"nope\": 1}", "nope", "has no such field"),
            ("{\"limit\": \"ten\"}", "limit", "must be a whole number, not a string"),
            ("{\"limit\": 1.5}", "limit", "must be a whole number in -2147483648…2147483647"),
            ("{\"limit\": 2147483648}", "limit", "must be a whole number"),
            ("{\"unit\": \"WEEKS\"}", "unit", "one of WORKING, NATURAL, WORKING_MINUTES"),
            ("{\"start\": \"2026-02-30T00:00:00\"}", "start", "YYYY-MM-DDTHH:MM:SS"),
            ("{\"rungs\": \"RED\"}", "rungs", "must be an array, not a string"),
            ("{\"rungs\": [\"RED\", \"BLUE\"]}", "rungs[1]", "must be one of"),
            ("[]", "", "must be an object"),
            ("{\"limit\": 1, \"limit\": 2}", "", "the key `limit` stands twice"),
            ("{\"limit\": 1,}", "", "a key in quotes is missing"),
            ("{\"limit\": 01}", "", "a value is missing"),
            ("{\"limit\": 1} x", "", "goes on after its value"),
            ("{\"label\": \"\\ud83d\"}", "", "half a character"),
            ("{\"label\": \"a", "", "has no end"),
            ("", "", "a value is missing"),
        ]
    )
    func anErrorNamesItsPath(json: String, path: String, problem: String) throws {
        let error = try #require(failure(json, as: ArmRequest.self))
        #expect(error.path == path)
        #expect(error.problem.contains(problem), "\(error)")
    }

    @Test func errorsWithinMessagesNameTheWholePath() {
        let error = failure("{\"pauses\": [{}, {\"pause\": 7}]}", as: DueRequest.self)
        #expect(error?.path == "pauses[1].pause")
        #expect(
            error?.description == "`pauses[1].pause`: must be a string YYYY-MM-DD, not a number"
        )
        #expect(failure("{\"payload\": \"A\"}", as: EchoRequest.self)?.path == "payload")
        #expect(failure("{\"payload\": \"AB==\"}", as: EchoRequest.self)?.path == "payload")
    }

    @Test func deeplyNestedTextIsRefused() {
        let text = String(repeating: "[", count: 100_000)
        #expect(failure(text, as: ArmRequest.self)?.problem.contains("nested too deep") == true)
    }
}
