import Glibc
import Store

/// Holds `<path>.lock` for this process, so that no two servers share a store.
///
/// The lock is the kernel's, on the open file: it ends with the process, however that ends. The
/// file itself stays, for removing it would let two processes lock two files of the same name.
struct LockFile: ~Copyable {
    private let descriptor: Int32

    init(besides path: String) throws(StoreError) {
        let name = path + ".lock"
        let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .notWritable("\(name): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw .failed("\(name): \(String(cString: strerror(reason)))")
            }
            throw .busy("\(path) is in use by another server: stop that one, or name another store")
        }
        self.descriptor = descriptor
    }

    deinit {
        // Not left to `close`: a process that is just being started holds a copy of the descriptor
        // until it runs its program.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
