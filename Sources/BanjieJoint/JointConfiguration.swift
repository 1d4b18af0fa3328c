package import Foundation

/// How a department's daemon is set up: an object in JSON5.
package struct JointConfiguration: Hashable, Sendable {
    /// The department's own handling: a program that is given a task in JSON and gives the opinion back.
    package struct Handler: Hashable, Sendable {
        /// The program's path and its arguments.
        package var command: [String]
        /// How long it may take, in seconds.
        package var timeoutSeconds: Int
        /// How often it is tried before a person must look at the task.
        package var attempts: Int
    }

    /// What was configured wrongly, where, and what is wanted.
    package struct Failure: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// `HOST:PORT`, `tls:HOST:PORT` or `unix:PATH`; several stand in for each other.
    package var servers: [String]
    package var realm = "banjie"
    package var login: String
    /// The file with the secret; nil when the certificate stands in for it.
    package var secretFile: String?
    /// The authorities to trust under TLS; the system's when nil.
    package var authorities: String?
    package var certificate: String?
    package var certificateKey: String?
    /// The daemon's name, its own within the department.
    package var worker: String
    /// How many tasks it takes at a time.
    package var capacity = 4
    /// Whether it signs for what comes by itself.
    package var signs = true
    /// Nil when people give the opinions: `banjie joint opinion`.
    package var handler: Handler?
    /// Where opinions lie until the server has acknowledged them.
    package var outbox: String
    /// How long running handlers are waited for when it is told to stop, in seconds.
    package var drainSeconds = 30
}

extension JointConfiguration {
    /// Reads a file.
    package init(file: String) throws(Failure) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: file))
        } catch {
            throw Failure(description: "\(file) can't be read: \(error.localizedDescription)")
        }
        do {
            try self.init(data)
        } catch {
            throw Failure(description: "\(file): \(error.description)")
        }
    }

    package init(_ data: Data) throws(Failure) {
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        let object: [String: Setting]
        do {
            object = try decoder.decode([String: Setting].self, from: data)
        } catch {
            throw Failure(description: "isn't an object of settings in JSON5: \(error)")
        }
        var settings = Settings(object)
        servers = try settings.texts("server")
        login = try settings.text("login")
        worker = try settings.text("worker")
        outbox = try settings.text("outbox")
        realm = try settings.optionalText("realm") ?? realm
        secretFile = try settings.optionalText("secret_file")
        authorities = try settings.optionalText("ca")
        certificate = try settings.optionalText("certificate")
        certificateKey = try settings.optionalText("key")
        capacity = try settings.integer("capacity", in: 1...1000) ?? capacity
        signs = try settings.flag("sign") ?? signs
        drainSeconds = try settings.integer("drain_seconds", in: 0...3600) ?? drainSeconds
        let command = try settings.optionalTexts("handler")
        let timeout = try settings.integer("handler_timeout_seconds", in: 1...86_400)
        let attempts = try settings.integer("handler_attempts", in: 1...100)
        if let command {
            handler = Handler(
                command: command,
                timeoutSeconds: timeout ?? 600,
                attempts: attempts ?? 3
            )
        }
        guard (certificate == nil) == (certificateKey == nil) else {
            throw Failure(description: "certificate and key belong together: give both or neither")
        }
        guard secretFile != nil || certificate != nil else {
            throw Failure(
                description: "nothing shows who signs in: give secret_file, or certificate and key"
            )
        }
        try settings.requireNoMore()
    }

    /// A value of a setting.
    private enum Setting: Decodable {
        case flag(Bool)
        case integer(Int)
        case text(String)
        case texts([String])

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let flag = try? value.decode(Bool.self) {
                self = .flag(flag)
            } else if let integer = try? value.decode(Int.self) {
                self = .integer(integer)
            } else if let text = try? value.decode(String.self) {
                self = .text(text)
            } else {
                self = .texts(try value.decode([String].self))
            }
        }
    }

    /// The settings that haven't been taken.
    private struct Settings {
        private var left: [String: Setting]

        init(_ object: [String: Setting]) { left = object }

        private mutating func take(_ name: String) -> Setting? {
            left.removeValue(forKey: name)
        }

        mutating func optionalText(_ name: String) throws(Failure) -> String? {
            switch take(name) {
            case nil: return nil
            case .text(let text)? where !text.isEmpty: return text
            case _?: throw Failure(description: "\(name) must be a text")
            }
        }

        mutating func text(_ name: String) throws(Failure) -> String {
            guard let text = try optionalText(name) else {
                throw Failure(description: "\(name) is missing")
            }
            return text
        }

        mutating func optionalTexts(_ name: String) throws(Failure) -> [String]? {
            switch take(name) {
            case nil: return nil
            case .text(let text)? where !text.isEmpty: return [text]
            case .texts(let texts)? where !texts.isEmpty && !texts.contains(""): return texts
            case _?: throw Failure(description: "\(name) must be a text or a list of texts")
            }
        }

        mutating func texts(_ name: String) throws(Failure) -> [String] {
            guard let texts = try optionalTexts(name) else {
                throw Failure(description: "\(name) is missing")
            }
            return texts
        }

        mutating func integer(
            _ name: String,
            in range: ClosedRange<Int>
        ) throws(Failure) -> Int? {
            switch take(name) {
            case nil: return nil
            case .integer(let integer)? where range.contains(integer): return integer
            case _?:
                throw Failure(
                    description: "\(name) must be an integer within "
                        + "\(range.lowerBound)…\(range.upperBound)"
                )
            }
        }

        mutating func flag(_ name: String) throws(Failure) -> Bool? {
            switch take(name) {
            case nil: return nil
            case .flag(let flag)?: return flag
            case _?: throw Failure(description: "\(name) must be true or false")
            }
        }

        /// - Throws: when a setting was given that there isn't.
        func requireNoMore() throws(Failure) {
            guard let name = left.keys.min() else { return }
            throw Failure(
                description: "no setting is called \(name); there are server, realm, login, "
                    + "secret_file, ca, certificate, key, worker, capacity, sign, handler, "
                    + "handler_timeout_seconds, handler_attempts, outbox and drain_seconds"
            )
        }
    }
}
