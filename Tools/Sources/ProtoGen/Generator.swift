/// Everything that is generated from a schema.
package enum Generator {
    /// Where generated Swift, `.proto` files and the reference go, relative to the package.
    package static let swiftDirectory = "Sources/BanjieProtocol/Generated"
    package static let protoDirectory = "Protocol/proto"
    package static let referencePath = "Protocol/REFERENCE.md"

    /// The files.
    package static func files(for schema: Schema) -> [GeneratedFile] {
        SwiftGenerator(schema).files(in: swiftDirectory)
            + ProtoGenerator(schema).files(in: protoDirectory)
            + [ReferenceGenerator(schema).file(at: referencePath)]
    }
}
