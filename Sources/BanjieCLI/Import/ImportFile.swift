import BanjieProtocol
import CivilTime
import Wire

/// What a file of rows is about.
enum ImportKind: String, CaseIterable, Sendable {
    case departments, posts, people, items, powers, guides, duties, credentials, calendars

    var message: any Message.Type {
        switch self {
        case .departments: Department.self
        case .posts: Post.self
        case .people: Person.self
        case .items: PublishItemRequest.self
        case .powers: Power.self
        case .guides: Guide.self
        case .duties: PostDuty.self
        case .credentials: StoredCredential.self
        case .calendars: LoadYearRequest.self
        }
    }

    /// A row with this message in it.
    fileprivate func row(_ bytes: [UInt8]) throws(Wire.DecodingError) -> ImportRow {
        switch self {
        case .departments: ImportRow(department: try Department(decoding: bytes))
        case .posts: ImportRow(post: try Post(decoding: bytes))
        case .people: ImportRow(person: try Person(decoding: bytes))
        case .items: ImportRow(item: try PublishItemRequest(decoding: bytes))
        case .powers: ImportRow(power: try Power(decoding: bytes))
        case .guides: ImportRow(guide: try Guide(decoding: bytes))
        case .duties: ImportRow(duty: try PostDuty(decoding: bytes))
        case .credentials: ImportRow(credential: try StoredCredential(decoding: bytes))
        case .calendars: ImportRow(calendar: try LoadYearRequest(decoding: bytes))
        }
    }
}

/// A problem that was found before anything was sent, or by the server.
struct LocatedProblem: Hashable {
    let file: String
    let line: Int
    let field: String
    let reason: String
    let message: String
}

/// The rows of a file, and what is wrong with the others.
struct ImportFile {
    private(set) var rows: [(line: Int, row: ImportRow)] = []
    private(set) var problems: [LocatedProblem] = []

    private let kind: ImportKind
    private let name: String
    private let language: Language

    /// Reads CSV with a line of field names when the file's name ends so, else JSON: one object a line, or
    /// an array of objects.
    init(_ bytes: [UInt8], named name: String, of kind: ImportKind, in language: Language) {
        self.kind = kind
        self.name = name
        self.language = language
        guard
            var text = String(validating: bytes, as: UTF8.self) ?? ChineseText.decode(bytes)
        else {
            let problem = Text(
                "the file is neither UTF-8 nor GB 18030",
                "文件既不是 UTF-8 也不是 GB 18030 编码"
            )
            report(1, "", problem)
            return
        }
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        if name.lowercased().hasSuffix(".csv") {
            readCSV(text)
        } else if text.first(where: { !$0.isWhitespace }) == "[" {
            readArray(text)
        } else {
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated() where !line.allSatisfy(\.isWhitespace)
            {
                take(String(line), at: index + 1)
            }
        }
    }

    private mutating func report(_ line: Int, _ field: String, _ message: Text) {
        problems.append(
            LocatedProblem(
                file: name,
                line: line,
                field: field,
                reason: "",
                message: language.text(message)
            )
        )
    }

    /// A row as JSON, its fields named as in the schema.
    private mutating func take(_ json: String, at line: Int) {
        do {
            let bytes = try JSONTranscoder.encode(json, as: kind.message)
            rows.append((line, try kind.row(bytes)))
        } catch let error as BanjieProtocol.JSONError {
            report(line, error.path, Text(same: error.problem))
        } catch {
            report(line, "", Text(same: "\(error)"))
        }
    }

    private mutating func readArray(_ text: String) {
        do throws(BanjieCLI.JSONError) {
            guard case .array(let elements) = try JSON(parsing: Array(text.utf8)[...]) else {
                return
            }
            for (index, element) in elements.enumerated() {
                take(element.serialized, at: index + 1)
            }
        } catch {
            report(1, "", Text("the file is no JSON: \(error)", "文件不是 JSON：\(error)"))
        }
    }

    private mutating func readCSV(_ text: String) {
        guard kind.message.descriptor.fitsCells else {
            let problem = Text(
                "\(kind.rawValue) don't fit into cells; give them as JSON, one object a line",
                "\(kind.rawValue) 不能以单元格表示；请用 JSON，每行一个对象"
            )
            return report(1, "", problem)
        }
        let records: [CSV.Record]
        do throws(CSV.Fault) {
            records = try CSV.records(of: text)
        } catch {
            switch error {
            case .openQuote(let line):
                return report(line, "", Text("a quote that never ends", "引号没有结束"))
            case .strayQuote(let line):
                return report(
                    line,
                    "",
                    Text(
                        "a quote within a cell; double it, and quote the cell",
                        "单元格内的引号须成对，并将单元格加引号"
                    )
                )
            }
        }
        let fields = RequestField.all(of: kind.message.descriptor)
        guard let names = records.first else { return }
        var columns: [RequestField] = []
        for name in names.cells {
            let known = fields.first { $0.field.name == name || $0.name == name }
            guard let known else {
                let all = fields.map(\.field.name).joined(separator: ", ")
                return report(
                    names.line,
                    name,
                    Text("there is no such field; there are \(all)", "没有这个字段；可用的有 \(all)")
                )
            }
            columns.append(known)
        }
        for record in records.dropFirst() {
            guard record.cells.count == columns.count else {
                report(
                    record.line,
                    "",
                    Text(
                        "\(record.cells.count) cells, where \(columns.count) have names",
                        "有 \(record.cells.count) 个单元格，应为 \(columns.count) 个"
                    )
                )
                continue
            }
            var members: [JSON.Member] = []
            for (column, cell) in zip(columns, record.cells) where !cell.isEmpty {
                members.insert(column.value(of: cell), at: column.path)
            }
            take(JSON.object(members).serialized, at: record.line)
        }
    }
}

extension RequestField {
    /// What a cell says: several values are parted by semicolons.
    fileprivate func value(of cell: String) -> JSON {
        if case .bool = field.type {
            return ["true", "yes", "1", "是"].contains(cell.lowercased())
                ? .boolean(true)
                : ["false", "no", "0", "否"].contains(cell.lowercased())
                    ? .boolean(false) : .string(cell)
        }
        guard field.isList else { return json(cell) }
        let values = cell.split { $0 == ";" || $0 == "；" }.map(String.init)
        if case .date = field.type {
            // What is no day is left to the server's judgement, like any other value.
            return .array(
                values.flatMap { value in
                    ValueForm.dates.read(value)?.map { .string($0.description) } ?? [json(value)]
                }
            )
        }
        return .array(values.map(json))
    }
}

extension MessageDescriptor {
    /// Whether every value has a cell of its own: no list of messages is among them.
    fileprivate var fitsCells: Bool {
        fields.allSatisfy { field in
            guard case .message(let type) = field.type else { return true }
            return !field.isList && type.descriptor.fitsCells
        }
    }
}
