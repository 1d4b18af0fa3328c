/// Everything that is generated from a schema.
package enum Generator {
    /// Where generated Swift, `.proto` files, the reference and the dissector go, relative to the
    /// package.
    package static let swiftDirectory = "Sources/BanjieProtocol/Generated"
    package static let protoDirectory = "Protocol/proto"
    package static let referencePath = "Protocol/REFERENCE.md"
    package static let dissectorPath = "Protocol/wireshark/banjie.lua"

    /// The files.
    package static func files(for schema: Schema) -> [GeneratedFile] {
        SwiftGenerator(schema).files(in: swiftDirectory)
            + ProtoGenerator(schema).files(in: protoDirectory)
            + [
                ReferenceGenerator(schema).file(at: referencePath),
                DissectorGenerator(schema).file(at: dissectorPath),
            ]
    }
}
