import BanjieProtocol

/// The Chinese of what one module adds to the schema: its service, methods, messages, fields and
/// values, and its reasons of refusal in both languages.
struct ModuleTexts: Sendable {
    /// By service.
    let services: [String: String]
    /// By `Service/Method`.
    let methods: [String: String]
    let messages: [String: String]
    /// By `Message.field`; what a field's name says everywhere stands in `SchemaTexts.fields`.
    let fields: [String: String]
    /// By `Enum.VALUE`.
    let values: [String: String]
    let reasons: [Reason: ReasonText]

    /// Every module with texts of its own.
    static let all: [ModuleTexts] = [
        accounts, assignments, campaign, certificates, consultations, disclosure, imports,
        inquiries, joint,
        notifications,
        reviews, supervision, training,
    ]

    /// Everybody's texts of one kind.
    static func together<Key, Value>(
        _ common: [Key: Value],
        _ part: KeyPath<ModuleTexts, [Key: Value]>
    ) -> [Key: Value] {
        all.reduce(into: common) { texts, module in
            texts.merge(module[keyPath: part]) { first, _ in first }
        }
    }
}

extension SchemaTexts {
    static let services = ModuleTexts.together(commonServices, \.services)
    static let methods = ModuleTexts.together(commonMethods, \.methods)
    static let messages = ModuleTexts.together(commonMessages, \.messages)
    static let fieldsOfMessages = ModuleTexts.together(commonFieldsOfMessages, \.fields)
    static let values = ModuleTexts.together(commonValues, \.values)
}

extension ReasonTexts {
    private static let ofModules = ModuleTexts.together([:], \.reasons)

    /// The text of a reason that one module alone gives.
    static func ownText(of reason: Reason) -> ReasonText {
        ofModules[reason] ?? ReasonText(Text(same: reason.rawValue))
    }
}
