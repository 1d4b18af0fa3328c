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
        if let row = row.department { return try bring(row, in: &context) }
        if let row = row.post { return try bring(row, in: &context) }
        if let row = row.person { return try bring(row, in: &context) }
        if let row = row.item { return try bring(row, in: &context) }
        if let row = row.power { return try bring(row, in: &context) }
        if let row = row.guide { return try bring(row, in: &context) }
        if let row = row.duty { return try bring(row, in: &context) }
        if let row = row.credential { return try bring(row, in: &context) }
        if let row = row.calendar { return try bring(row, in: &context) }
        let allowed =
            "a department, post, person, item, power, guide, duty, credential or calendar"
        throw .refused(.outOfRange(field: "rows", allowed: allowed))
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
