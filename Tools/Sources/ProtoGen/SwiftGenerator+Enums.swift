extension SwiftGenerator {
    func write(_ enumeration: EnumDefinition, to text: inout SourceText) {
        let name = enumeration.name
        text.line()
        text.documentation(enumeration.documentation)
        text.block("public struct \(name): OpenEnum {") { text in
            text.line("public let rawValue: Int32")
            text.line()
            text.line("@inlinable public init(rawValue: Int32) { self.rawValue = rawValue }")
            for value in enumeration.values {
                text.line()
                text.documentation(value.documentation)
                text.line(
                    "@inlinable public static var \(Self.identifier(value.name)): \(name) {"
                        + " \(name)(rawValue: \(value.number)) }"
                )
            }
            text.line()
            text.block("public static let known: [\(name)] = [", closing: "]") { text in
                for value in enumeration.values { text.line(".\(Self.member(value.name)),") }
            }
            text.line()
            text.block("public var name: String? {") { text in
                text.cases("switch rawValue {") { text in
                    for value in enumeration.values {
                        text.line("case \(value.number): \(Self.literal(value.name))")
                    }
                    text.line("default: nil")
                }
            }
            text.line()
            text.block("public static let descriptor = EnumDescriptor(", closing: ")") { text in
                text.line("name: \(Self.literal(name)),")
                text.block("values: [", closing: "],") { text in
                    for value in enumeration.values {
                        let doc = Self.literal(value.documentation)
                        text.line(
                            "EnumValueDescriptor(\(value.number), \(Self.literal(value.name)), "
                                + "doc: \(doc)),"
                        )
                    }
                }
                text.line("doc: \(Self.literal(enumeration.documentation))")
            }
        }
    }
}
