import ProtoGen

enum SchemaTarget {
    static func run(_ bytes: UnsafeRawBufferPointer) {
        let text = String(decoding: bytes, as: UTF8.self)
        let schema: Schema
        do {
            schema = try SchemaLoader.schema(from: [("input.wire", text)])
        } catch {
            guard case .unsound(let errors) = error else { return }
            precondition(!errors.isEmpty, "what is refused has a reason")
            for error in errors {
                precondition(!String(describing: error).isEmpty, "a reason has words")
            }
            return
        }
        precondition(Evolution.breaks(from: schema, to: schema).isEmpty, "nothing has changed")
        precondition(
            Generator.files(for: schema) == Generator.files(for: schema),
            "a schema generates the same again"
        )
    }
}
