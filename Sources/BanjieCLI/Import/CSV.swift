/// Comma-separated values (RFC 4180): a line of names, then records, each with the line on which it begins.
struct CSV {
    struct Record: Equatable {
        let line: Int
        let cells: [String]
    }

    /// Why a text is none.
    enum Fault: Error, Hashable {
        /// A quoted cell that began here never ends.
        case openQuote(line: Int)
        /// A quote within a cell that isn't quoted, or behind one that is.
        case strayQuote(line: Int)
    }

    /// All records, that of the names included; empty lines are none.
    static func records(of text: some StringProtocol) throws(Fault) -> [Record] {
        var reader = Reader(text.unicodeScalars)
        return try reader.records()
    }

    private struct Reader<Scalars: Collection<UnicodeScalar>> {
        private var rest: Scalars.SubSequence
        private var line = 1

        init(_ scalars: Scalars) { rest = scalars[...] }

        mutating func records() throws(Fault) -> [Record] {
            var records: [Record] = []
            while !rest.isEmpty {
                let start = line
                var cells = [try cell()]
                while rest.first == "," {
                    rest.removeFirst()
                    cells.append(try cell())
                }
                endLine()
                if cells != [""] { records.append(Record(line: start, cells: cells)) }
            }
            return records
        }

        private mutating func cell() throws(Fault) -> String {
            if rest.first == "\"" { return try quoted() }
            var cell = String.UnicodeScalarView()
            while let scalar = rest.first, scalar != ",", scalar != "\r", scalar != "\n" {
                guard scalar != "\"" else { throw .strayQuote(line: line) }
                cell.append(scalar)
                rest.removeFirst()
            }
            return String(cell)
        }

        private mutating func quoted() throws(Fault) -> String {
            let start = line
            rest.removeFirst()
            var cell = String.UnicodeScalarView()
            while let scalar = rest.popFirst() {
                if scalar == "\n" { line += 1 }
                guard scalar == "\"" else {
                    cell.append(scalar)
                    continue
                }
                // Two quotes are one; a single one ends the cell.
                guard rest.first == "\"" else {
                    guard rest.first.map({ ",\r\n".unicodeScalars.contains($0) }) ?? true else {
                        throw .strayQuote(line: line)
                    }
                    return String(cell)
                }
                cell.append(scalar)
                rest.removeFirst()
            }
            throw .openQuote(line: start)
        }

        private mutating func endLine() {
            if rest.first == "\r" { rest.removeFirst() }
            if rest.first == "\n" {
                rest.removeFirst()
                line += 1
            }
        }
    }
}
