/// The values that a command line gave, each known to have its option's form.
struct ArgumentValues: Sendable {
    private var texts: [String: [String]] = [:]
    private var flags: Set<String> = []

    /// The name of the switch or the values of the option or operand is kept.
    mutating func insert(flag name: String) { flags.insert(name) }

    mutating func append(_ text: String, to name: String) { texts[name, default: []].append(text) }

    /// Whether the switch was given.
    func has(_ flag: String) -> Bool { flags.contains(flag) }

    /// The texts given for an option or operand, in their order.
    func texts(_ name: String) -> [String] { texts[name] ?? [] }

    /// The values of an option or operand, in their order.
    ///
    /// - Precondition: `form` is the one under which the command declares it.
    func all<Value>(_ name: String, _ form: ValueForm<Value>) -> [Value] {
        texts(name).map { text in
            guard let value = form.read(text) else {
                preconditionFailure("the parser has checked \(name) against its form")
            }
            return value
        }
    }

    /// The value of an option or operand; nil when it wasn't given.
    ///
    /// - Precondition: `form` is the one under which the command declares it.
    func value<Value>(_ name: String, _ form: ValueForm<Value>) -> Value? {
        all(name, form).first
    }

    /// The value of an option or operand that the command requires, or that has a fallback.
    ///
    /// - Precondition: `form` is the one under which the command declares it.
    func required<Value>(_ name: String, _ form: ValueForm<Value>) -> Value {
        guard let value = value(name, form) else {
            preconditionFailure("the parser has found that \(name) is there")
        }
        return value
    }
}
