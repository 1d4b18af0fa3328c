/// How long nobody may try a login's password after too many that were wrong (限制登录).
///
/// The delay grows with each further failure. Known and unknown logins are treated alike, so that it
/// doesn't show who is known. It takes bounded memory: beyond that, whoever failed longest ago is forgotten.
struct SignInDelays: Sendable {
    private struct Record {
        var failures: Int
        /// Monotonic seconds.
        var last: Int64
        var blockedUntil: Int64
    }

    /// How many failures cost nothing: people mistype.
    static let freeFailures = 5
    /// The first delay, in seconds; each further one is twice as long.
    static let firstSeconds: Int64 = 1
    static let longestSeconds: Int64 = 900
    /// After so many quiet seconds failures are forgotten.
    static let memorySeconds: Int64 = 86_400
    /// About how many logins are remembered.
    static let loginsMax = 10_000

    private var records: [String: Record] = [:]

    /// How many seconds are left before the login's password may be tried; 0 when it may be now.
    func secondsLeft(for login: String, at now: Int64) -> Int64 {
        guard let record = records[login] else { return 0 }
        return max(0, record.blockedUntil - now)
    }

    /// Takes note of a wrong password; returns how many there have been by now.
    mutating func failed(_ login: String, at now: Int64) -> Int {
        var record = records[login] ?? Record(failures: 0, last: now, blockedUntil: now)
        if now - record.last >= Self.memorySeconds { record.failures = 0 }
        record.failures += 1
        record.last = now
        record.blockedUntil = now + Self.delay(after: record.failures)
        if records[login] == nil, records.count >= Self.loginsMax { forgetSome() }
        records[login] = record
        return record.failures
    }

    /// Takes note of a right password; returns how many wrong ones came before it.
    mutating func succeeded(_ login: String) -> Int {
        records.removeValue(forKey: login)?.failures ?? 0
    }

    /// The delay that a number of failures leads to, in seconds.
    static func delay(after failures: Int) -> Int64 {
        guard failures >= freeFailures else { return 0 }
        let doublings = min(failures - freeFailures, 20)
        return min(longestSeconds, firstSeconds << Int64(doublings))
    }

    /// A tenth of them at once, so that it is rarely done.
    private mutating func forgetSome() {
        let oldest = records.sorted { $0.value.last < $1.value.last }.prefix(Self.loginsMax / 10)
        for (login, _) in oldest { records[login] = nil }
    }
}
