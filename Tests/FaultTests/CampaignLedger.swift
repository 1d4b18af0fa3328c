import BanjieProtocol
import CivilTime
import WorkCalendar

/// Everything that was acknowledged, compared with everything that the server has.
struct CampaignLedger {
    /// What is expected of a case: its accepted commands, and how many entries the log has of it.
    private struct ExpectedCase {
        /// Accepted and not found in the log yet, in order.
        var commands: [SentCommand] = []
        var entries = 0
        var cards = 0
        var cardEvents = 0
    }

    private var deadlines: [UInt64: ExpectedDeadline] = [:]
    private var cases: [String: ExpectedCase] = [:]
    /// Calendar changes that were accepted and aren't found in the log yet, by version.
    private var changes: [String: (request: ChangeCalendarRequest, view: CalendarVersionView)] = [:]
    private var calendars = CalendarTimeline(.builtIn)
    /// Accepted submissions.
    private var submitted = 0

    private(set) var auditCount: UInt64 = 0
    private var eventPosition: UInt64 = 0
    private(set) var firingCount = 0
    /// The rungs that fired, by deadline, in the order of the event log.
    private var fired: [UInt64: [String]] = [:]
    /// The rungs that the audit log says fired, by deadline.
    private var firedInAudit: [UInt64: [String]] = [:]
    /// Deadlines that ended, with all that may have fired on them.
    private var closed: [UInt64: [String]] = [:]

    // MARK: What was accepted

    /// Takes an accepted command; tells what is wrong with its reply.
    mutating func add(_ command: SentCommand) -> [String] {
        do {
            let reply = command.reply ?? []
            if command.method.serviceName == "Calendar" {
                let view = try CalendarVersionView(decoding: reply)
                let request = try ChangeCalendarRequest(decoding: command.body)
                let previous = changes.updateValue((request, view), forKey: "\(view.version)")
                return previous == nil ? [] : ["two changes made calendar \(view.version)"]
            }
            if command.method.serviceName == "Cases" {
                let view = try CaseView(decoding: reply)
                let isNew = command.method.id == CasesMethods.submit.id
                if isNew { submitted += 1 }
                if isNew != (cases[view.case] == nil) {
                    return ["\(command.method.fullName) was answered with case \(view.case)"]
                }
                cases[view.case, default: ExpectedCase()].commands.append(command)
                return []
            }
            let number = try DeadlineView(decoding: reply).deadline
            let isNew = command.method.id == DeadlinesMethods.arm.id
            if isNew != (deadlines[number] == nil && closed[number] == nil) {
                return ["\(command.method.fullName) was answered with deadline \(number)"]
            }
            deadlines[number, default: ExpectedDeadline(number)].commands.append(command)
            return []
        } catch {
            return ["a reply of \(command.method.fullName) doesn't decode: \(error)"]
        }
    }

    // MARK: Comparing

    /// Compares what happened since the last time; the server must have nothing left to do.
    mutating func compare(with reader: CampaignReader, at now: Instant) async throws -> [String] {
        var findings = try await readAudit(reader)
        findings += try await readEvents(reader)
        findings += try await compareDeadlines(with: reader, at: now)
        findings += try await compareCases(with: reader)
        let count = try await reader.cases.count(Empty()).cases
        if count != submitted {
            findings.append("there are \(count) cases, and \(submitted) were submitted")
        }
        return findings
    }

    private mutating func readAudit(_ reader: CampaignReader) async throws -> [String] {
        var findings: [String] = []
        for entry in try await reader.audit(after: auditCount) {
            auditCount += 1
            if entry.sequence != auditCount {
                findings.append("audit entry \(entry.sequence) follows \(auditCount - 1)")
                auditCount = entry.sequence
            }
            if let finding = try take(entry) { findings.append(finding) }
        }
        for (number, deadline) in deadlines where !deadline.commands.isEmpty {
            findings.append(
                "deadline \(number): \(deadline.commands.count) accepted commands aren't in the log"
            )
        }
        for (serial, found) in cases where !found.commands.isEmpty {
            findings.append(
                "case \(serial): \(found.commands.count) accepted commands aren't in the log"
            )
        }
        for version in changes.keys { findings.append("calendar \(version) isn't in the log") }
        return findings
    }

    private mutating func take(_ entry: AuditEntry) throws -> String? {
        let parts = entry.subject.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "deadline":
            guard let number = UInt64(parts[1]) else { return "a deadline called \(parts[1])" }
            if entry.kind == "DEADLINE_FIRED" {
                firedInAudit[number, default: []].append("\(entry.detail) \(entry.at)")
                return nil
            }
            // Says that the calendar moved it; what it moved it to is computed here.
            if entry.kind == "CALENDAR_CHANGED" { return nil }
            guard var deadline = deadlines[number] else {
                return "\(entry.kind) of deadline \(number), which nobody armed"
            }
            defer { deadlines[number] = deadline }
            return try deadline.replay(entry.kind, at: entry.at, in: calendars)
                .map { "deadline \(number): \($0)" }
        case "case":
            return take(entry, ofCase: parts[1])
        case "calendar":
            guard let (request, view) = changes.removeValue(forKey: parts[1]) else {
                return "\(entry.kind) of calendar \(parts[1]), which nobody changed"
            }
            calendars.append(
                try calendars.current.calendar.changing(
                    off: request.off,
                    work: request.work,
                    version: CalendarVersion(rawValue: view.version)
                ),
                since: view.since,
                reason: view.reason
            )
            return nil
        default:
            return nil
        }
    }

    private mutating func take(_ entry: AuditEntry, ofCase serial: String) -> String? {
        guard cases[serial] != nil else {
            return "\(entry.kind) of case \(serial), which nobody submitted"
        }
        cases[serial]?.entries += 1
        if entry.actor == "system" {
            if entry.kind == "CARD_ISSUED" { cases[serial]?.cards += 1 }
            return nil
        }
        guard cases[serial]?.commands.isEmpty == false,
            let command = cases[serial]?.commands.removeFirst()
        else { return "case \(serial): \(entry.kind) in the log, but nothing was accepted" }
        let expected = Self.kinds[command.method.id] ?? []
        return expected.contains(entry.kind)
            ? nil : "case \(serial): \(entry.kind) in the log for \(command.method.name)"
    }

    private static let kinds: [UInt32: [String]] = [
        CasesMethods.submit.id: ["CASE_SUBMITTED"],
        CasesMethods.accept.id: ["CASE_ACCEPTED"],
        CasesMethods.refuse.id: ["CASE_NOT_ACCEPTED"],
        CasesMethods.notifyCorrection.id: ["CASE_CORRECTION_NOTIFIED"],
        CasesMethods.resubmit.id: ["CASE_RESUBMITTED", "CASE_PARTLY_RESUBMITTED"],
        CasesMethods.beginReview.id: ["CASE_REVIEW_BEGUN"],
        CasesMethods.pause.id: ["CASE_PAUSED"],
        CasesMethods.resume.id: ["CASE_RESUMED"],
        CasesMethods.extend.id: ["CASE_EXTENDED"],
        CasesMethods.decide.id: ["CASE_DECIDED"],
        CasesMethods.deliver.id: ["CASE_DELIVERED"],
        CasesMethods.withdraw.id: ["CASE_WITHDRAWN"],
        CasesMethods.archive.id: ["CASE_ARCHIVED"],
    ]

    private mutating func readEvents(_ reader: CampaignReader) async throws -> [String] {
        var findings: [String] = []
        for firing in try await reader.firings(after: eventPosition) {
            if firing.sequence <= eventPosition {
                findings.append("event \(firing.sequence) follows \(eventPosition)")
            }
            eventPosition = firing.sequence
            firingCount += 1
            let before = fired[firing.deadline] ?? []
            if before.contains(where: { $0.hasPrefix("\(firing.rung) ") }) {
                findings.append("\(firing.rung) of deadline \(firing.deadline) fired twice")
            }
            fired[firing.deadline, default: []].append("\(firing.rung) \(firing.at)")
            if firing.rung != .expire, firing.owner.hasPrefix("case/") {
                cases[String(firing.owner.dropFirst(5))]?.cardEvents += 1
            }
        }
        return findings
    }

    private mutating func compareDeadlines(
        with reader: CampaignReader,
        at now: Instant
    ) async throws -> [String] {
        var findings: [String] = []
        let views = try await reader.views(of: Array(deadlines.keys))
        for number in deadlines.keys.sorted() {
            guard var deadline = deadlines[number], let view = views[number] else { continue }
            deadline.settle(through: now, in: calendars)
            deadlines[number] = deadline
            findings += deadline.differences(from: view, in: calendars)
            findings += compareFired(number, with: deadline.firings)
            if view.state != .running && view.state != .paused {
                closed[number] = deadline.firings
                deadlines[number] = nil
            }
        }
        return findings
    }

    private func compareFired(_ number: UInt64, with expected: [String]) -> [String] {
        var findings: [String] = []
        let found = fired[number] ?? []
        if found != expected {
            findings.append("deadline \(number): fired \(found), expected \(expected)")
        }
        // The audit log has the office's own names of the rungs.
        let audited = (firedInAudit[number] ?? []).map { $0.uppercased() }
        if audited != expected.map({ $0.uppercased() }) {
            findings.append("deadline \(number): the log has \(audited), expected \(expected)")
        }
        return findings
    }

    private mutating func compareCases(with reader: CampaignReader) async throws -> [String] {
        var findings: [String] = []
        let views = try await reader.views(of: Array(cases.keys))
        for (serial, expected) in cases.sorted(by: { $0.key < $1.key }) {
            guard let view = views[serial] else { continue }
            // A case's version counts the entries of the log; a query settles in memory what isn't
            // recorded yet, and would be ahead of the log.
            if view.version != expected.entries {
                findings.append(
                    "case \(serial): version \(view.version), \(expected.entries) entries in the log"
                )
            }
            if view.cards.count != expected.cards || expected.cards != expected.cardEvents {
                findings.append(
                    "case \(serial): \(view.cards.count) cards, \(expected.cards) in the log, "
                        + "\(expected.cardEvents) events"
                )
            }
        }
        return findings
    }

    /// Looks a last time at what had ended before.
    func finish() -> [String] {
        closed.sorted { $0.key < $1.key }.flatMap { compareFired($0.key, with: $0.value) }
    }
}
