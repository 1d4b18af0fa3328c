/// A place in a schema file.
package struct Position: Hashable, Sendable, CustomStringConvertible {
    /// The file's name within the schema directory, such as `cases.wire`.
    package let file: String
    /// From 1.
    package let line: Int
    /// In Unicode scalars, from 1.
    package let column: Int

    package var description: String { "\(file):\(line):\(column)" }
}

/// What is wrong with a schema, where, and what to do about it.
package struct SchemaError: Error, Hashable, Sendable, CustomStringConvertible {
    package let position: Position
    package let problem: String
    package let remedy: String

    package init(_ position: Position, _ problem: String, remedy: String) {
        self.position = position
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String { "\(position): error: \(problem); \(remedy)" }
}
