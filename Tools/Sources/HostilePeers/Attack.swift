/// Something that peers do to a server in order to hurt it, for a few seconds.
package struct Attack: Sendable {
    /// How the peers, or their calls, were ended, and how many of them: by the code of ERROR, the reason of
    /// a failure, `served` when they were answered, `closed` without a word, `open` when they weren't ended.
    package typealias Endings = [String: Int]

    package let name: String
    /// What the peers do, for the table.
    package let summary: String
    /// How they may end; at least one of them ends so.
    package let expected: Set<String>
    /// Makes the attack; returns when it is over. Blocks its thread.
    let run: @Sendable (Target) throws -> Endings
}

/// The server that is attacked.
struct Target: Sendable {
    let address: String
    /// Where it listens under TLS.
    let securedAddress: String
    let secret: String
    /// Which address the peers come from: another one than the good clients'.
    static let source = "127.0.0.2"
}

extension Attack {
    /// All of them, in the order of the table.
    package static let all = slow + silent + floods + lies
}
