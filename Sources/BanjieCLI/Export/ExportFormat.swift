/// How the rows of a file are written.
enum ExportFormat: String, CaseIterable {
    /// An object of JSON a line.
    case jsonl
    /// RFC 4180, with a line of names; a mark at the beginning tells spreadsheets that it is UTF-8.
    case csv

    /// What stands before the first row.
    func head(_ names: [String]) -> String {
        switch self {
        case .jsonl: ""
        case .csv: "\u{FEFF}" + Self.line(names)
        }
    }

    func row(_ members: [JSON.Member]) -> String {
        switch self {
        case .jsonl: JSON.object(members).serialized + "\n"
        case .csv: Self.line(members.map { Self.cell($0.value) })
        }
    }

    private static func line(_ cells: [String]) -> String {
        cells.map(quoted).joined(separator: ",") + "\r\n"
    }

    /// Lists and what is in them stay JSON.
    private static func cell(_ value: JSON) -> String {
        switch value {
        case .null: ""
        case .string(let text): text
        case .boolean, .number, .array, .object: value.serialized
        }
    }

    private static func quoted(_ cell: String) -> String {
        guard cell.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else {
            return cell
        }
        return
            "\"\(cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }
}
