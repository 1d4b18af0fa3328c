/// Why the store couldn't do what was asked. Nothing of a failed commit is kept.
package enum StoreError: Error, Equatable {
    /// No room on the disk, or a read-only file or medium: nothing was written; try again later.
    case notWritable(String)
    /// Another process holds the file.
    case busy(String)
    /// What was read can't have been written by this program.
    case corrupt(String)
    /// The file is of a schema that this program doesn't know.
    case schema(String)
    /// Anything else that the store's library reports.
    case failed(String)
}

extension StoreError: CustomStringConvertible {
    /// What the store said, with the file that it is about.
    package var description: String {
        switch self {
        case .notWritable(let what), .busy(let what), .corrupt(let what), .schema(let what),
            .failed(let what):
            what
        }
    }
}
