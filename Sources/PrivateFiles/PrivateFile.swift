import Glibc

/// Files that hold keys: only their owner may be able to read them.
package enum PrivateFile {
    /// Reads a file that nobody but its owner may read or change.
    ///
    /// The permissions are those of the file that is read, whatever happens to its name meanwhile.
    ///
    /// - Parameter longest: the most bytes that it may have.
    package static func read(
        _ path: String,
        longest: Int = 1 << 20
    ) throws(PrivateFileError) -> [UInt8] {
        // Not blocking, so that a pipe that nobody writes to can't hold up a start.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw .lastFailure("read", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .lastFailure("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path) }
        guard status.st_mode & 0o077 == 0 else {
            throw .openToOthers(path, mode: status.st_mode & 0o777)
        }
        return try content(of: descriptor, path, longest: longest)
    }

    private static func content(
        of descriptor: Int32,
        _ path: String,
        longest: Int
    ) throws(PrivateFileError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return content }
            guard count > 0 else {
                guard errno == EINTR else { throw .lastFailure("read", path) }
                continue
            }
            content += chunk[..<count]
            guard content.count <= longest else { throw .tooLong(path, longest: longest) }
        }
    }

    /// Makes a file that only its owner may read, and has it on disk when this returns.
    ///
    /// - Throws: also when there is a file of this name already, which is left as it is.
    package static func create(
        _ path: String,
        with content: [UInt8]
    ) throws(PrivateFileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .lastFailure("make", path) }
        do {
            defer { close(descriptor) }
            try write(content, to: descriptor, path)
        } catch {
            unlink(path)
            throw error
        }
        try syncFolder(of: path)
    }

    /// Puts `content` in the place of a file's, all at once: whoever reads finds the old or the new.
    package static func replace(
        _ path: String,
        with content: [UInt8]
    ) throws(PrivateFileError) {
        let draft = path + ".new"
        // What an earlier attempt left when the machine stopped.
        unlink(draft)
        try create(draft, with: content)
        guard rename(draft, path) == 0 else {
            let error = PrivateFileError.lastFailure("replace", path)
            unlink(draft)
            throw error
        }
        try syncFolder(of: path)
    }

    private static func write(
        _ content: [UInt8],
        to descriptor: Int32,
        _ path: String
    ) throws(PrivateFileError) {
        var written = 0
        while written < content.count {
            let count = content.withUnsafeBytes { bytes in
                Glibc.write(
                    descriptor,
                    bytes.baseAddress.map { $0 + written },
                    bytes.count - written
                )
            }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                throw .lastFailure("write", path)
            }
        }
        guard fsync(descriptor) == 0 else { throw .lastFailure("write", path) }
    }

    /// A name is durable only once its folder is.
    private static func syncFolder(of path: String) throws(PrivateFileError) {
        let folder =
            switch path.lastIndex(of: "/") {
            case nil: "."
            case path.startIndex?: "/"
            case let end?: String(path[..<end])
            }
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .lastFailure("write", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .lastFailure("write", path) }
    }
}

/// Why a file with keys isn't used.
package enum PrivateFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call failed; `purpose` is a verb.
    case system(purpose: String, path: String, code: Int32)
    /// A folder, pipe or device.
    case notAFile(String)
    /// Its permissions let others read or change it.
    case openToOthers(String, mode: UInt32)
    case tooLong(String, longest: Int)

    package var description: String {
        switch self {
        case .system(let purpose, let path, let code):
            "can't \(purpose) \(path): \(String(cString: strerror(code)))"
        case .notAFile(let path): "\(path) isn't a plain file"
        case .openToOthers(let path, let mode):
            "\(path) holds a secret and is open to others (mode 0\(String(mode, radix: 8))): "
                + "chmod 600 \(path)"
        case .tooLong(let path, let longest): "\(path) has more than \(longest) bytes"
        }
    }

    fileprivate static func lastFailure(_ purpose: String, _ path: String) -> PrivateFileError {
        .system(purpose: purpose, path: path, code: errno)
    }
}
