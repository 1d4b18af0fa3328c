/// When an armed id is due, and by which call it was armed.
///
/// The high 40 bits hold the instant, as seconds since `Instant.earliest`; the low 24 a counter of
/// `schedule` calls. An entry whose stamp isn't its id's current one was cancelled or moved. The
/// counter wraps after 16 777 216 calls; should an entry survive so long and its stamp recur, the
/// id still fires once, since firing clears the stamp.
struct Stamp: Equatable {
    let bits: UInt64

    static let generationBits: UInt64 = 24
    /// The stamp of an id that isn't armed.
    static let unarmed = Stamp(bits: .max)

    private init(bits: UInt64) { self.bits = bits }

    init(ordinal: UInt64, generation: UInt64) {
        bits = ordinal &<< Self.generationBits | generation & (1 &<< Self.generationBits &- 1)
    }

    /// Seconds since `Instant.earliest`.
    var ordinal: UInt64 { bits &>> Self.generationBits }
}

/// The stamps of the armed ids: an array indexed by id, in pages.
///
/// Pages of 512 ids (4 KiB) hang from branches of 512 places (8 KiB) that gain a storey when an id
/// needs one; both go when the last armed id in them does. So dense ids cost 8 bytes each, and a
/// lone id anywhere at most one page and a branch a storey. Every operation is O(storeys): two for
/// ids below 134 million, at most seven.
struct ArmedStamps: ~Copyable {
    /// A place of a branch.
    private struct Place {
        /// A page in the lowest storey, a branch in those above; nil for nothing armed below.
        var child: UnsafeMutableRawPointer?
        /// How many ids below are armed.
        var population: Int
    }
    private typealias Branch = UnsafeMutablePointer<Place>
    private typealias Page = UnsafeMutablePointer<Stamp>

    private static let digitBits: UInt64 = 9
    private static let width = 1 << 9
    private static let branchBytes = width * MemoryLayout<Place>.stride
    private static let pageBytes = width * MemoryLayout<Stamp>.stride

    private var root: Branch
    /// The shift that gives an id's digit in the root.
    private var rootShift = digitBits
    private(set) var count = 0
    private(set) var allocatedBytes = branchBytes

    init() { root = Self.makeBranch() }

    deinit { _ = Self.free(UnsafeMutableRawPointer(root), shift: rootShift) }

    /// The stamp of `id`; `unarmed` when it has none.
    subscript(id: UInt64) -> Stamp {
        guard let cell = cell(of: id) else { return .unarmed }
        return cell.pointee
    }

    /// Stamps `id`, unless it is armed at the same ordinal already; returns the stamp it had.
    mutating func arm(_ id: UInt64, _ stamp: Stamp) -> Stamp {
        let cell = makeCell(of: id)
        let previous = cell.pointee
        if previous == .unarmed {
            count += 1
            cell.pointee = stamp
        } else {
            release(id)
            if previous.ordinal != stamp.ordinal { cell.pointee = stamp }
        }
        return previous
    }

    /// Disarms `id`; returns the stamp it had.
    mutating func disarm(_ id: UInt64) -> Stamp {
        guard let cell = cell(of: id), cell.pointee != .unarmed else { return .unarmed }
        let previous = cell.pointee
        cell.pointee = .unarmed
        count -= 1
        release(id)
        return previous
    }

    /// Disarms `id` if its stamp is `stamp`; returns whether it was.
    mutating func disarm(_ id: UInt64, ifStamped stamp: Stamp) -> Bool {
        guard let cell = cell(of: id), cell.pointee == stamp else { return false }
        cell.pointee = .unarmed
        count -= 1
        release(id)
        return true
    }

    /// Whether the root's digits cover `id`.
    private func covers(_ id: UInt64) -> Bool { (id &>> rootShift) &>> Self.digitBits == 0 }

    private func cell(of id: UInt64) -> Page? {
        guard covers(id) else { return nil }
        var branch = root
        var shift = rootShift
        while shift > Self.digitBits {
            guard let child = branch[Self.digit(id, shift)].child else { return nil }
            branch = Self.branch(child)
            shift &-= Self.digitBits
        }
        guard let child = branch[Self.digit(id, shift)].child else { return nil }
        return Self.page(child) + Self.digit(id, 0)
    }

    /// The cell of `id`, made where it was missing, with one more counted on the way to it.
    private mutating func makeCell(of id: UInt64) -> Page {
        while !covers(id) { addStorey() }
        var branch = root
        var shift = rootShift
        while true {
            let place = branch + Self.digit(id, shift)
            place.pointee.population &+= 1
            if shift == Self.digitBits {
                if let child = place.pointee.child { return Self.page(child) + Self.digit(id, 0) }
                let page = Page.allocate(capacity: Self.width)
                page.initialize(repeating: .unarmed, count: Self.width)
                allocatedBytes += Self.pageBytes
                place.pointee.child = UnsafeMutableRawPointer(page)
                return page + Self.digit(id, 0)
            }
            if let child = place.pointee.child {
                branch = Self.branch(child)
            } else {
                branch = Self.makeBranch()
                allocatedBytes += Self.branchBytes
                place.pointee.child = UnsafeMutableRawPointer(branch)
            }
            shift &-= Self.digitBits
        }
    }

    /// Counts one less on the way to the cell of `id`, and frees what nobody needs any longer.
    private mutating func release(_ id: UInt64) {
        var branch = root
        var shift = rootShift
        while true {
            let place = branch + Self.digit(id, shift)
            place.pointee.population &-= 1
            guard let child = place.pointee.child else {
                preconditionFailure("an armed id has a page")
            }
            if place.pointee.population == 0 {
                place.pointee.child = nil
                allocatedBytes -= Self.free(child, shift: shift &- Self.digitBits)
                return
            }
            if shift == Self.digitBits { return }
            branch = Self.branch(child)
            shift &-= Self.digitBits
        }
    }

    private mutating func addStorey() {
        let lower = root
        root = Self.makeBranch()
        rootShift += Self.digitBits
        if count == 0 {
            lower.deallocate()
        } else {
            root[0] = Place(child: UnsafeMutableRawPointer(lower), population: count)
            allocatedBytes += Self.branchBytes
        }
    }

    /// Frees a page (`shift` 0) or a branch with all below it; returns how many bytes that gave.
    private static func free(_ child: UnsafeMutableRawPointer, shift: UInt64) -> Int {
        guard shift > 0 else {
            child.deallocate()
            return pageBytes
        }
        var freed = branchBytes
        for index in 0..<width {
            guard let below = branch(child)[index].child else { continue }
            freed += free(below, shift: shift &- digitBits)
        }
        child.deallocate()
        return freed
    }

    private static func makeBranch() -> Branch {
        let branch = Branch.allocate(capacity: width)
        branch.initialize(repeating: Place(child: nil, population: 0), count: width)
        return branch
    }

    private static func digit(_ id: UInt64, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: id &>> shift) & (width - 1)
    }

    private static func branch(_ child: UnsafeMutableRawPointer) -> Branch {
        child.assumingMemoryBound(to: Place.self)
    }

    private static func page(_ child: UnsafeMutableRawPointer) -> Page {
        child.assumingMemoryBound(to: Stamp.self)
    }
}
