internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store

/// Takes rows until they are all there, and keeps them all or none.
struct DirectoryImport: ServedUpload {
    /// The most rows of one import: they wait in memory for the last.
    static let rowsMax = 100_000
    /// The most problems that are told.
    private static let problemsMax = 1000

    private let service = DirectoryService()
    private let disclosure = DisclosureService()
    private let isCheck: Bool
    private let language: Language
    private var rows: [ImportRow] = []

    init(_ request: ImportPart, in context: inout CommandContext) throws(HandlerFailure) {
        isCheck = request.check
        language = request.chinese ? .chinese : .english
        try receive(request, in: &context)
    }

    mutating func receive(
        _ request: ImportPart,
        in context: inout CommandContext
    ) throws(HandlerFailure) {
        // The values of its rows are judged row by row, at the end.
        guard rows.count + request.rows.count <= Self.rowsMax else {
            throw .refused(.outOfRange(field: "rows", allowed: "at most \(Self.rowsMax)"))
        }
        rows += request.rows
    }

    mutating func finish(in context: inout CommandContext) throws(HandlerFailure) -> ImportReport {
        var report = ImportReport(rows: UInt32(clamping: rows.count))
        for row in rows {
            do throws(HandlerFailure) {
                if try bring(row, in: &context) { report.changed += 1 }
            } catch {
                // What the store can't do is no row's fault.
                if case .store = error { throw error }
                report.problemCount += 1
                guard report.problems.count < Self.problemsMax else { continue }
                report.problems.append(problem(error, of: row))
            }
        }
        report.kept = report.problemCount == 0 && !isCheck
        if !report.kept { context.startAgain() }
        return report
    }

    /// Enters a row; false when it says nothing new.
    private func bring(
        _ row: ImportRow,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Bool {
        if let department = row.department {
            let known = try context.loadIfPresent(DepartmentRecord.self, department.code)
            if known?.message == department { return false }
            _ = try service.putDepartment(department, in: &context)
        } else if let post = row.post {
            let known = try context.loadIfPresent(PostRecord.self, post.code)
            if known?.message == post { return false }
            _ = try service.putPost(post, in: &context)
        } else if let person = row.person {
            let known = try context.loadIfPresent(PersonRecord.self, person.login)
            if known?.view == person { return false }
            _ = try service.putPerson(person, in: &context)
        } else if let item = row.item {
            if try isNewest(item, in: context) { return false }
            _ = try service.publishItem(item, in: &context)
        } else if let power = row.power {
            let known = try context.loadIfPresent(PowerRecord.self, power.code)
            if known?.message == power { return false }
            _ = try disclosure.putPower(power, in: &context)
        } else if let guide = row.guide {
            if try context.newestGuide(of: guide.item)?.message == guide { return false }
            _ = try disclosure.putGuide(guide, in: &context)
        } else if let duty = row.duty {
            let from = duty.from ?? context.now.date
            let key = PostDutyRecord.Key(duty.post, from: from)
            let known = try context.loadIfPresent(PostDutyRecord.self, key)
            if let known, known.holder == duty.holder, (known.cover ?? "") == duty.cover {
                return false
            }
            _ = try disclosure.putDuty(duty, in: &context)
        } else {
            let allowed = "a department, post, person, item, power, guide or duty"
            throw .refused(.outOfRange(field: "rows", allowed: allowed))
        }
        return true
    }

    private func isNewest(
        _ item: PublishItemRequest,
        in context: CommandContext
    ) throws(HandlerFailure) -> Bool {
        guard let head = try context.loadIfPresent(ItemHeadRecord.self, item.code) else {
            return false
        }
        let known = try context.version(of: head)
        return known.name == item.name && known.department == item.department
            && known.statutoryDays == item.limits?.statutory
            && known.promisedDays == item.limits?.promised
            && known.isInstant == item.instant && known.isJoint == item.joint
    }

    private func problem(_ failure: HandlerFailure, of row: ImportRow) -> ImportProblem {
        let report = failure.report(in: language)
        return ImportProblem(
            line: row.line,
            reason: report.reason.rawValue,
            field: report.field ?? "",
            message: report.sentence
        )
    }
}

extension DirectoryService: DirectoryUploads {
    func `import`(
        _ request: ImportPart,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> DirectoryImport {
        try DirectoryImport(request, in: &context)
    }
}
