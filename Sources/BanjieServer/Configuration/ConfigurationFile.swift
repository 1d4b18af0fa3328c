package import Foundation

/// A configuration file: JSON5, an object of settings, with the policy in an object of its own.
package enum ConfigurationFile {
    private enum Value: Decodable {
        case text(String)
        case object([String: Value])

        init(from decoder: any Decoder) throws {
            if let object = try? decoder.container(keyedBy: Key.self) {
                var values: [String: Value] = [:]
                for key in object.allKeys {
                    values[key.stringValue] = try object.decode(Value.self, forKey: key)
                }
                self = .object(values)
                return
            }
            if var list = try? decoder.unkeyedContainer() {
                var parts: [String] = []
                while !list.isAtEnd {
                    guard case .text(let part) = try list.decode(Value.self) else {
                        throw DecodingError.dataCorruptedError(
                            in: list,
                            debugDescription: "a list of settings holds texts and numbers"
                        )
                    }
                    parts.append(part)
                }
                self = .text(parts.joined(separator: ","))
                return
            }
            let single = try decoder.singleValueContainer()
            if single.decodeNil() {
                self = .text("none")
            } else if let flag = try? single.decode(Bool.self) {
                self = .text(flag ? "true" : "false")
            } else if let number = try? single.decode(Int.self) {
                self = .text(String(number))
            } else {
                self = .text(try single.decode(String.self))
            }
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// What an error about the file as a whole names in a setting's place.
    static let theFile = "--config"

    /// Takes the settings of a file.
    ///
    /// - Throws: what can't be read or decoded, or a name that no setting has.
    package static func apply(
        _ data: Data,
        path: String,
        to settings: inout Settings
    ) throws(ConfigurationError) {
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        let root: Value
        do {
            root = try decoder.decode(Value.self, from: data)
        } catch {
            throw ConfigurationError(
                setting: Self.theFile,
                origin: Text(path, path),
                problem: Text(
                    "it isn't JSON5: \(describe(error))",
                    "不是 JSON5：\(describe(error))"
                )
            )
        }
        guard case .object(let values) = root else {
            throw ConfigurationError(
                setting: Self.theFile,
                origin: Text(path, path),
                problem: Text(
                    "it must hold one object of settings",
                    "应只含一个由设置项组成的对象"
                )
            )
        }
        try apply(values, prefix: "", path: path, to: &settings)
    }

    private static func apply(
        _ values: [String: Value],
        prefix: String,
        path: String,
        to settings: inout Settings
    ) throws(ConfigurationError) {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .object(let inner):
                try apply(inner, prefix: "\(prefix)\(name).", path: path, to: &settings)
            case .text(let text):
                guard let setting = Setting(rawValue: prefix + name) else {
                    throw ConfigurationError(
                        setting: prefix + name,
                        origin: Settings.Origin.file(path).text,
                        problem: Text(
                            "no setting has this name; `banjied --help` lists them",
                            "没有这个设置项；全部设置项见 `banjied --help`"
                        )
                    )
                }
                settings.set(setting, to: text, from: .file(path))
            }
        }
    }

    private static func describe(_ error: any Error) -> String {
        switch error {
        case DecodingError.dataCorrupted(let context):
            let cause = (context.underlyingError as NSError?)?.userInfo["NSDebugDescription"]
            return cause.map { "\($0)" } ?? context.debugDescription
        case DecodingError.typeMismatch(_, let context):
            let name = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "\(name) is neither a text, a whole number, true, false nor null"
        default:
            return "\(error)"
        }
    }
}
