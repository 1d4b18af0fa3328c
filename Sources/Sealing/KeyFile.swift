internal import Digest
package import PrivateFiles

/// The file that a key ring is read from. It lies outside the database and its backups: whoever has
/// both can read everything.
///
/// Text, a line each:
///
///     banjie-keys 1
///     seal NUMBER KEY
///     search NUMBER KEY
///
/// The first line names the format. NUMBER is 1 to 4 294 967 295, and names one key of its kind; KEY is
/// 32 bytes in 64 hexadecimal digits. The highest number of a kind is in use, the others open (or find)
/// what they were used for. Empty lines and those that begin with `#` say nothing.
package enum KeyFile {
    private enum Kind: String, CaseIterable { case seal, search }

    private static let firstLine = "banjie-keys 1"

    /// The keys in a file, which only its owner may be able to read.
    package static func read(_ path: String) throws(KeyFileError) -> KeyRing {
        try parse(try content(of: path), path: path)
    }

    /// Makes a file with one fresh key of each kind; leaves a file that is there as it is.
    package static func create(_ path: String) throws(KeyFileError) {
        let text = """
            # The keys of Banjie's personal data. Without this file they can't be read by anyone: keep
            # a copy of it, apart from the copies of the database.
            \(firstLine)
            \(freshLine(.seal, 1))
            \(freshLine(.search, 1))

            """
        do { try PrivateFile.create(path, with: Array(text.utf8)) } catch { throw .file(error) }
    }

    /// Adds a fresh sealing key, which seals from the next reading on, and returns its number.
    @discardableResult
    package static func addSealingKey(_ path: String) throws(KeyFileError) -> UInt32 {
        try add(.seal, to: path)
    }

    /// Adds a fresh searching key, under whose hashes values are kept from the next reading on, and
    /// returns its number.
    @discardableResult
    package static func addSearchingKey(_ path: String) throws(KeyFileError) -> UInt32 {
        try add(.search, to: path)
    }

    private static func add(_ kind: Kind, to path: String) throws(KeyFileError) -> UInt32 {
        var content = try content(of: path)
        let ring = try parse(content, path: path)
        let newest =
            switch kind {
            case .seal: ring.newestKey
            case .search: ring.newestSearchingKey
            }
        guard newest < .max else { throw .line(path, 0, "no number is left for another key") }
        if content.last != UInt8(ascii: "\n") { content.append(UInt8(ascii: "\n")) }
        content += "\(freshLine(kind, newest + 1))\n".utf8
        do { try PrivateFile.replace(path, with: content) } catch { throw .file(error) }
        return newest + 1
    }

    /// Takes an older sealing key out, for good: nothing that it sealed opens afterwards, so everything
    /// must have been sealed anew before.
    ///
    /// - Throws: when there is no such key, or it is the newest.
    package static func removeSealingKey(
        _ number: UInt32,
        from path: String
    ) throws(KeyFileError) {
        let content = try content(of: path)
        let ring = try parse(content, path: path)
        guard ring.sealingKeys.contains(number), number != ring.newestKey else {
            throw .line(path, 0, "\(number) isn't one of the older sealing keys")
        }
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let kept = lines.filter { line in
            let words = words(of: String(decoding: line, as: UTF8.self))
            return words.first != "seal" || words.dropFirst().first.flatMap { UInt32($0) } != number
        }
        do {
            try PrivateFile.replace(path, with: Array(kept.joined(separator: [UInt8(ascii: "\n")])))
        } catch { throw .file(error) }
    }

    private static func freshLine(_ kind: Kind, _ number: UInt32) -> String {
        "\(kind.rawValue) \(number) \(Hexadecimal.text(of: SecureRandom.bytes(AESGCM.keyBytes)))"
    }

    private static func content(of path: String) throws(KeyFileError) -> [UInt8] {
        do { return try PrivateFile.read(path) } catch { throw .file(error) }
    }

    // MARK: - Parsing

    static func parse(_ content: [UInt8], path: String) throws(KeyFileError) -> KeyRing {
        var keys: [Kind: [UInt32: KeyRing.Key]] = [:]
        var isBegun = false
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated() {
            let number = index + 1
            guard let line = String(validating: bytes, as: UTF8.self) else {
                throw .line(path, number, "it isn't text")
            }
            let words = words(of: line)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard isBegun else {
                guard words.joined(separator: " ") == firstLine else {
                    throw .line(path, number, "the first line must be \"\(firstLine)\"")
                }
                isBegun = true
                continue
            }
            guard let kind = Kind(rawValue: String(first)), words.count == 3 else {
                throw .line(path, number, "a line is \"seal NUMBER KEY\" or \"search NUMBER KEY\"")
            }
            let key = try key(words[1], words[2], path, number)
            guard keys[kind, default: [:]].updateValue(key, forKey: key.number) == nil else {
                throw .line(path, number, "\(kind) key \(key.number) stands there twice")
            }
        }
        for kind in Kind.allCases where keys[kind] == nil { throw .noKey(path, kind.rawValue) }
        return KeyRing(
            sealing: keys[.seal, default: [:]].map(\.value),
            searching: keys[.search, default: [:]].map(\.value)
        )
    }

    private static func words(of line: String) -> [Substring] {
        line.split { $0 == " " || $0 == "\t" || $0 == "\r" }
    }

    private static func key(
        _ number: Substring,
        _ digits: Substring,
        _ path: String,
        _ line: Int
    ) throws(KeyFileError) -> KeyRing.Key {
        guard let number = UInt32(number), number > 0 else {
            throw .line(path, line, "a key's number is 1 to 4294967295")
        }
        guard let bytes = Hexadecimal.bytes(of: digits), bytes.count == AESGCM.keyBytes else {
            throw .line(path, line, "a key has 64 hexadecimal digits")
        }
        return KeyRing.Key(number: number, secret: SecretBytes(bytes))
    }
}

/// Why a key file can't be used. No part of a key stands in it.
package enum KeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    case file(PrivateFileError)
    /// What is wrong in a line, counted from 1; 0 for the whole file.
    case line(String, Int, String)
    /// There is no key of a kind.
    case noKey(String, String)

    package var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .line(let path, 0, let problem): "\(path): \(problem)"
        case .line(let path, let line, let problem): "\(path), line \(line): \(problem)"
        case .noKey(let path, let kind):
            "\(path) has no \(kind) key: restore the file from its copy"
        }
    }
}
