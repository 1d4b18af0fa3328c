import BanjieProtocol

/// What the protocol's schema says, in each language: the English is the schema's own, the Chinese
/// stands in the tables beside.
enum SchemaTexts {
    static func summary(of service: ServiceDescriptor) -> Text {
        Text(service.doc, services[service.name] ?? service.doc)
    }

    static func summary(of method: MethodDescriptor) -> Text {
        Text(method.doc, methods[method.fullName] ?? method.doc)
    }

    static func summary(of message: MessageDescriptor) -> Text {
        Text(message.doc, messages[message.name] ?? message.doc)
    }

    static func summary(of field: FieldDescriptor, in message: MessageDescriptor) -> Text {
        let chinese = fieldsOfMessages["\(message.name).\(field.name)"] ?? fields[field.name]
        return Text(field.doc, chinese ?? field.doc)
    }

    /// The label of an enum's value: its name in the schema, or the office's word for it; of a value
    /// that this version doesn't know, its number.
    static func label<Value: OpenEnum>(of value: Value) -> Text {
        guard let name = value.name else { return Text(same: String(value.rawValue)) }
        return Text(name, values["\(Value.self).\(name)"] ?? name)
    }
}

extension Language {
    /// The label of an enum's value; empty for the 0 that stands for none.
    func label(_ value: some OpenEnum) -> String {
        value.rawValue == 0 ? "" : text(SchemaTexts.label(of: value))
    }
}
