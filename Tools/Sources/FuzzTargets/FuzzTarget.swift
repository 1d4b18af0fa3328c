/// What is given bytes of anybody's choice, and what must hold whatever they are.
///
/// A broken promise traps: under libFuzzer as in the suite, which replays the kept inputs.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// Frames and the payloads within, of either side.
    case frames
    /// The messages of all methods: bytes, and JSON made of them.
    case messages
    /// Messages from JSON.
    case json
    /// Schema files.
    case schema
    /// The lines and files of JSON that `banjie calendar` reads.
    case calendar
    /// A server's session, whose peer and handler do anything.
    case server
    /// A client's session, whose server and caller do anything.
    case client

    /// Runs the target on one input.
    package func run(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .frames: FrameTarget.run(bytes)
        case .messages: MessageTarget.run(bytes)
        case .json: JSONTarget.run(bytes)
        case .schema: SchemaTarget.run(bytes)
        case .calendar: CalendarTarget.run(bytes)
        case .server: ServerTarget.run(bytes)
        case .client: ClientTarget.run(bytes)
        }
    }
}
