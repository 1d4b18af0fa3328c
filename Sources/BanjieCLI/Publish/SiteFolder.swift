import Glibc

/// How many files of a folder are others now.
struct SiteChanges: Hashable, Sendable {
    var written = 0
    var unchanged = 0
    var removed = 0
}

/// A folder of public pages. A list in it says which files are ours, so that nothing else is ever removed.
struct SiteFolder {
    let path: String

    private static let list = ".banjie-publish"

    /// Makes the folder hold these files. Each takes its place at once, so that no reader sees half of one.
    ///
    /// - Throws: what keeps a file from being written; those before it are written then, and the next run
    ///   goes on. A folder with files that aren't ours is refused before anything is written.
    func write(_ files: [SiteFile]) throws(FileError) -> SiteChanges {
        let known = try ownFiles()
        var changes = SiteChanges()
        // Before a file is there it is on the list: one that isn't written after all does no harm.
        let all = Set(files.map(\.path)).union(known)
        try put(Self.list, all.sorted().map { $0 + "\n" }.joined())
        for file in files {
            if try content(of: file.path) == Array(file.content.utf8) {
                changes.unchanged += 1
            } else {
                try put(file.path, file.content)
                changes.written += 1
            }
        }
        for old in known.subtracting(files.map(\.path)) where unlink(place(of: old)) == 0 {
            changes.removed += 1
        }
        try put(Self.list, files.map(\.path).sorted().map { $0 + "\n" }.joined())
        return changes
    }

    private func place(of file: String) -> String { "\(path)/\(file)" }

    /// The files that were written before; makes the folder when there is none.
    private func ownFiles() throws(FileError) -> Set<String> {
        try makeFolder(path)
        guard let bytes = try content(of: Self.list) else {
            guard try isEmpty() else { throw FileError(path, .writing, ENOTEMPTY) }
            return []
        }
        let names = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        // Whoever changed the list can't have files elsewhere removed.
        return Set(names.filter { !$0.hasPrefix("/") && !$0.split(separator: "/").contains("..") })
    }

    private func isEmpty() throws(FileError) -> Bool {
        guard let folder = opendir(path) else { throw FileError(path, .reading, errno) }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { return false }
        }
        return true
    }

    /// Nil when there is no such file.
    private func content(of file: String) throws(FileError) -> [UInt8]? {
        guard access(place(of: file), F_OK) == 0 else { return nil }
        return try Console.contents(of: place(of: file))
    }

    /// Writes a file beside its place, then puts it there.
    private func put(_ file: String, _ content: String) throws(FileError) {
        let place = place(of: file)
        if let slash = file.lastIndex(of: "/") { try makeFolder("\(path)/\(file[..<slash])") }
        let beside = place + ".new"
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError(beside, .writing, errno) }
        var problem = Console.write(Array(content.utf8), to: descriptor)
        if close(descriptor) != 0, problem == nil { problem = errno }
        if problem == nil, rename(beside, place) != 0 { problem = errno }
        guard let problem else { return }
        unlink(beside)
        throw FileError(place, .writing, problem)
    }

    private func makeFolder(_ folder: String) throws(FileError) {
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw FileError(folder, .writing, errno)
        }
    }
}
