import BanjieClient
import BanjieProtocol

/// `banjie import`: what the directory holds, from files, all of it or none.
enum ImportCommand {
    /// How many rows go into one message.
    private static let rowsAtOnce = 200

    static let command = Command(
        "import",
        SchemaTexts.summary(of: DirectoryMethods.import),
        notes: Text(
            "CSV has a line of field names (banjie describe Person), several values of a field parted by "
                + "semicolons; other files hold an object of JSON a line, or an array. Files are in UTF-8 or, "
                + "as spreadsheets in Chinese write them, GB 18030. Every bad line is "
                + "told, and then nothing is kept. What is known already changes nothing.",
            "CSV 首行为字段名（见 banjie describe Person），同一字段的多个值以分号分隔；其他文件每行一个 JSON 对象，或为数组。"
                + "文件为 UTF-8 或 GB 18030 编码。"
                + "逐行报告错误，有错则全部不保存。已有的内容不产生变化。"
        ),
        operands: [
            CommandOperand(
                "KIND",
                .choice(of: ImportKind.allCases.map(\.rawValue)),
                Text("what the rows are", "各行的种类")
            ),
            CommandOperand("FILE", .path, Text("a file of rows", "文件"), isRepeatable: true),
        ],
        options: [
            CommandOption(flag: "check", Text("only check", "只检查"))
        ] + CommandOption.shared,
        examples: [
            "banjie import departments departments.csv",
            "banjie import people people.jsonl --check",
        ],
        run: { invocation throws(CommandFailure) in
            let name = invocation.values.required(
                "KIND",
                .choice(of: ImportKind.allCases.map(\.rawValue))
            )
            guard let kind = ImportKind(rawValue: name.lowercased()) else { return .usage }
            var rows: [(file: String, line: Int, row: ImportRow)] = []
            var problems: [LocatedProblem] = []
            for path in invocation.values.all("FILE", .path) {
                let bytes: [UInt8]
                do throws(FileError) {
                    bytes = try invocation.console.readFile(path)
                } catch {
                    throw .file(error)
                }
                let file = ImportFile(bytes, named: path, of: kind, in: invocation.language)
                rows += file.rows.map { (path, $0.line, $0.row) }
                problems += file.problems
            }
            // Rows are known to the server by their place among all.
            for index in rows.indices { rows[index].row.line = UInt32(clamping: index) }
            // With a bad line nothing is kept: but the server's problems are told, too.
            let isCheck = invocation.values.has("check") || !problems.isEmpty
            let report = try await send(rows.map(\.row), isCheck: isCheck, invocation)
            for problem in report.problems where rows.indices.contains(Int(problem.line)) {
                let place = rows[Int(problem.line)]
                problems.append(
                    LocatedProblem(
                        file: place.file,
                        line: place.line,
                        field: problem.field,
                        reason: problem.reason,
                        message: problem.message
                    )
                )
            }
            problems.sort { ($0.file, $0.line) < ($1.file, $1.line) }
            show(report, problems, in: invocation)
            return problems.isEmpty ? .success : .dataError
        }
    )

    private static func send(
        _ rows: [ImportRow],
        isCheck: Bool,
        _ invocation: Invocation
    ) async throws(CommandFailure) -> ImportReport {
        let channel = try invocation.channel()
        let call = DirectoryClient(channel).import(
            ImportPart(
                rows: Array(rows.prefix(rowsAtOnce)),
                check: isCheck,
                chinese: invocation.language == .chinese
            ),
            options: invocation.callOptions(of: DirectoryMethods.import)
        )
        do throws(CallError) {
            var rest = rows.dropFirst(rowsAtOnce)
            while !rest.isEmpty {
                try await call.send(ImportPart(rows: Array(rest.prefix(rowsAtOnce))))
                rest = rest.dropFirst(rowsAtOnce)
            }
            return try await call.finish()
        } catch {
            throw .call(error, requestID: nil)
        }
    }

    private static func show(
        _ report: ImportReport,
        _ problems: [LocatedProblem],
        in invocation: Invocation
    ) {
        if invocation.wantsJSON {
            let json = JSON.object([
                .init(key: "rows", value: .number("\(report.rows)")),
                .init(key: "changed", value: .number("\(report.changed)")),
                .init(key: "kept", value: .boolean(report.kept)),
                .init(key: "problems", value: .array(problems.map(\.json))),
            ])
            return invocation.console.writeLine(json.serialized)
        }
        var page = Page(language: invocation.language, style: invocation.style)
        page.table(
            [
                Column(Text("file", "文件")), Column(Text("line", "行"), isNumber: true),
                Column(Text("field", "字段")), Column(Text("reason", "原因")),
                Column(Text("what to do", "如何处理")),
            ],
            problems.map { problem in
                [
                    Cell(problem.file), Cell("\(problem.line)"), Cell(problem.field),
                    Cell(problem.reason, .red), Cell(problem.message),
                ]
            }
        )
        page.entries([
            Entry(Text("rows", "行数"), "\(report.rows)"),
            Entry(Text("that say something new", "其中有变化"), "\(report.changed)"),
            Entry(Text("kept", "已保存"), page.yesNo(report.kept)),
        ])
        invocation.console.write(Array(page.text.utf8))
    }
}

extension LocatedProblem {
    fileprivate var json: JSON {
        .object([
            .init(key: "file", value: .string(file)),
            .init(key: "line", value: .number("\(line)")),
            .init(key: "field", value: .string(field)),
            .init(key: "reason", value: .string(reason)),
            .init(key: "message", value: .string(message)),
        ])
    }
}
