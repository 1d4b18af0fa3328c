/// By which columns of a row a search looks, as positions in the row: the key's, then the table's.
struct OverlayShape: Hashable {
    /// The columns that the search's prefix gives.
    let prefix: [Int]
    /// The other columns of the index, then the key's: what orders the records found.
    let rest: [Int]
    /// The column that leaves a row out of the index when it is null.
    let optionalFirst: Int?

    /// - Precondition: the index belongs to the table, and the prefix isn't longer than it.
    init(_ table: Table, _ search: Search) {
        let key = Array(table.key.indices)
        guard let index = search.index else {
            precondition(search.prefix.count <= key.count, "a prefix longer than the key")
            prefix = Array(key.prefix(search.prefix.count))
            rest = Array(key.dropFirst(search.prefix.count))
            optionalFirst = nil
            return
        }
        let all = table.key + table.columns
        let columns = index.columns.map { name -> Int in
            guard let position = all.firstIndex(where: { $0.name == name }) else {
                preconditionFailure("index \(index.name) names no column \(name)")
            }
            return position
        }
        precondition(
            search.prefix.count <= columns.count,
            "a prefix longer than index \(index.name)"
        )
        prefix = Array(columns.prefix(search.prefix.count))
        rest = columns.dropFirst(search.prefix.count) + key
        optionalFirst = columns.first.flatMap { all[$0].isOptional ? $0 : nil }
    }
}

/// The changed records of a batch by the values that searches of one shape ask for.
struct Overlay<Slot: AnyObject> {
    var groups: [[Value]: [Slot]] = [:]

    init() {}

    subscript(prefix: [Value]) -> [Slot] { groups[prefix] ?? [] }

    mutating func insert(_ slot: Slot, _ prefix: [Value]) {
        groups[prefix, default: []].append(slot)
    }

    mutating func remove(_ slot: Slot, _ prefix: [Value]) {
        guard let position = groups[prefix]?.firstIndex(where: { $0 === slot }) else { return }
        groups[prefix]?.remove(at: position)
    }
}
