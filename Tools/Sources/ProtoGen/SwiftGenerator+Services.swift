extension SwiftGenerator {
    func write(_ service: ServiceDefinition, to text: inout SourceText) {
        writeMethods(of: service, to: &text)
        writeClient(of: service, to: &text)
        writeHandler(of: service, kind: .command, to: &text)
        writeHandler(of: service, kind: .query, to: &text)
        for kind in MethodKind.allCases where kind.isStream {
            writeStreams(of: service, kind: kind, to: &text)
        }
    }

    private func writeMethods(of service: ServiceDefinition, to text: inout SourceText) {
        text.line()
        text.line("/// The methods of \(service.name).")
        text.block("public enum \(service.name)Methods {") { text in
            for method in service.methods {
                text.documentation(method.documentation)
                text.block(
                    "public static let \(Self.identifier(method)) = MethodDescriptor(",
                    closing: ")"
                ) { text in
                    for part in parts(of: method, in: service) { text.line(part) }
                }
                text.line()
            }
            text.line("/// The service and its methods, in ascending order of their numbers.")
            text.block("public static let service = ServiceDescriptor(", closing: ")") { text in
                text.line("name: \(Self.literal(service.name)),")
                text.line("number: \(service.number),")
                text.block("methods: [", closing: "],") { text in
                    for method in service.methods { text.line("\(Self.identifier(method)),") }
                }
                text.line("doc: \(Self.literal(service.documentation))")
            }
        }
    }

    private func parts(of method: MethodDefinition, in service: ServiceDefinition) -> [String] {
        let idempotency =
            switch method.idempotency {
            case .safe: "safe"
            case .requestID: "requestID"
            case .none: "none"
            }
        return [
            "serviceName: \(Self.literal(service.name)),",
            "serviceNumber: \(service.number),",
            "name: \(Self.literal(method.name)),",
            "number: \(method.number),",
            "kind: .\(method.kind.rawValue),",
            "runsInline: \(method.runsInline),",
            "access: \(access(of: method)),",
            "defaultTimeoutMillis: \(method.defaultTimeoutMillis),",
            "longestTimeoutMillis: \(method.longestTimeoutMillis),",
            "idempotency: .\(idempotency),",
            "request: \(method.request).self,",
            "reply: \(method.reply).self,",
            "doc: \(Self.literal(method.documentation))",
        ]
    }

    private func access(of method: MethodDefinition) -> String {
        switch method.access {
        case .everybody: return ".public"
        case .signedIn: return ".signedIn"
        case .roles(let roles, let refusal):
            let list = roles.map { "." + Self.member($0) }.joined(separator: ", ")
            return ".roles([\(list)], refusal: .\(Self.member(refusal ?? "ROLE_REQUIRED")))"
        }
    }

    private func writeClient(of service: ServiceDefinition, to text: inout SourceText) {
        text.line()
        text.documentation(service.documentation)
        text.block("public struct \(service.name)Client: Sendable {") { text in
            text.line("/// What carries the calls.")
            text.line("public let channel: any CallChannel")
            text.line()
            text.line("public init(_ channel: any CallChannel) { self.channel = channel }")
            for method in service.methods {
                text.line()
                text.documentation(method.documentation)
                let isEmpty = names.messages[method.request]?.fields.isEmpty == true
                text.line("public func \(Self.identifier(method))(")
                text.indented { text in
                    text.line(
                        "_ request: \(method.request)\(isEmpty ? " = \(method.request)()" : ""),"
                    )
                    text.line("options: CallOptions = CallOptions()")
                }
                text.block(") \(Self.result(of: method)) {") { text in
                    text.line(
                        "\(Self.carrier(of: method))(\(service.name)Methods"
                            + ".\(Names.lowerCamel(upperCamel: method.name)), request, options)"
                    )
                }
            }
        }
    }

    /// Writes the protocol that a server's handler of one kind of methods conforms to.
    private func writeHandler(
        of service: ServiceDefinition,
        kind: MethodKind,
        to text: inout SourceText
    ) {
        let methods = service.methods.filter { $0.kind == kind }
        guard !methods.isEmpty else { return }
        let (word, plural) = kind == .command ? ("Command", "Commands") : ("Query", "Queries")
        let context = "\(word)Context"
        text.line()
        text.line("/// What a server does on the \(plural.lowercased()) of \(service.name).")
        text.block("public protocol \(service.name)\(plural) {") { text in
            text.line("/// What a handler reads and changes.")
            text.line("associatedtype \(context)")
            text.line("/// Why a handler refuses.")
            text.line("associatedtype Failure: Error")
            for method in methods {
                text.line()
                text.documentation(method.documentation)
                text.line(
                    "func \(Self.identifier(method))(_ request: \(method.request),"
                        + " in context: inout \(context)) throws(Failure) -> \(method.reply)"
                )
            }
        }
        text.line()
        text.block("extension \(service.name)\(plural) {") { text in
            text.line(
                "/// Hands the request in `body` to the method of this number and appends its reply."
            )
            text.line("@inlinable public func dispatch\(word)(")
            text.indented { text in
                text.line("_ method: UInt16,")
                text.line("_ body: UnsafeRawBufferPointer,")
                text.line("in context: inout \(context),")
                text.line("reply: inout MessageWriter")
            }
            text.block(") throws(DispatchFailure<Failure>) {") { text in
                text.cases("switch method {") { text in
                    for method in methods {
                        text.line("case \(method.number):")
                        text.indented { write(callOf: method, to: &$0) }
                    }
                    text.line("default: throw .unknownMethod")
                }
            }
        }
    }

    private func write(callOf method: MethodDefinition, to text: inout SourceText) {
        text.block("try Dispatch.answer(body, into: &reply) {") { text in
            text.line("(request: \(method.request)) throws(Failure) in")
            text.line("try \(Self.identifier(method))(request, in: &context)")
        }
    }

    static func identifier(_ method: MethodDefinition) -> String {
        Names.swiftIdentifier(Names.lowerCamel(upperCamel: method.name))
    }
}
