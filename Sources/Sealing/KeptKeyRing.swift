internal import Synchronization

/// The key ring of a file, which can be read again while the program runs: so keys are rotated without
/// a stop.
package final class KeptKeyRing: Sendable {
    private let path: String
    private let ring: Mutex<KeyRing>

    package init(_ path: String) throws(KeyFileError) {
        self.path = path
        ring = Mutex(try KeyFile.read(path))
    }

    /// The keys as they were read last.
    package var current: KeyRing { ring.withLock { $0 } }

    /// Reads the file again; when it can't be used, or a key is gone that something may have been sealed
    /// by since the last reading, all stays as it was.
    package func reload() throws(KeyFileError) {
        let fresh = try KeyFile.read(path)
        let used = current.newestKey
        guard fresh.sealingKeys.contains(used) else {
            throw .line(path, 0, "sealing key \(used), which is in use, isn't there any more")
        }
        ring.withLock { $0 = fresh }
    }
}
