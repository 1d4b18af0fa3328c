/// A text for a person, laid out in columns.
struct Page {
    let language: Language
    let style: Style
    private(set) var text = ""

    init(language: Language, style: Style) {
        self.language = language
        self.style = style
    }

    /// Adds a line.
    mutating func line(_ content: String = "", _ ink: Ink = .plain) {
        text += style.paint(Self.printable(content), ink) + "\n"
    }

    /// Adds a heading, after an empty line.
    mutating func heading(_ title: Text) {
        if !text.isEmpty { line() }
        line(language.text(title), .strong)
    }

    /// Adds a line for each entry: its name, and its value in a column of its own.
    mutating func entries(_ entries: [Entry]) {
        let shown = entries.filter { !$0.value.text.isEmpty }
        let width = shown.map { DisplayWidth.of(language.text($0.name)) }.max() ?? 0
        for entry in shown {
            let name = DisplayWidth.padded(language.text(entry.name), to: width)
            let value = style.paint(Self.printable(entry.value.text), entry.value.ink)
            text += "  \(style.paint(name, .faint))  \(value)\n"
        }
    }

    /// Adds a table with a line of column titles; nothing when it has no rows.
    mutating func table(_ columns: [Column], _ rows: [[Cell]]) {
        guard !rows.isEmpty else { return }
        let titles = columns.map { Cell(language.text($0.title), .faint) }
        let lines = ([titles] + rows).map { row in
            row.map { Cell(Self.printable($0.text), $0.ink) }
        }
        let widths = columns.indices.map { index in
            lines.map { index < $0.count ? DisplayWidth.of($0[index].text) : 0 }.max() ?? 0
        }
        for row in lines {
            var line = " "
            for (column, (cell, width)) in zip(columns, zip(row, widths)) {
                let gap = String(repeating: " ", count: max(0, width - DisplayWidth.of(cell.text)))
                let painted = style.paint(cell.text, cell.ink)
                line += " " + (column.isNumber ? gap + painted : painted + gap) + " "
            }
            while line.hasSuffix(" ") { line.removeLast() }
            text += line + "\n"
        }
    }

    /// `text` with every control character replaced: what a server sends doesn't steer a terminal.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(isControl(scalar) ? "\u{FFFD}" : scalar) }
        return String(result)
    }

    /// C0, DEL and C1, and the marks that turn the direction of writing.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

/// A name with its value.
struct Entry {
    let name: Text
    let value: Cell

    /// An entry that a page leaves out when its value is nil or empty.
    init(_ name: Text, _ value: String?, _ ink: Ink = .plain) {
        self.name = name
        self.value = Cell(value ?? "", ink)
    }
}

/// A column of a table.
struct Column {
    let title: Text
    /// Whether its cells stand at its right edge.
    let isNumber: Bool

    init(_ title: Text, isNumber: Bool = false) {
        self.title = title
        self.isNumber = isNumber
    }
}

/// A cell of a table.
struct Cell: ExpressibleByStringLiteral {
    let text: String
    let ink: Ink

    init(_ text: String, _ ink: Ink = .plain) {
        self.text = text
        self.ink = ink
    }

    init(stringLiteral text: String) { self.init(text) }
}
