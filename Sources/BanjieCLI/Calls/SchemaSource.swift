import BanjieProtocol
import Wire

/// A schema that a command speaks of, and whose it is.
struct SchemaSource: Sendable {
    enum Origin: Sendable {
        /// The server's, which is the one that this program was built with.
        case shared
        /// The server's, which differs from the one that this program was built with.
        case server
        /// The one that this program was built with, since the server can't be asked.
        case builtIn(CallError)
    }

    let schema: ServedSchema
    let origin: Origin

    /// The schema of the server behind `channel`.
    ///
    /// - Parameter timeoutMillis: How long it may take to answer; as long as the method allows when
    ///   nil.
    static func ask(_ channel: any CallChannel, timeoutMillis: UInt32? = nil) async -> SchemaSource
    {
        do {
            let reply = try await ReflectionClient(channel).schema(
                SchemaRequest(known: BanjieProtocolSchema.fingerprint),
                options: CallOptions(timeoutMillis: timeoutMillis)
            )
            return reply.fingerprint == BanjieProtocolSchema.fingerprint
                ? SchemaSource(schema: .builtIn, origin: .shared)
                : SchemaSource(schema: ServedSchema(reply), origin: .server)
        } catch {
            return SchemaSource(schema: .builtIn, origin: .builtIn(error))
        }
    }
}

extension Invocation {
    /// The server's schema, or ours when it can't be asked; which of them, is told on the standard
    /// error unless both are the same.
    func schema() async throws(CommandFailure) -> ServedSchema {
        let settings = try connectionSettings()
        let channel: any CallChannel
        do { channel = try console.connect(settings) } catch {
            throw .call(error, requestID: nil)
        }
        let source = await SchemaSource.ask(
            channel,
            timeoutMillis: values.value("timeout", .milliseconds)
        )
        switch source.origin {
        case .shared: break
        case .server:
            console.writeError(
                language.text(
                    "as the server at \(settings.servers) says, whose schema differs from this "
                        + "program's",
                    "以服务器 \(settings.servers) 的模式为准，与本程序的模式不同"
                )
            )
        case .builtIn(let error):
            console.writeError(
                language.text(
                    "as this program was built with: the server at \(settings.servers) can't be "
                        + "asked (\(ReasonTexts.sentence(for: error, in: language)))",
                    "以本程序内置的模式为准：无法询问服务器 \(settings.servers)"
                        + "（\(ReasonTexts.sentence(for: error, in: language))）"
                )
            )
        }
        return source.schema
    }
}
