import BanjieProtocol

/// The assessment's arithmetic.
let supervisionOperations: [String: Operation] = [
    "assessment.score": { world, arguments in
        func count(_ name: String) -> Int32 {
            Int32(clamping: arguments.values[name]?.integer ?? 0)
        }
        let reply = try await SupervisionClient(try await world.channel(as: "clerk")).score(
            ScoreRequest(
                yellow: count("yellow"),
                red: count("red"),
                warningTriples: count("warning_triples"),
                completed: count("completed"),
                early: count("early")
            )
        )
        return ["score": JSON(reply.score)]
    }
]
