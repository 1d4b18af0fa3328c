/// Why a sealed value can't be opened. None of them says anything of what was sealed.
package enum SealingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Too short, or of a format that isn't ours.
    case notSealed
    /// Sealed by a key that the ring doesn't have.
    case unknownKey(UInt32)
    /// Changed, cut, moved from another place, or sealed by a key of the same number elsewhere.
    case notAuthentic(key: UInt32)

    package var description: String {
        switch self {
        case .notSealed: "the value isn't a sealed one"
        case .unknownKey(let number):
            "the value was sealed by key \(number), which isn't in the key file: restore it there"
        case .notAuthentic(let key):
            "the value sealed by key \(key) was changed, or belongs to another place"
        }
    }
}
