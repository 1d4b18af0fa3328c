/// Everything that is generated from a schema.
package enum Generator {
    /// Where generated Swift, `.proto` files, the reference and the dissector go, relative to the
    /// package.
    package static let swiftDirectory = "Sources/BanjieProtocol/Generated"
    package static let protoDirectory = "Protocol/proto"
    package static let referencePath = "Protocol/REFERENCE.md"
    package static let dissectorPath = "Protocol/wireshark/banjie.lua"

    /// The files, or why they can't be generated.
    ///
    /// - Throws: an error for each method of a kind that the runtime doesn't carry.
    package static func files(
        for schema: Schema
    ) throws(SchemaLoader.Failure) -> [GeneratedFile] {
        let unsupported = schema.services.flatMap(\.methods).filter { method in
            method.kind != .command && method.kind != .query
        }
        guard unsupported.isEmpty else {
            throw .unsound(
                unsupported.map { method in
                    SchemaError(
                        method.position,
                        "methods of kind `\(method.kind.rawValue)` can't be generated: the runtime"
                            + " carries unary calls only",
                        remedy: "make it a `command` or a `query`"
                    )
                }
            )
        }
        return SwiftGenerator(schema).files(in: swiftDirectory)
            + ProtoGenerator(schema).files(in: protoDirectory)
            + [
                ReferenceGenerator(schema).file(at: referencePath),
                DissectorGenerator(schema).file(at: dissectorPath),
            ]
    }
}
