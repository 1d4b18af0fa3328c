import Sealing
import Store

/// How a table lies in the file: its personal columns sealed, as blobs, and behind all columns a keyed
/// hash of each that an index names.
struct SealedLayout {
    /// As it was declared.
    let table: Table
    /// As it lies in the file.
    let stored: Table
    /// The personal columns, by their places in `table.columns`.
    let personal: [Int]
    /// Those of them that have a hash, in the order of the hashes.
    let hashed: [Int]

    /// - Precondition: no personal column is a part of the key or of a unique index, or carried by one.
    init(_ table: Table) {
        precondition(
            !table.key.contains(where: \.isPersonal),
            "table \(table.name) has a personal key"
        )
        let personal = table.columns.indices.filter { table.columns[$0].isPersonal }
        let hashed = personal.filter { position in
            let indexes = table.indexes.filter { $0.columns.contains(table.columns[position].name) }
            precondition(
                !indexes.contains(where: \.isUnique),
                "a unique index of personal data in table \(table.name)"
            )
            precondition(
                !table.indexes.contains { $0.carried == table.columns[position].name },
                "an index that carries personal data of table \(table.name)"
            )
            return !indexes.isEmpty
        }
        self.table = table
        self.personal = personal
        self.hashed = hashed
        guard !personal.isEmpty else {
            stored = table
            return
        }
        let columns = table.columns.map { column in
            column.isPersonal
                ? Column(column.name, .blob, optional: column.isOptional) : column
        }
        let hashes = hashed.map { position in
            Column(
                Self.hashName(table.columns[position].name),
                .blob,
                optional: table.columns[position].isOptional
            )
        }
        let names = Set(hashed.map { table.columns[$0].name })
        stored = Table(
            table.name,
            key: table.key,
            columns: columns + hashes,
            indexes: table.indexes.map { index in
                Index(
                    index.name,
                    on: index.columns.map { names.contains($0) ? Self.hashName($0) : $0 },
                    unique: index.isUnique,
                    carrying: index.carried
                )
            }
        )
    }

    var isSealed: Bool { !personal.isEmpty }

    static func hashName(_ column: String) -> String { "\(column)_hash" }

    // MARK: - Writing

    /// The columns of the file's table that change with those of the declared one.
    func storedColumns(_ columns: UInt64) -> UInt64 {
        var result = columns
        for (number, position) in hashed.enumerated() where columns & (1 << UInt64(position)) != 0 {
            result |= 1 << UInt64(table.columns.count + number)
        }
        return result
    }

    /// The row as it lies in the file. Of columns that aren't among `columns` it has a null, when they
    /// are personal.
    func seal(_ row: borrowing Row, columns: UInt64 = .max, by ring: KeyRing) -> Row {
        var sealed = Row()
        let width = table.key.count
        for position in 0..<width { sealed.append(position, of: row) }
        let key = keyText(row)
        for (position, column) in table.columns.enumerated() {
            guard column.isPersonal else {
                sealed.append(width + position, of: row)
                continue
            }
            if columns & (1 << UInt64(position)) != 0,
                let text = row.content(at: width + position)
            {
                sealed.append(blob: ring.seal(text, for: place(column.name, key)))
            } else {
                sealed.appendNull()
            }
        }
        for position in hashed {
            if columns & (1 << UInt64(position)) != 0,
                let text = row.content(at: width + position)
            {
                sealed.append(blob: hash(of: text, table.columns[position].name, by: ring))
            } else {
                sealed.appendNull()
            }
        }
        return sealed
    }

    /// The hash by which a value is found.
    func hash(of text: [UInt8], _ column: String, by ring: KeyRing) -> [UInt8] {
        ring.searchHash(of: text, table: table.name, column: column)
    }

    // MARK: - Reading

    /// The declared row of one that lies in the file, its hashes left out or not.
    func open(_ row: borrowing Row, by ring: KeyRing) throws(StoreError) -> Row {
        var opened = Row()
        let width = table.key.count
        for position in 0..<width { opened.append(position, of: row) }
        let key = keyText(row)
        for (position, column) in table.columns.enumerated() {
            if column.isPersonal, let sealed = row.content(at: width + position) {
                let content = try open(sealed, of: column.name, key: key, by: ring)
                content.withUnsafeBytes { content in
                    if column.storage == .text {
                        opened.append(text: content)
                    } else {
                        opened.append(blob: content)
                    }
                }
            } else {
                opened.append(width + position, of: row)
            }
        }
        return opened
    }

    /// The content of a sealed cell.
    func open(
        _ sealed: [UInt8],
        of column: String,
        key: String,
        by ring: KeyRing
    ) throws(StoreError) -> [UInt8] {
        do throws(SealingError) {
            return try ring.open(sealed, for: place(column, key))
        } catch {
            throw .corrupt("table \(table.name), column \(column): \(error)")
        }
    }

    /// Where a cell lies.
    func place(_ column: String, _ key: String) -> SealedPlace {
        SealedPlace(table: table.name, column: column, key: key)
    }

    /// The row's key in one text, which no other key of the table has.
    func keyText(_ row: borrowing Row) -> String {
        var parts: [String] = []
        for position in table.key.indices {
            switch row.value(at: position) {
            case .integer(let integer): parts.append("\(integer)")
            case .text(let text): parts.append(text)
            case .null, .blob: preconditionFailure("a key of table \(table.name) is no key")
            }
        }
        guard parts.count > 1 else { return parts[0] }
        return parts.map { "\($0.utf8.count):\($0)" }.joined()
    }

    // MARK: - Searching

    /// The hashes by which a search's values are found, by their places in its prefix; for each the
    /// newest key's first, and as many as there are keys.
    ///
    /// - Precondition: the search names a value for each personal column of its index.
    func hashes(of search: Search, by ring: KeyRing?) throws(StoreError) -> [Int: [[UInt8]]] {
        guard let index = search.index, !hashed.isEmpty else { return [:] }
        let names = Set(hashed.map { table.columns[$0].name })
        var hashes: [Int: [[UInt8]]] = [:]
        for (position, column) in index.columns.enumerated() where names.contains(column) {
            precondition(position < search.prefix.count, "index \(index.name) needs a value")
            guard case .text(let text) = search.prefix[position] else {
                precondition(search.prefix[position] == .null, "personal data is text")
                continue
            }
            guard let ring else { throw .keyless(table) }
            hashes[position] = ring.searchHashes(
                of: Array(text.utf8),
                table: table.name,
                column: column
            )
        }
        return hashes
    }
}

extension StoreError {
    /// Sealed values are met without a key file.
    static func keyless(_ table: Table) -> StoreError {
        .failed("table \(table.name) holds sealed values: name the key file")
    }
}
