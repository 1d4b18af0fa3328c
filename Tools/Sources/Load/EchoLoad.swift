import BanjieProtocol

/// Calls that carry bytes there and back.
package struct EchoLoad: Workload {
    package let operations = ["echo"]
    private let payload: Int

    /// - Parameter payload: how many bytes, up to 1 MiB.
    package init(payload: Int) { self.payload = payload }

    package func script(_ number: Int) -> Script { Script(number, payload: payload) }

    package struct Script: LoadScript {
        private let request: [UInt8]

        init(_ number: Int, payload: Int) {
            // Each caller's bytes are others, so that an answer to somebody else is seen.
            let bytes = (0..<payload).map { UInt8(truncatingIfNeeded: number &+ $0) }
            request = EchoRequest(payload: bytes).encoded()
        }

        package func next() -> LoadCall { LoadCall(0, DiagnosticsMethods.echo, request) }

        // Both messages have one field, of the same number.
        package func received(_ reply: [UInt8]) -> Bool { reply == request }

        package func failed() {}
    }
}
