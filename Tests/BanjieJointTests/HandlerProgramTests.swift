import BanjieProtocol
import CivilTime
import Foundation
import Testing

@testable import BanjieJoint

/// Real programs of the shell's in the place of a department's.
@Suite(.timeLimit(.minutes(1))) struct HandlerProgramTests {
    private static let task = JointTask(
        case: "1-1",
        item: "I",
        lead: "LEAD",
        role: .licensor,
        due: CivilDate("2026-06-23"),
        round: 3,
        corrected: ["图纸"]
    )

    private static func program(_ script: String, seconds: Int = 20) -> HandlerProgram {
        HandlerProgram(
            settings: JointConfiguration.Handler(
                command: ["/bin/sh", "-c", script],
                timeoutSeconds: seconds,
                attempts: 1
            )
        )
    }

    @Test func itReadsTheTaskAndGivesTheOpinion() async throws {
        // What the program read comes back as its reason.
        let opinion = try await Self.program(
            #"read -r task; printf '{"kind":"DISAGREE","reason":"%s"}' "$(printf %s "$task" | tr -d '"')""#
        ).handle(Self.task, for: "A")
        #expect(opinion.case == "1-1")
        #expect(opinion.kind == .disagree)
        #expect(opinion.round == 3)
        #expect(
            opinion.reason
                == "{case:1-1,corrected:[图纸],department:A,due:2026-06-23,item:I,lead:LEAD,"
                + "role:LICENSOR,round:3}"
        )
    }

    @Test func itNeedNotReadTheTask() async throws {
        let opinion = try await Self.program(
            #"exec <&-; echo '{"kind":"CORRECTION","items":["甲"]}'"#
        ).handle(Self.task, for: "A")
        #expect(opinion.items == ["甲"])
    }

    @Test(arguments: [
        ("exit 3", "3"), ("echo wrong >&2; exit 1", "wrong"), ("echo no JSON", "opinion"),
        (#"echo '{"kind":"MAYBE"}'"#, "MAYBE"), (#"echo '{"reason":"x"}'"#, "kind"),
        ("kill -9 $$", "9"), ("head -c 3000000 /dev/zero", "too much"),
        (#"printf '{"kind":"AGREE","reason":"%05000d"}' 0"#, "reason"),
    ])
    func whatIsNoOpinionIsRefused(_ script: String, _ word: String) async {
        do {
            let opinion = try await Self.program(script).handle(Self.task, for: "A")
            Issue.record("\(opinion) was taken")
        } catch {
            #expect(error.description.contains(word), "\(error)")
        }
    }

    @Test func oneThatTakesTooLongIsEnded() async {
        await #expect(throws: HandlerProgram.Failure.timedOut(seconds: 1)) {
            try await Self.program("exec sleep 1000", seconds: 1).handle(Self.task, for: "A")
        }
    }

    @Test func oneThatIsNoLongerWaitedForIsEnded() async throws {
        let work = Task { try await Self.program("exec sleep 1000").handle(Self.task, for: "A") }
        try await Task.sleep(for: .milliseconds(50))
        work.cancel()
        await #expect(throws: HandlerProgram.Failure.stopped) { try await work.value }
    }

    @Test func oneThatIsNotThereIsTold() async {
        let program = HandlerProgram(
            settings: JointConfiguration.Handler(
                command: ["/nowhere/at/all"],
                timeoutSeconds: 1,
                attempts: 1
            )
        )
        await #expect(throws: HandlerProgram.Failure.self) {
            try await program.handle(Self.task, for: "A")
        }
    }
}
