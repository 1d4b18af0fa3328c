extension SwiftGenerator {
    /// What a client's stub gives back, with what stands before the arrow.
    static func result(of method: MethodDefinition) -> String {
        switch method.kind {
        case .command, .query: "async throws(CallError) -> \(method.reply)"
        case .watch: "-> ReplyStream<\(method.reply)>"
        case .upload: "-> UploadCall<\(method.request), \(method.reply)>"
        case .session: "-> SessionCall<\(method.request), \(method.reply)>"
        }
    }

    /// What a client's stub calls.
    static func carrier(of method: MethodDefinition) -> String {
        method.kind.isStream
            ? "channel.\(method.kind.rawValue)" : "try await channel.call"
    }

    /// Writes the protocol that a server's handler of one kind of streams conforms to.
    func writeStreams(
        of service: ServiceDefinition,
        kind: MethodKind,
        to text: inout SourceText
    ) {
        let methods = service.methods.filter { $0.kind == kind }
        guard !methods.isEmpty else { return }
        let (word, plural) =
            switch kind {
            case .watch: ("Watch", "Watches")
            case .upload: ("Upload", "Uploads")
            default: ("Session", "Sessions")
            }
        let context = "\(word)Context"
        text.line()
        text.line("/// What a server does on the \(plural.lowercased()) of \(service.name).")
        text.block("public protocol \(service.name)\(plural) {") { text in
            text.line("/// What a handler reads and changes.")
            text.line("associatedtype \(context)")
            text.line("/// Why a handler refuses.")
            text.line("associatedtype Failure: Error")
            for method in methods {
                let stream = "\(method.name)Stream"
                let same =
                    (kind == .watch ? [] : ["\(stream).Request == \(method.request)"])
                    + ["\(stream).Reply == \(method.reply)"]
                text.line("/// What serves a call of `\(Self.identifier(method))`.")
                text.line("associatedtype \(stream): Served\(word)<\(context), Failure>")
                text.line("where \(same.joined(separator: ", "))")
            }
            for method in methods {
                text.line()
                text.documentation(method.documentation)
                text.line(
                    "func \(Self.identifier(method))(_ request: \(method.request),"
                        + " in context: inout \(context)) throws(Failure) -> \(method.name)Stream"
                )
            }
        }
        text.line()
        text.block("extension \(service.name)\(plural) {") { text in
            text.line("/// Hands the first message in `body` to the method of this number.")
            text.line("@inlinable public func open\(word)(")
            text.indented { text in
                text.line("_ method: UInt16,")
                text.line("_ body: UnsafeRawBufferPointer,")
                text.line("in context: inout \(context)")
            }
            text.block(
                ") throws(DispatchFailure<Failure>) -> any EncodedStream<\(context), Failure> {"
            ) { text in
                text.cases("switch method {") { text in
                    for method in methods {
                        text.line("case \(method.number):")
                        text.indented { write(openingOf: method, as: word, to: &$0) }
                    }
                    text.line("default: throw .unknownMethod")
                }
            }
        }
    }

    private func write(
        openingOf method: MethodDefinition,
        as word: String,
        to text: inout SourceText
    ) {
        text.block("let stream = try Dispatch.open(body) {") { text in
            text.line("(request: \(method.request)) throws(Failure) in")
            text.line("try \(Self.identifier(method))(request, in: &context)")
        }
        text.line("return Encoded\(word)(stream)")
    }
}
