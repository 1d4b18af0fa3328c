import BanjieProtocol

/// What the protocol's schema says, in each language: the English is the schema's own, the Chinese
/// stands in the tables beside.
enum SchemaTexts {
    static func summary(of method: MethodDescriptor) -> Text {
        summary(ofMethod: method.fullName, method.doc)
    }

    static func summary(of field: FieldDescriptor, in message: MessageDescriptor) -> Text {
        summary(ofField: field.name, in: message.name, field.doc)
    }

    // By name and with what the schema says, which may be a server's of another version.

    static func summary(ofService name: String, _ doc: String) -> Text {
        Text(doc, services[name] ?? doc)
    }

    static func summary(ofMethod fullName: String, _ doc: String) -> Text {
        Text(doc, methods[fullName] ?? doc)
    }

    static func summary(ofMessage name: String, _ doc: String) -> Text {
        Text(doc, messages[name] ?? doc)
    }

    static func summary(ofField name: String, in message: String, _ doc: String) -> Text {
        Text(doc, fieldsOfMessages["\(message).\(name)"] ?? fields[name] ?? doc)
    }

    /// The label of an enum's value: its name in the schema, or the office's word for it; of a value
    /// that this version doesn't know, its number.
    static func label<Value: OpenEnum>(of value: Value) -> Text {
        guard let name = value.name else { return Text(same: String(value.rawValue)) }
        return Text(name, label(ofValue: name, in: "\(Value.self)"))
    }

    /// The office's word for an enum's value; its name when there is none.
    static func label(ofValue name: String, in enumeration: String) -> String {
        values["\(enumeration).\(name)"] ?? name
    }
}

extension Language {
    /// The label of an enum's value; empty for the 0 that stands for none.
    func label(_ value: some OpenEnum) -> String {
        value.rawValue == 0 ? "" : text(SchemaTexts.label(of: value))
    }
}
