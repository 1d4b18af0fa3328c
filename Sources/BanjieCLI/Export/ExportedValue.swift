import BanjieProtocol
import CivilTime
import Digest
import Store
import StoreSQLite

extension JSON {
    /// What a column's value says to whoever doesn't know the record: days and instants as the protocol writes
    /// them in JSON, numbers that stand for names by these, hashes in hexadecimal, other bytes in base64.
    init(_ value: Value, of kind: StoredColumn.Kind) throws(StoreError) {
        switch value {
        case .null: self = .null
        case .text(let text): self = .string(text)
        case .integer(let number): self = try JSON(number, of: kind)
        case .blob(let bytes): self = try JSON(bytes, of: kind)
        }
    }

    private init(_ number: Int64, of kind: StoredColumn.Kind) throws(StoreError) {
        switch kind {
        case .day:
            guard let days = Int32(exactly: number) else {
                throw .corrupt("\(number) is no day")
            }
            self = .string(CivilDate(daysSinceEpoch: days).description)
        case .instant: self = .string(Instant(unixSeconds: number).description)
        case .flag: self = .boolean(number != 0)
        case .choice(let choices):
            self = choices.names[number].map(JSON.string) ?? .number("\(number)")
        case .set(let choices):
            let bits = choices.names.keys.sorted().filter { number & (1 << $0) != 0 }
            self = .array(bits.compactMap { choices.names[$0] }.map(JSON.string))
        case .integer, .text, .blob, .digest, .list, .rows: self = .number("\(number)")
        }
    }

    private init(_ bytes: [UInt8], of kind: StoredColumn.Kind) throws(StoreError) {
        switch kind {
        case .digest: self = .string(Hexadecimal.text(of: bytes))
        case .list(let element):
            var elements: [JSON] = []
            for value in try ValueList.decode(bytes).joined() {
                elements.append(try JSON(value, of: element))
            }
            self = .array(elements)
        case .rows(let columns):
            var rows: [JSON] = []
            for values in try ValueList.decode(bytes) {
                rows.append(.object(try Self.members(columns, values)))
            }
            self = .array(rows)
        case .integer, .text, .blob, .day, .instant, .flag, .choice, .set:
            self = .string(Base64.encode(bytes))
        }
    }

    /// A row's values by the names of their columns.
    static func members(
        _ columns: [StoredColumn],
        _ values: [Value]
    ) throws(StoreError) -> [Member] {
        guard columns.count == values.count else {
            throw .corrupt("a row has \(values.count) values, and \(columns.count) columns")
        }
        var members: [Member] = []
        for (column, value) in zip(columns, values) {
            do throws(StoreError) {
                members.append(Member(key: column.name, value: try JSON(value, of: column.kind)))
            } catch {
                throw .corrupt("column \(column.name): \(error.reason)")
            }
        }
        return members
    }
}
