import CivilTime
import Glibc

/// What a command reads and writes, and what it must be told of the world outside.
struct Console {
    let language: Language
    /// The civil day now, in Asia/Shanghai.
    let today: CivilDate
    /// The next bytes of the standard input; nil at its end.
    let read: () throws(FileError) -> [UInt8]?
    /// Writes to the standard output.
    let write: ([UInt8]) -> Void
    /// Writes a line to the standard error.
    let writeError: (String) -> Void
    /// The bytes of a file.
    let readFile: (String) throws(FileError) -> [UInt8]

    /// Writes a line to the standard output.
    func writeLine(_ line: String) { write(Array((line + "\n").utf8)) }
}

/// The exit statuses of `sysexits.h` that commands use.
enum ExitStatus {
    static let success: Int32 = 0
    /// Some of the lines asked about had no answer.
    static let failure: Int32 = 1
    /// The command was called wrongly.
    static let usage: Int32 = 64
    /// What the command was given to read is wrong.
    static let dataError: Int32 = 65
    /// A file can't be read.
    static let noInput: Int32 = 66
}

/// A file that can't be read, and why the system says so.
struct FileError: Error, Hashable {
    let path: String
    let reason: String
}

/// The language in which a command speaks to people.
enum Language: Hashable {
    case english, chinese

    /// The language that POSIX's locale variables ask for: the first that is set decides.
    init(variables: (String) -> String?) {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy
            .compactMap(variables).first { !$0.isEmpty }
        self = locale?.hasPrefix("zh") == true ? .chinese : .english
    }

    /// The one of two texts that is in this language.
    func text(_ english: @autoclosure () -> String, _ chinese: @autoclosure () -> String) -> String
    {
        switch self {
        case .english: english()
        case .chinese: chinese()
        }
    }
}

extension Console {
    /// The largest file that is read.
    private static let fileBytesMax = 16 << 20

    /// The console of this process.
    static var process: Console {
        Console(
            language: Language { name in getenv(name).map { String(cString: $0) } },
            today: Instant(unixSeconds: Int64(time(nil))).date,
            read: { () throws(FileError) in try readChunk(of: STDIN_FILENO, path: "-") },
            write: { writeAll($0, to: STDOUT_FILENO) },
            writeError: { writeAll(Array(($0 + "\n").utf8), to: STDERR_FILENO) },
            readFile: { path throws(FileError) in try contents(of: path) }
        )
    }

    /// The next bytes of an open file, or nil at its end.
    private static func readChunk(
        of descriptor: Int32,
        path: String
    ) throws(FileError) -> [UInt8]? {
        while true {
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, initialized in
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                initialized = max(count, 0)
            }
            if count >= 0 { return count == 0 ? nil : chunk }
            if errno != EINTR { throw FileError(path: path, errorNumber: errno) }
        }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(descriptor, part.baseAddress, part.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    // Nobody is left to tell.
                    exit(ExitStatus.failure)
                }
            }
        }
    }

    private static func contents(of path: String) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path, errorNumber: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while let chunk = try readChunk(of: descriptor, path: path) {
            bytes += chunk
            // A device or pipe may never end.
            guard bytes.count <= fileBytesMax else {
                throw FileError(path: path, errorNumber: EFBIG)
            }
        }
        return bytes
    }
}

extension FileError {
    fileprivate init(path: String, errorNumber: Int32) {
        self.init(path: path, reason: String(cString: strerror(errorNumber)))
    }
}
