internal import BanjieProtocol

/// Tells the schema by which the server was built.
struct ReflectionService: ReflectionQueries, Sendable {
    func schema(
        _ request: SchemaRequest,
        in context: inout ServerStatus
    ) throws(HandlerFailure) -> SchemaReply {
        guard request.known == BanjieProtocolSchema.fingerprint else {
            return BanjieProtocolSchema.description
        }
        return SchemaReply(fingerprint: BanjieProtocolSchema.fingerprint)
    }
}
