/// A column of a table.
package struct Column: Hashable, Sendable {
    package let name: String
    package let kind: Kind
    /// How its values lie in a store.
    package let storage: Storage
    package let isOptional: Bool
    /// Whether it holds personal data: a store keeps its values sealed, and finds them, by an index
    /// that names the column, by keyed hashes. A record knows nothing of that.
    package let isPersonal: Bool

    /// - Precondition: a personal column holds text or a blob, and isn't a part of a key.
    package init(
        _ name: String,
        _ kind: Kind,
        optional isOptional: Bool = false,
        personal isPersonal: Bool = false
    ) {
        storage = kind.storage
        precondition(!isPersonal || storage != .integer, "a personal column holds text or a blob")
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
        self.isPersonal = isPersonal
    }
}

extension Column {
    package enum Storage: Hashable, Sendable { case integer, text, blob }

    /// What a value stands for, to whoever reads it without the record's type.
    package enum Kind: Hashable, Sendable {
        case integer, text, blob
        /// Days since 1970-01-01.
        case day
        /// Seconds since 1970-01-01T00:00:00Z.
        case instant
        /// 0 or 1.
        case flag
        /// A hash, or what is only compared.
        case digest
        /// One of several, by number.
        case choice(Choices)
        /// Several of them: a bit for each, at the place of its number.
        case set(Choices)
        /// A list, as `ValueList` keeps it.
        indirect case list(of: Kind)
        /// A list of rows, as `ValueList` keeps it, with these columns.
        case rows([Column])

        package var storage: Storage {
            switch self {
            case .integer, .day, .instant, .flag, .choice, .set: .integer
            case .text: .text
            case .blob, .digest, .list, .rows: .blob
            }
        }

        var form: Form {
            switch self {
            case .integer: .integer
            case .text: .text
            case .blob: .blob
            case .day: .day
            case .instant: .instant
            case .flag: .flag
            case .digest: .digest
            case .choice: .choice
            case .set: .set
            case .list, .rows: .list
            }
        }

        /// One of an enumeration's cases.
        package static func choice<Enumeration: RawRepresentable & CaseIterable>(
            of type: Enumeration.Type
        ) -> Kind where Enumeration.RawValue: BinaryInteger {
            .choice(Choices(type))
        }

        /// Several of an enumeration's cases.
        package static func set<Enumeration: RawRepresentable & CaseIterable>(
            of type: Enumeration.Type
        ) -> Kind where Enumeration.RawValue: BinaryInteger {
            .set(Choices(type))
        }
    }

    /// A kind without what belongs to it.
    enum Form: Sendable { case integer, text, blob, day, instant, flag, digest, choice, set, list }

    /// Numbers and the names that they stand for.
    package struct Choices: Hashable, Sendable {
        package let names: [Int64: String]

        /// Names such as `WAIT_CORRECTION`, as the protocol writes them.
        package init(_ names: [Int64: String]) { self.names = names }

        /// The cases of an enumeration, named after them.
        init<Enumeration: RawRepresentable & CaseIterable>(
            _ type: Enumeration.Type
        ) where Enumeration.RawValue: BinaryInteger {
            names = Dictionary(
                uniqueKeysWithValues: type.allCases.map {
                    (Int64($0.rawValue), Self.upperCased("\($0)"))
                }
            )
        }

        private static func upperCased(_ camelCase: String) -> String {
            camelCase.reduce(into: "") { name, character in
                if character.isUppercase { name.append("_") }
                name += character.uppercased()
            }
        }
    }
}
