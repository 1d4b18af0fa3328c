internal import Glibc

extension Value {
    private var rank: Int {
        switch self {
        case .null: 0
        case .integer: 1
        case .text: 2
        case .blob: 3
        }
    }

    /// How the value compares in every index: null, integers by size, text and blobs by bytes.
    /// Negative when `self` comes first, 0 when both are equal.
    package func compare(to other: Value) -> Int {
        switch (self, other) {
        case (.integer(let left), .integer(let right)): left < right ? -1 : left > right ? 1 : 0
        case (.text(let left), .text(let right)): compareBytes(left.utf8, right.utf8)
        case (.blob(let left), .blob(let right)): compareBytes(left, right)
        default: rank - other.rank
        }
    }
}

private func compareBytes(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Int {
    let order = left.withContiguousStorageIfAvailable { left in
        right.withContiguousStorageIfAvailable { right in
            UnsafeRawBufferPointer(left).compare(to: UnsafeRawBufferPointer(right))
        }
    }
    if let order = order ?? nil { return order }
    var rest = right.makeIterator()
    for byte in left {
        guard let other = rest.next() else { return 1 }
        if byte != other { return byte < other ? -1 : 1 }
    }
    return rest.next() == nil ? 0 : -1
}

extension UnsafeRawBufferPointer {
    /// Negative when `self` comes first, 0 when both are equal.
    fileprivate func compare(to other: UnsafeRawBufferPointer) -> Int {
        let common = Swift.min(count, other.count)
        if common > 0, let base = baseAddress, let otherBase = other.baseAddress {
            let order = memcmp(base, otherBase, common)
            if order != 0 { return Int(order) }
        }
        return count - other.count
    }
}

extension Array where Element == Value {
    /// Compares value by value; of two lists that begin alike the shorter comes first.
    package func compare(to other: [Value]) -> Int {
        for (left, right) in zip(self, other) {
            let order = left.compare(to: right)
            if order != 0 { return order }
        }
        return count - other.count
    }
}
