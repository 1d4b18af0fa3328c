import BanjieProtocol
import CivilTime
import Foundation

/// A line of a scenario file: what is done when, and what must come of it.
package struct Scenario: Sendable {
    package let id: String
    package let area: String
    package let title: String
    /// What is done, or why the line can't be read.
    let steps: Result<[Step], ScenarioError>
    /// Arrangements that replace the fixture's, by year.
    let calendar: [String: JSON]

    /// The scenarios of a file, one a line. A line that can't be read is a scenario that fails.
    package static func load(_ path: String) throws -> [Scenario] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
            .enumerated()
            .filter { !$0.element.allSatisfy(\.isWhitespace) }
            .map { Scenario(line: $0.element, place: "\(path):\($0.offset + 1)") }
    }

    private init(line: Substring, place: String) {
        let members = (try? JSONDecoder().decode(JSON.self, from: Data(line.utf8)))?.members
        id = members?["id"]?.text ?? place
        area = members?["area"]?.text ?? ""
        title = members?["title"]?.text ?? ""
        calendar = members?["calendar"]?.members ?? [:]
        steps = Result { () throws(ScenarioError) in
            guard let members else { throw ScenarioError("\(place) isn't a JSON object") }
            guard let list = members["steps"]?.list else {
                throw ScenarioError("\(place) has no list `steps`")
            }
            var steps: [Step] = []
            for (index, step) in list.enumerated() {
                do {
                    steps.append(try Step(step))
                } catch {
                    throw ScenarioError("\(place): step \(index + 1): \(error)")
                }
            }
            return steps
        }
    }

    /// The day on which its clock starts.
    var firstDay: CivilDate {
        let steps = (try? steps.get()) ?? []
        return steps.lazy.compactMap(\.at).first?.date ?? CivilDate(daysSinceEpoch: 20_454)
    }
}

/// One step: an operation, its arguments, and what is expected of it.
struct Step: Sendable {
    enum Expectation: Sendable {
        case success
        case fields([String: JSON])
        case error(String)
    }

    let at: Instant?
    let operation: String
    let arguments: [String: JSON]
    let expectation: Expectation

    init(_ json: JSON) throws(ScenarioError) {
        guard var values = json.members else { throw ScenarioError("\(json) isn't an object") }
        guard let operation = values.removeValue(forKey: "op")?.text else {
            throw ScenarioError("no text `op`")
        }
        self.operation = operation
        if let value = values.removeValue(forKey: "at"), value != .null {
            guard let instant = value.text.flatMap({ Instant($0) }) else {
                throw ScenarioError("\(value.encoded) isn't a local time YYYY-MM-DDTHH:MM:SS")
            }
            at = instant
        } else {
            at = nil
        }
        if let error = values.removeValue(forKey: "error")?.text {
            expectation = .error(error)
        } else if let fields = values.removeValue(forKey: "expect")?.members {
            expectation = .fields(fields)
        } else {
            expectation = .success
        }
        arguments = values
    }
}

/// What is wrong with a scenario or its environment, in a sentence.
package struct ScenarioError: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// A step's arguments, with sentences for what is missing.
struct Arguments {
    let values: [String: JSON]

    func text(_ name: String) throws -> String {
        guard let text = values[name]?.text else { throw ScenarioError("no text `\(name)`") }
        return text
    }

    func integer(_ name: String) throws -> Int {
        guard let integer = values[name]?.integer else {
            throw ScenarioError("no integer `\(name)`")
        }
        return integer
    }

    func date(_ name: String) throws -> CivilDate {
        guard let date = CivilDate(try text(name)) else {
            throw ScenarioError("`\(name)` isn't a date")
        }
        return date
    }

    func dates(_ name: String) throws -> [CivilDate] {
        try texts(name).map {
            guard let date = CivilDate($0) else { throw ScenarioError("`\(name)`: \($0)?") }
            return date
        }
    }

    /// A list of texts; empty when absent.
    func texts(_ name: String) throws -> [String] {
        try (values[name]?.list ?? []).map {
            guard let text = $0.text else { throw ScenarioError("`\(name)` holds \($0)") }
            return text
        }
    }

    func flag(_ name: String) -> Bool { values[name]?.flag ?? false }

    /// A value of an enumeration by its name; one that the schema doesn't know becomes an unknown
    /// number, for the server to judge.
    func enumeration<Enumeration: OpenEnum>(_ name: String) throws -> Enumeration {
        Self.value(try text(name))
    }

    /// The same of a list; empty when absent.
    func enumerations<Enumeration: OpenEnum>(_ name: String) throws -> [Enumeration] {
        try texts(name).map(Self.value)
    }

    private static func value<Enumeration: OpenEnum>(_ name: String) -> Enumeration {
        Enumeration(name: name) ?? Enumeration(rawValue: 9999)
    }
}
