import Store

/// The SQL by which the records of a table are kept.
enum SQL {
    /// A name as SQL quotes it.
    static func name(_ name: String) -> String {
        precondition(!name.contains("\""), "a quotation mark in the name \(name)")
        return "\"\(name)\""
    }

    static func names(_ columns: [Column]) -> String {
        columns.map { name($0.name) }.joined(separator: ", ")
    }

    private static func type(_ storage: Column.Storage) -> String {
        switch storage {
        case .integer: "INTEGER"
        case .text: "TEXT"
        case .blob: "BLOB"
        }
    }

    static func definition(_ column: Column) -> String {
        "\(name(column.name)) \(type(column.storage))" + (column.isOptional ? "" : " NOT NULL")
    }

    /// Whether the table's rows lie under their only, integer key; other tables keep their rows in
    /// the tree of the key itself, which saves a second search.
    static func hasIntegerKey(_ table: Table) -> Bool {
        table.key.count == 1 && table.key[0].storage == .integer
    }

    static func create(_ table: Table) -> String {
        precondition(!table.key.isEmpty, "table \(table.name) has no key")
        let columns = table.columns.map(definition)
        if hasIntegerKey(table) {
            let key = "\(name(table.key[0].name)) INTEGER PRIMARY KEY"
            let all = ([key] + columns).joined(separator: ", ")
            return "CREATE TABLE \(name(table.name)) (\(all)) STRICT"
        }
        let all = (table.key.map(definition) + columns).joined(separator: ", ")
        return """
            CREATE TABLE \(name(table.name)) (\(all), PRIMARY KEY (\(names(table.key)))) \
            STRICT, WITHOUT ROWID
            """
    }

    static func create(_ index: Index, of table: Table) -> String {
        var names = index.columns
        if let carried = index.carried {
            precondition(hasIntegerKey(table), "a carrying index of table \(table.name)")
            // Behind the key: thus the order of what is found is the same as without it.
            names += table.key.map(\.name) + [carried]
        }
        let columns = names.map(name).joined(separator: ", ")
        var sql = "CREATE \(index.isUnique ? "UNIQUE " : "")INDEX \(name(index.name)) "
        sql += "ON \(name(table.name)) (\(columns))"
        if let condition = condition(index, of: table) { sql += " WHERE \(condition)" }
        return sql
    }

    /// Gives the key and what the index carries, where that is something.
    static func scan(by index: Index, in layout: SealedLayout) -> String {
        guard let carried = index.carried else {
            preconditionFailure("index \(index.name) carries nothing")
        }
        let table = layout.stored
        let conditions = [condition(index, in: layout), "\(name(carried)) IS NOT NULL"]
        return """
            SELECT \(names(table.key)), \(name(carried)) FROM \(name(table.name)) \
            INDEXED BY \(name(index.name)) WHERE \(conditions.compactMap(\.self).joined(separator: " AND "))
            """
    }

    /// What a row must fulfil to be in the index; nil when every row does.
    static func condition(_ index: Index, of table: Table) -> String? {
        guard let first = index.columns.first,
            table.columns.contains(where: { $0.name == first && $0.isOptional })
        else { return nil }
        return "\(name(first)) IS NOT NULL"
    }

    /// The same of a declared index, as the file's table has it.
    static func condition(_ index: Index, in layout: SealedLayout) -> String? {
        let stored = layout.stored.indexes.first { $0.name == index.name }
        return stored.flatMap { condition($0, of: layout.stored) }
    }

    static func insert(_ table: Table) -> String {
        let columns = table.key + table.columns
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        return "INSERT INTO \(name(table.name)) (\(names(columns))) VALUES (\(places))"
    }

    static func upsert(_ table: Table) -> String {
        let updates = table.columns.map { "\(name($0.name)) = excluded.\(name($0.name))" }
        let action =
            updates.isEmpty ? "NOTHING" : "UPDATE SET \(updates.joined(separator: ", "))"
        return "\(insert(table)) ON CONFLICT (\(names(table.key))) DO \(action)"
    }

    /// Sets the columns whose bit is set; the parameters are these, then the key.
    static func update(_ table: Table, columns mask: UInt64) -> String {
        let updates = table.columns.enumerated()
            .filter { mask & (1 << UInt64($0.offset)) != 0 }
            .map { "\(name($0.element.name)) = ?" }
            .joined(separator: ", ")
        return "UPDATE \(name(table.name)) SET \(updates) WHERE \(equals(table.key))"
    }

    static func delete(_ table: Table) -> String {
        "DELETE FROM \(name(table.name)) WHERE \(equals(table.key))"
    }

    static func load(_ table: Table) -> String {
        "SELECT \(names(table.key + table.columns)) FROM \(name(table.name)) "
            + "WHERE \(equals(table.key))"
    }

    /// Every row, by key.
    static func all(_ table: Table) -> String {
        "SELECT \(names(table.key + table.columns)) FROM \(name(table.name)) "
            + "ORDER BY \(names(table.key))"
    }

    /// Null without rows.
    static func largestKey(_ table: Table) -> String {
        "SELECT max(\(name(table.key[0].name))) FROM \(name(table.name))"
    }

    private static func equals(_ columns: [Column]) -> String {
        columns.map { "\(name($0.name)) = ?" }.joined(separator: " AND ")
    }
}

/// The form of a search, without its values: what one prepared statement serves.
struct SearchShape: Hashable {
    let index: Index?
    /// Which of the prefix's values are null.
    let prefix: [Bool]
    /// Which of the values of the last record seen are null; nil without one.
    let after: [Bool]?
    /// Which of the prefix's values are found by hashes, and by how many each.
    let hashCounts: [Int: Int]

    /// - Parameter hashCounts: By the places in the prefix.
    init(_ search: Search, hashCounts: [Int: Int]) {
        index = search.index
        self.hashCounts = hashCounts
        prefix = search.prefix.map { $0 == .null }
        after = search.after?.map { $0 == .null }
    }

    /// The statement; its parameters are all values of the search in their order (those that are
    /// null go unused; for one with hashes stands its first), then the limit, then the other hashes.
    ///
    /// - Precondition: the values fit the columns of the index or key in number.
    func sql(_ layout: SealedLayout) -> String {
        let table = layout.table
        let key = table.key.map(\.name)
        let indexed = index?.columns ?? []
        let searched = index == nil ? key : indexed
        precondition(prefix.count <= searched.count, "a prefix longer than its index")
        let rest = searched.dropFirst(prefix.count) + (index == nil ? [] : key)

        var conditions: [String] = []
        let limit = prefix.count + (after?.count ?? 0) + 1
        var places = limit
        for (position, isNull) in prefix.enumerated() {
            if let count = hashCounts[position] {
                let column = SQL.name(SealedLayout.hashName(searched[position]))
                let others = (1..<count).map { ", ?\(places + $0)" }.joined()
                places += count - 1
                conditions.append("\(column) IN (?\(position + 1)\(others))")
                continue
            }
            let column = SQL.name(searched[position])
            conditions.append(isNull ? "\(column) IS NULL" : "\(column) = ?\(position + 1)")
        }
        if let index, let condition = SQL.condition(index, in: layout) {
            conditions.append(condition)
        }
        if let after {
            precondition(after.count == rest.count, "a position of another length than its index")
            if !rest.isEmpty { conditions.append(beyond(Array(rest), isNull: after)) }
        }
        var sql = "SELECT \(SQL.names(table.key + table.columns)) FROM \(SQL.name(table.name))"
        if let index { sql += " INDEXED BY \(SQL.name(index.name))" }
        if !conditions.isEmpty { sql += " WHERE \(conditions.joined(separator: " AND "))" }
        // Columns that the prefix fixes, or that come again, don't order anything; SQLite may take
        // them for a reason to sort.
        let fixed = searched.prefix(prefix.count)
        var order: [String] = []
        for column in rest where !fixed.contains(column) && !order.contains(column) {
            order.append(column)
        }
        if !order.isEmpty { sql += " ORDER BY \(order.map(SQL.name).joined(separator: ", "))" }
        return sql + " LIMIT ?\(limit)"
    }

    /// The condition that the columns come after the values of the last record seen.
    private func beyond(_ columns: [String], isNull: [Bool]) -> String {
        let names = columns.map(SQL.name)
        let places = columns.indices.map { "?\(prefix.count + $0 + 1)" }
        if !isNull.contains(true) {
            return "(\(names.joined(separator: ", "))) > (\(places.joined(separator: ", ")))"
        }
        // A comparison of rows is neither true nor false when it meets a null, which in an index
        // comes before every value: so column by column.
        var condition = "0"
        for position in columns.indices.reversed() {
            let name = names[position]
            let (greater, equal) =
                isNull[position]
                ? ("\(name) IS NOT NULL", "\(name) IS NULL")
                : ("\(name) > \(places[position])", "\(name) = \(places[position])")
            condition = "(\(greater) OR (\(equal) AND \(condition)))"
        }
        return condition
    }
}
