import BanjieClient
import BanjieProtocol
import CivilTime
import Glibc
import Store
import StoreSQLite

extension Console {
    /// The largest file that is read.
    private static let fileBytesMax = 16 << 20

    /// The console of this process.
    package static var process: Console {
        let variable: @Sendable (String) -> String? = { name in
            getenv(name).map { String(cString: $0) }
        }
        let wantsNoColour = variable("NO_COLOR").map { !$0.isEmpty } ?? false
        return Console(
            language: Language(variables: variable),
            showsColours: isatty(STDOUT_FILENO) == 1 && !wantsNoColour
                && variable("TERM") != "dumb",
            today: Instant(unixSeconds: Int64(time(nil))).date,
            variable: variable,
            requestID: {
                var generator = SystemRandomNumberGenerator()
                return RequestID.make(
                    unixMilliseconds: RequestID.wallClock(),
                    using: &generator
                )
            },
            read: { () throws(FileError) in try readChunk(of: STDIN_FILENO, path: "-") },
            asks: isatty(STDIN_FILENO) == 1,
            readSecret: { prompt throws(FileError) in try readSecret(prompt) },
            openTerminal: { Terminal.open() },
            write: { writeAll($0, to: STDOUT_FILENO) },
            writeError: { writeAll(Array(($0 + "\n").utf8), to: STDERR_FILENO) },
            readFile: { path throws(FileError) in try contents(of: path) },
            writeSite: { folder, files throws(FileError) in
                try SiteFolder(path: folder).write(files)
            },
            makeSecretFile: { path throws(FileError) in try makeSecretFile(path) },
            verifyAudit: { path, head throws(StoreError) in
                try AuditVerification.verify(path: path, expectedHead: head)
            },
            takeBackup: { store, file throws(StoreError) in
                try StoreBackup.take(of: store, into: file)
            },
            restoreBackup: { file, store throws(StoreError) in
                try StoreBackup.restore(file, as: store)
            },
            exportStore: { order throws(CommandFailure) in try ExportFolder.make(order) },
            connect: { settings throws(CallError) in try settings.connect() }
        )
    }

    /// A line of the standard input, byte by byte so that nothing behind it is lost; on a terminal it isn't
    /// shown.
    private static func readSecret(_ prompt: String) throws(FileError) -> String? {
        let isTerminal = isatty(STDIN_FILENO) == 1
        var settings = termios()
        if isTerminal {
            writeAll(Array(prompt.utf8), to: STDERR_FILENO)
            guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
                throw FileError("-", .reading, errno)
            }
            var silent = settings
            silent.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        }
        defer {
            if isTerminal {
                tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
                writeAll([UInt8(ascii: "\n")], to: STDERR_FILENO)
            }
        }
        var line: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            let count = Glibc.read(STDIN_FILENO, &byte, 1)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError("-", .reading, errno)
            }
            if count == 0 && line.isEmpty { return nil }
            if count == 0 || byte == UInt8(ascii: "\n") { break }
            // No password is longer.
            if line.count < 4096 { line.append(byte) }
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
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
            if errno != EINTR { throw FileError(path, .reading, errno) }
        }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        // Nobody is left to tell: what can't be written is the telling.
        if write(bytes, to: descriptor) != nil { exit(ExitStatus.outputLost.rawValue) }
    }

    /// Writes all bytes; returns the system's error number when that fails.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(descriptor, part.baseAddress, part.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
    }

    static func contents(of path: String) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, .reading, errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while let chunk = try readChunk(of: descriptor, path: path) {
            bytes += chunk
            // A device or pipe may never end.
            guard bytes.count <= fileBytesMax else { throw FileError(path, .reading, EFBIG) }
        }
        return bytes
    }

    private static func makeSecretFile(_ path: String) throws(FileError) -> SecretFile {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path, .writing, errno) }
        close(descriptor)
        return SecretFile(
            write: { bytes throws(FileError) in try fill(path, with: bytes) },
            remove: { unlink(path) }
        )
    }

    /// Writes an existing file.
    private static func fill(_ path: String, with bytes: [UInt8]) throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, .writing, errno) }
        defer { close(descriptor) }
        if let number = write(bytes, to: descriptor) { throw FileError(path, .writing, number) }
        if fsync(descriptor) != 0 { throw FileError(path, .writing, errno) }
    }
}

extension FileError {
    init(_ path: String, _ problem: Problem, _ errorNumber: Int32) {
        self.init(path: path, problem: problem, reason: String(cString: strerror(errorNumber)))
    }
}
