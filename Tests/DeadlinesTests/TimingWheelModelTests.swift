import SeededRandom
import CivilTime
import Testing

@testable import Deadlines

/// The wheel against a dictionary that is searched from end to end.
@Suite struct TimingWheelModelTests {
    /// How a run chooses its instants.
    enum Workload: CaseIterable {
        /// Any second of the coming year.
        case year
        /// 00:00 and 09:00 of the coming days.
        case twoInstants
        /// Any second of the calendar, the past included.
        case allTime
        /// Within the next few minutes.
        case near
        /// One instant for all.
        case one
    }

    @Test(arguments: Workload.allCases, 1...80 as ClosedRange<UInt64>)
    func agreesWithTheModel(workload: Workload, seed: UInt64) {
        var run = Run(workload: workload, seed: seed)
        for step in 0..<run.steps {
            if let difference = run.step() {
                Issue.record("workload \(workload), seed \(seed), step \(step): \(difference)")
                return
            }
        }
        if let difference = run.finish() {
            Issue.record("workload \(workload), seed \(seed), at the end: \(difference)")
        }
    }

    /// Enough dead entries for many sweeps, of all depths, and what lives on is what should.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func sweepsTakeOnlyTheDead(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var wheel = TimingWheel()
        var model: [UInt64: Instant] = [:]
        let span: UInt64 = [600, 86_400 * 3, 31_536_000, 200_000_000_000][Int(seed % 4)]
        let start = Instant(unixSeconds: 1_741_000_000)
        for _ in 0..<60_000 {
            let id = random.next() % 6000
            if random.next() % 3 == 0 {
                wheel.cancel(id)
                model[id] = nil
            } else {
                let at = start.adding(seconds: Int64(random.next() % span))
                wheel.schedule(id, at: at)
                model[id] = at
            }
        }
        #expect(wheel.count == model.count, "seed \(seed)")
        #expect(wheel.nextInstant() == model.values.min(), "seed \(seed)")
        var due: [(id: UInt64, at: Instant)] = []
        while wheel.takeDue(through: .latest, limit: 900, into: &due) {}
        let expected = model.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        let agrees = due.elementsEqual(expected) { $0.id == $1.key && $0.at == $1.value }
        #expect(agrees, "seed \(seed)")
    }

    private struct Run: ~Copyable {
        let workload: Workload
        let steps: Int
        private let idSpread: UInt64
        private let burst: UInt64
        private var random: SeededGenerator
        private var now: Instant
        private var wheel = TimingWheel()
        private var model: [UInt64: Instant] = [:]
        private var nextId: UInt64 = 1

        init(workload: Workload, seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            self.workload = workload
            // Few long runs among many short ones; some with many ids, some that reuse a handful.
            burst = seed % 16 == 0 ? 3000 : 30
            steps = seed % 16 == 0 ? 12 : 120
            idSpread = [8, 200, 1 << 20, .max][Int(random.next() % 4)]
            now = Instant(unixSeconds: 1_741_000_000)
            self.random = random
        }

        /// Does something at random; returns how the two differ after it.
        mutating func step() -> String? {
            switch random.next() % 10 {
            case 0, 1, 2, 3: arm()
            case 4: move()
            case 5: cancel()
            case 6: if let difference = probe() { return difference }
            default: if let difference = advance() { return difference }
            }
            if wheel.count != model.count { return "\(wheel.count) armed, not \(model.count)" }
            if random.next() % 3 == 0 {
                let next = wheel.nextInstant()
                let expected = model.values.min()
                if next != expected {
                    return "next \(String(describing: next)), not \(String(describing: expected))"
                }
            }
            return nil
        }

        mutating func finish() -> String? {
            now = .latest
            if let difference = take(limit: 500) { return difference }
            return wheel.count == 0 && model.isEmpty ? nil : "\(wheel.count) left over"
        }

        private mutating func instant() -> Instant {
            let choice = random.next()
            if choice % 50 == 0 { return now.adding(seconds: -Int64(choice >> 8 & 0xFFFFF)) }
            switch workload {
            case .year: return now.adding(seconds: Int64(random.next() % 31_536_000))
            case .twoInstants:
                return Instant(
                    now.date.adding(days: Int(random.next() % 5)),
                    secondOfDay: random.next() % 2 * 9 * 3600 == 0 ? 0 : 32_400
                )
            case .allTime:
                let span = UInt64(Instant.latest.unixSeconds - Instant.earliest.unixSeconds)
                return Instant.earliest.adding(seconds: Int64(random.next() % (span + 1)))
            case .near: return now.adding(seconds: Int64(random.next() % 300))
            case .one: return Instant(unixSeconds: 1_741_050_000)
            }
        }

        private mutating func arm() {
            for _ in 0..<random.next() % burst {
                let id: UInt64
                if random.next() % 4 > 0, idSpread > 200 {
                    id = nextId
                    nextId += 1
                } else {
                    id = random.next() % idSpread
                }
                let at = instant()
                wheel.schedule(id, at: at)
                model[id] = at
            }
        }

        /// Moves about one in four, by way of another instant and back for some of them.
        private mutating func move() {
            for id in model.keys.sorted() where random.next() % 4 == 0 {
                let back = model[id] ?? now
                let at = random.next() % 4 == 0 ? back : instant()
                wheel.schedule(id, at: instant())
                wheel.schedule(id, at: at)
                model[id] = at
            }
        }

        private mutating func cancel() {
            wheel.cancel(random.next())
            let keep = random.next() % 8
            for id in model.keys.sorted() where random.next() % 8 >= keep {
                wheel.cancel(id)
                model[id] = nil
            }
        }

        private mutating func probe() -> String? {
            for id in model.keys.sorted().prefix(20) + [random.next()] {
                if wheel.instant(of: id) != model[id] {
                    return "id \(id) at \(String(describing: wheel.instant(of: id)))"
                }
            }
            return nil
        }

        /// Lets time go on: seconds, days, or years.
        private mutating func advance() -> String? {
            let spans: [UInt64] = [1, 60, 86_400, 5 * 86_400, 3 * 31_536_000]
            var longest = spans[Int(random.next() % 5)]
            if longest > 5 * 86_400, random.next() % 8 > 0 { longest = 3600 }
            now = now.adding(seconds: Int64(random.next() % (longest + 1)))
            return take(limit: Int(1 + random.next() % 700))
        }

        /// Takes slices until none is due, or gives up in the midst of it.
        private mutating func take(limit: Int) -> String? {
            let givesUp = now < .latest && random.next() % 4 == 0
            while true {
                let expected = model.filter { $0.value <= now }
                    .sorted { ($0.value, $0.key) < ($1.value, $1.key) }
                var due: [(id: UInt64, at: Instant)] = []
                let more = wheel.takeDue(through: now, limit: limit, into: &due)
                guard
                    due.elementsEqual(
                        expected.prefix(limit),
                        by: { $0.id == $1.key && $0.at == $1.value }
                    )
                else {
                    return "took \(due.prefix(5))…, not \(expected.prefix(min(5, limit)))…"
                }
                for (id, _) in due { model[id] = nil }
                if more != (expected.count > due.count) { return "more: \(more)" }
                if !more || givesUp { return nil }
            }
        }
    }
}
