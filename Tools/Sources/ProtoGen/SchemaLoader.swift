internal import Foundation

/// Reads the schema files of a directory.
package enum SchemaLoader {
    /// What stands in the way of a schema.
    package enum Failure: Error {
        /// A directory or file can't be read.
        case unreadable(String)
        /// The text isn't a sound schema; at least one error.
        case unsound([SchemaError])
    }

    /// The sound schema in the `.wire` files of `directory`, read in the order of their names.
    package static func load(directory: String) throws(Failure) -> Schema {
        try schema(from: try texts(in: directory))
    }

    /// The sound schema in these texts.
    package static func schema(
        from texts: [(file: String, text: String)]
    ) throws(Failure) -> Schema {
        var files: [SchemaFile] = []
        var errors: [SchemaError] = []
        for (file, text) in texts {
            do { files.append(try Parser.parse(text, file: file)) } catch { errors.append(error) }
        }
        guard errors.isEmpty else { throw .unsound(errors) }
        let schema = Schema(files: files)
        errors = SchemaChecks.errors(in: schema)
        guard errors.isEmpty else { throw .unsound(errors) }
        return schema
    }

    /// The `.wire` files of `directory`, sorted by name.
    package static func texts(
        in directory: String
    ) throws(Failure) -> [(file: String, text: String)] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw .unreadable("\(directory): \(error.localizedDescription)")
        }
        var result: [(file: String, text: String)] = []
        for name in names.filter({ $0.hasSuffix(".wire") }).sorted() {
            do {
                result.append(
                    (name, try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8))
                )
            } catch {
                throw .unreadable("\(directory)/\(name): \(error.localizedDescription)")
            }
        }
        if result.isEmpty { throw .unreadable("\(directory): no .wire file") }
        return result
    }
}
