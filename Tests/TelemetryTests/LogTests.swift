import CivilTime
import Foundation
import Synchronization
import Testing

@testable import Telemetry

struct LogTests {
    /// Lines written to memory, at a time that the test moves.
    private final class Memory: Sendable {
        private let lines = Mutex<[UInt8]>([])
        let nanosecond = Mutex(42_000_000)

        func logger(_ level: LogLevel, _ format: LogFormat) -> Logger {
            Logger(
                level: level,
                format: format,
                time: { [self] in
                    let passed = nanosecond.withLock { $0 }
                    return (
                        Instant(unixSeconds: 1_772_416_800 + Int64(passed / 1_000_000_000)),
                        passed % 1_000_000_000
                    )
                },
                write: { [self] line in lines.withLock { $0 += line } }
            )
        }

        var text: String { lines.withLock { String(decoding: $0, as: UTF8.self) } }
    }

    private enum Way: String, LogIdentifier {
        case road, air

        var logName: String { rawValue }
    }

    @Test func logfmtQuotesWhatNeedsIt() {
        let memory = Memory()
        memory.logger(.info, .logfmt).log(
            .warning,
            "parcel.lost",
            [
                LogField("way", .identifier(Way.road)),
                LogField("parcels", .count(3)),
                LogField("insured", .flag(true)),
                LogField("wait_ms", .milliseconds(ofNanoseconds: 1_002_034_567)),
                LogField("cause", .diagnosis("disk \"a=b\"\nfull\u{1}")),
            ]
        )
        #expect(
            memory.text == #"time=2026-03-02T10:00:00.042+08:00 level=warning event=parcel.lost "#
                + #"way=road parcels=3 insured=true wait_ms=1002.034 "#
                + #"cause="disk \"a=b\"\nfull\u0001""# + "\n"
        )
    }

    @Test func jsonLinesParse() throws {
        let memory = Memory()
        let logger = memory.logger(.debug, .json)
        logger.log(.debug, "parcel.sent", [LogField("way", .identifier(Way.air))])
        logger.log(.error, "parcel.lost", [LogField("cause", .diagnosis("a\t\"b\"\\ 夏\u{7F}\n"))])
        let lines = memory.text.split(separator: "\n")
        #expect(lines.count == 2)
        let second = try #require(
            JSONSerialization.jsonObject(with: Data(lines[1].utf8)) as? [String: String]
        )
        #expect(
            second == [
                "time": "2026-03-02T10:00:00.042+08:00", "level": "error", "event": "parcel.lost",
                "cause": "a\t\"b\"\\ 夏\u{7F}\n",
            ]
        )
    }

    @Test(arguments: LogLevel.allCases)
    func linesBelowTheLevelAreNotEvenMade(_ level: LogLevel) {
        let memory = Memory()
        let logger = memory.logger(level, .logfmt)
        for each in LogLevel.allCases {
            func fields() -> [LogField] {
                #expect(each >= level)
                return []
            }
            logger.log(each, "something.happened", fields())
        }
        let levels = memory.text.split(separator: "\n").compactMap { line in
            LogLevel.allCases.first { line.contains("level=\($0.rawValue)") }
        }
        #expect(levels == LogLevel.allCases.filter { $0 >= level })
    }

    @Test func aLongDiagnosisIsCutAtACharacter() {
        let memory = Memory()
        let sentence = String(repeating: "盘", count: 400)
        memory.logger(.info, .logfmt).log(
            .error,
            "disk.full",
            [LogField("cause", .diagnosis(sentence))]
        )
        let cause = memory.text.split(separator: "cause=").last?.dropLast()
        #expect(cause.map(String.init) == String(repeating: "盘", count: 333) + "…")
    }

    @Test func aFloodIsBoundedAndSaysWhatWasKeptBack() {
        let memory = Memory()
        let logger = memory.logger(.info, .logfmt)
        let budget = LineBudget(linesPerSecond: 10)
        for _ in 0..<100 { logger.log(.warning, "parcel.lost", within: budget) }
        #expect(memory.text.split(separator: "\n").count == 10)
        memory.nanosecond.withLock { $0 += 100_000_000 }
        for _ in 0..<100 { logger.log(.warning, "parcel.lost", within: budget) }
        let lines = memory.text.split(separator: "\n")
        #expect(lines.count == 11)
        #expect(lines.last?.hasSuffix("kept_back=90") == true)
    }

    @Test func aLineThatIsKeptBackIsNotComposed() {
        let memory = Memory()
        let logger = memory.logger(.info, .logfmt)
        let budget = LineBudget(linesPerSecond: 10)
        var composed = 0
        func fields() -> [LogField] {
            composed += 1
            return []
        }
        for _ in 0..<100 { logger.log(.warning, "parcel.lost", within: budget, fields()) }
        #expect(composed == 10)
    }

    @Test func timeThatRunsBackBringsNoTokens() {
        var bucket = TokenBucket(perSecond: 1)
        #expect(bucket.take(at: 5_000_000_000) == 0)
        #expect(bucket.take(at: 1_000_000_000) == nil)
        #expect(bucket.take(at: 1_999_999_999) == nil)
        #expect(bucket.take(at: 2_000_000_000) == 2)
    }

    @Test func aWriterWritesInOrderAndDropsWhatDoesNotFit() throws {
        let pipe = Pipe()
        let writer = LineWriter(
            descriptor: pipe.fileHandleForWriting.fileDescriptor,
            bytesMax: 1 << 20
        )
        for number in 0..<1000 { writer.write(Array("\(number)\n".utf8)) }
        writer.close(within: 60)
        writer.write(Array("late\n".utf8))
        try pipe.fileHandleForWriting.close()
        let text = String(
            decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(),
            as: UTF8.self
        )
        #expect(text == (0..<1000).map { "\($0)\n" }.joined())
        #expect(writer.dropped == 1)
    }

    @Test func aReaderThatDoesNotReadHoldsUpNobody() {
        // As `banjied` does: the reader may be gone while the writer's thread still writes.
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        let writer = LineWriter(
            descriptor: pipe.fileHandleForWriting.fileDescriptor,
            bytesMax: 1 << 16
        )
        // A pipe holds 64 KiB: the rest waits or is dropped.
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1023) + [UInt8(ascii: "\n")]
        for _ in 0..<1000 { writer.write(line) }
        #expect(writer.dropped >= 1000 - 3 * 64)
        writer.close(within: 0)
    }

    @Test func linesThatWaitGoToNoOtherFile() throws {
        signal(SIGPIPE, SIG_IGN)
        let abandoned = Pipe()
        let number = abandoned.fileHandleForWriting.fileDescriptor
        let writer = LineWriter(descriptor: number)
        // More than the pipe holds, so that the thread is still writing.
        writer.write([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 17))
        let other = Pipe()
        #expect(dup2(other.fileHandleForWriting.fileDescriptor, number) == number)
        writer.write(Array("meant for the first\n".utf8))
        try abandoned.fileHandleForReading.close()
        writer.close(within: 60)
        try other.fileHandleForWriting.close()
        try abandoned.fileHandleForWriting.close()
        #expect(try other.fileHandleForReading.readToEnd() ?? Data() == Data())
    }
}
