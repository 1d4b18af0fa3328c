/// Why a JSON text doesn't stand for a message, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The path of the member, such as `limits.statutory`; empty for the text as a whole.
    public let path: String
    /// What is wrong, and what is allowed.
    public let problem: String

    public init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    public var description: String { path.isEmpty ? problem : "`\(path)`: \(problem)" }

    /// The same error as the value sees it that holds the erring one as `step`.
    func within(_ step: String) -> JSONError {
        let rest = path.isEmpty || path.hasPrefix("[") ? path : ".\(path)"
        return JSONError(path: step + rest, problem: problem)
    }
}
