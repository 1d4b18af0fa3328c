import CivilTime
import Testing
import WorkCalendar

@testable import Office

@Suite struct AssessmentTests {
    private static func score(
        triples: Int32 = 0,
        yellow: Int32 = 0,
        red: Int32 = 0,
        completed: Int32 = 0,
        early: Int32 = 0
    ) throws(Refusal) -> AssessmentScore {
        try AssessmentScore(
            AssessmentCounts(
                warningTriples: triples,
                yellow: yellow,
                red: red,
                completed: completed,
                early: early
            )
        )
    }

    @Test(
        arguments: [
            (0, 0, 0), (1, 0, 0), (10, 0, 0), (10, 1, 1), (19, 1, 0), (20, 19, 9), (200, 64, 3),
            (7, 7, 10),
            (1_000_000_000, 999_999_999, 9),
        ] as [(Int32, Int32, Int64)]
    )
    func eachTenthCompletedEarlyIsAPoint(_ completed: Int32, _ early: Int32, _ points: Int64) throws
    {
        let score = try Self.score(completed: completed, early: early)
        #expect(score.total == 100 + points)
    }

    @Test func theLinesExplainTheTotal() throws {
        let score = try Self.score(triples: 1, yellow: 2, red: 1, completed: 200, early: 64)
        #expect(score.lines.map(\.points) == [100, -3, -10, -10, 3])
        #expect(score.lines.map(\.item) == AssessmentScore.Item.allCases)
        #expect(score.total == 80)
    }

    /// 2026-03-06 is a Friday; the days of a run are working days one after the other.
    @Test(
        arguments: [
            ("", 0), ("02 03", 0), ("02 03 04", 1), ("02 03 05", 0), ("05 06 09", 1),
            ("05 06 07 09", 1), ("05 06 07", 0), ("02 03 04 05 06", 1), ("02 03 04 05 06 09", 2),
            ("02 02 03 03 04", 1), ("02 03 05 06 09 10", 1),
        ] as [(String, Int32)]
    )
    func threeWarnedDaysRunningAreOneTriple(_ days: String, _ triples: Int32) {
        let dates = days.split(separator: " ").compactMap { CivilDate("2026-03-\($0)") }
        #expect(
            AssessmentCounts.triples(of: dates, isWorkingDay: WorkCalendar.builtIn.isWorkingDay)
                == triples
        )
    }

    @Test func moreThanAllCannotBeEarly() {
        #expect(throws: Refusal.outOfRange(field: "early", allowed: "0…3")) {
            try Self.score(completed: 3, early: 4)
        }
    }
}
