import BanjieClient
import BanjieProtocol
import ChildProcess
import Digest
import Foundation
import LocalServer
import Testing
import Wire

/// Reviews' figures and the chain of their steps on a real store, also when somebody has written into its file.
@Suite(.serialized) struct ReviewRecordTests {
    /// Two cases that may be reviewed, of which the first was: three steps.
    private func office() async throws -> (TestOffice, rated: String) {
        let test = try await TestOffice()
        let rated = try await test.deliverCase().case
        _ = try await test.deliverCase()
        _ = try await ReviewsClient(try test.office.channel(as: TestOffice.coHandler))
            .rate(RateRequest(case: rated, grade: 2, text: "很快"))
        return (test, rated)
    }

    private func reviews(of test: TestOffice) throws -> ReviewsClient {
        ReviewsClient(try test.office.channel(as: TestOffice.everybody))
    }

    @Test func whoKeepsLinksRecomputesThem() async throws {
        let (test, rated) = try await office()
        let reviews = try reviews(of: test)
        var links: [ReviewLink] = []
        while true {
            let reply = try await reviews.listLinks(
                ListReviewLinksRequest(after: links.last?.sequence ?? 0, limit: 2)
            )
            links += reply.links
            guard reply.more else { break }
        }
        #expect(links.map(\.sequence) == [1, 2, 3])
        #expect(links.map(\.what) == ["REVIEW_INVITED", "REVIEW_INVITED", "REVIEW_RATED"])
        #expect(links.map(\.grade) == [0, 0, 2])
        #expect(links.last?.case == rated)
        #expect(links.last?.by == "applicant")

        var former = [UInt8](repeating: 0, count: 32)
        for link in links {
            var said = link
            said.hash = []
            former = SHA256.hash(former + said.encoded())
            #expect(link.hash == former)
        }
        let verdict = try await reviews.verifyChain(Empty())
        #expect(verdict == ReviewChainVerdict(intact: 3, head: former))
    }

    @Test(arguments: [
        ("UPDATE review_link SET grade = 1 WHERE sequence = 3", "CHANGED 3", 2),
        ("UPDATE review_link SET by_login = 'x' WHERE sequence = 1", "CHANGED 1", 0),
        ("DELETE FROM review_link WHERE sequence = 2", "MISSING 2", 1),
        ("DELETE FROM review_link WHERE sequence = 3", "CUT 3", 2),
    ])
    func findsWhatWasWrittenIntoIt(sql: String, problem: String, intact: UInt64) async throws {
        let (test, _) = try await office()
        try await restart(test, after: sql)
        let verdict = try await reviews(of: test).verifyChain(Empty())
        #expect(verdict.problem == problem)
        #expect(verdict.intact == intact)
    }

    @Test func findsReviewsThatDiffer() async throws {
        let (test, rated) = try await office()
        try await restart(test, after: "UPDATE review SET grade = 1 WHERE grade = 2")
        let verdict = try await reviews(of: test).verifyChain(Empty())
        #expect(verdict.problem.isEmpty)
        #expect(verdict.differing == [rated])
    }

    @Test func findsReviewsThatWereTakenAway() async throws {
        let (test, rated) = try await office()
        try await restart(test, after: "DELETE FROM review WHERE case_serial = '\(rated)'")
        let verdict = try await reviews(of: test).verifyChain(Empty())
        #expect(verdict.problem.isEmpty)
        #expect(verdict.differing == [rated])
    }

    @Test func figuresAreByPost() async throws {
        let (test, _) = try await office()
        let post = "post-\(TestOffice.everybody)"
        let reviews = try reviews(of: test)
        // The figures are by where somebody was when they delivered.
        _ = try await DirectoryClient(try test.office.operator()).putPerson(
            Person(
                login: TestOffice.everybody,
                name: "换岗",
                department: "OTHER",
                post: "post-\(TestOffice.coHandler)",
                roles: [.supervisor]
            )
        )
        let stats = try await reviews.stats(ReviewStatsRequest(post: post))
        #expect(
            stats
                == ReviewStats(
                    invited: 2,
                    rated: 1,
                    satisfied: 1,
                    satisfactionPpm: 1_000_000
                )
        )
        let elsewhere = "post-\(TestOffice.coHandler)"
        #expect(try await reviews.stats(ReviewStatsRequest(post: elsewhere)) == ReviewStats())
    }

    private func restart(_ test: TestOffice, after sql: String) async throws {
        test.office.disconnect()
        test.server.terminate()
        #expect(test.server.waitForExit(seconds: 20) == .code(0))
        try StoreFile.execute(sql, on: test.server.store.path)
        try test.server.start(.virtual(TestOffice.morning))
    }
}
