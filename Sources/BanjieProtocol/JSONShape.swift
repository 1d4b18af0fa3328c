/// What of a message's schema its JSON depends on, whether the schema was built in or came from a
/// server.
struct JSONShape {
    struct Field {
        let number: UInt32
        let name: String
        let type: FieldShape
        let isList: Bool
        let isOptional: Bool
    }

    /// The type of a field's value.
    enum FieldShape {
        case bool, int32, int64, uint32, uint64, string, bytes, instant, date
        /// The values that are known, in the order of their numbers.
        case enumeration([(number: Int32, name: String)])
        /// Made when it is needed: messages may hold themselves.
        case message(() -> JSONShape)
    }

    let name: String
    /// In ascending order of their numbers.
    let fields: [Field]
}

extension JSONShape {
    init(_ descriptor: MessageDescriptor) {
        name = descriptor.name
        fields = descriptor.fields.map { field in
            Field(
                number: field.number,
                name: field.name,
                type: FieldShape(field.type),
                isList: field.isList,
                isOptional: field.isOptional
            )
        }
    }
}

extension JSONShape.FieldShape {
    fileprivate init(_ type: FieldType) {
        self =
            switch type {
            case .bool: .bool
            case .int32: .int32
            case .int64: .int64
            case .uint32: .uint32
            case .uint64: .uint64
            case .string: .string
            case .bytes: .bytes
            case .instant: .instant
            case .date: .date
            case .message(let type): .message { JSONShape(type.descriptor) }
            case .enumeration(let type):
                .enumeration(type.descriptor.values.map { ($0.number, $0.name) })
            }
    }

    var isMessage: Bool {
        if case .message = self { true } else { false }
    }
}
