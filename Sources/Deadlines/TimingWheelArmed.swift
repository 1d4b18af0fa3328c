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
        /// How many ids of the page are armed; 0 in the storeys above.
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

    deinit { Self.free(UnsafeMutableRawPointer(root), shift: rootShift) }

    /// The stamp of `id`; `unarmed` when it has none.
    subscript(id: UInt64) -> Stamp {
        guard let place = place(of: id), let child = place.pointee.child else { return .unarmed }
        return Self.page(child)[Self.digit(id, 0)]
    }

    /// Stamps `id`, unless it is armed at the same ordinal already; returns the stamp it had.
    mutating func arm(_ id: UInt64, _ stamp: Stamp) -> Stamp {
        let place = makePlace(of: id)
        let page = place.pointee.child.map(Self.page) ?? makePage(in: place)
        let cell = page + Self.digit(id, 0)
        let previous = cell.pointee
        if previous == .unarmed {
            count &+= 1
            place.pointee.population &+= 1
            cell.pointee = stamp
        } else if previous.ordinal != stamp.ordinal {
            cell.pointee = stamp
        }
        return previous
    }

    /// Disarms `id`; returns the stamp it had.
    mutating func disarm(_ id: UInt64) -> Stamp {
        guard let place = place(of: id), let child = place.pointee.child else { return .unarmed }
        let cell = Self.page(child) + Self.digit(id, 0)
        let previous = cell.pointee
        if previous != .unarmed { clear(cell, in: place, of: id) }
        return previous
    }

    /// Disarms `id` if its stamp is `stamp`; returns whether it was.
    mutating func disarm(_ id: UInt64, ifStamped stamp: Stamp) -> Bool {
        guard let place = place(of: id), let child = place.pointee.child else { return false }
        let cell = Self.page(child) + Self.digit(id, 0)
        guard cell.pointee == stamp else { return false }
        clear(cell, in: place, of: id)
        return true
    }

    private mutating func clear(_ cell: Page, in place: Branch, of id: UInt64) {
        cell.pointee = .unarmed
        count &-= 1
        place.pointee.population &-= 1
        if place.pointee.population == 0 { _ = prune(root, rootShift, id) }
    }

    /// Whether the root's digits cover `id`.
    private func covers(_ id: UInt64) -> Bool { (id &>> rootShift) &>> Self.digitBits == 0 }

    /// The lowest storey's place for `id`, or nil when there is no branch for it.
    private func place(of id: UInt64) -> Branch? {
        guard covers(id) else { return nil }
        var branch = root
        var shift = rootShift
        while shift > Self.digitBits {
            guard let child = branch[Self.digit(id, shift)].child else { return nil }
            branch = Self.branch(child)
            shift &-= Self.digitBits
        }
        return branch + Self.digit(id, shift)
    }

    /// The same, with the branches that it needs.
    private mutating func makePlace(of id: UInt64) -> Branch {
        while !covers(id) { addStorey() }
        var branch = root
        var shift = rootShift
        while shift > Self.digitBits {
            let place = branch + Self.digit(id, shift)
            if let child = place.pointee.child {
                branch = Self.branch(child)
            } else {
                let child = Self.makeBranch()
                allocatedBytes += Self.branchBytes
                place.pointee.child = UnsafeMutableRawPointer(child)
                branch = child
            }
            shift &-= Self.digitBits
        }
        return branch + Self.digit(id, shift)
    }
    private mutating func makePage(in place: Branch) -> Page {
        let page = Page.allocate(capacity: Self.width)
        page.initialize(repeating: .unarmed, count: Self.width)
        allocatedBytes += Self.pageBytes
        place.pointee.child = UnsafeMutableRawPointer(page)
        return page
    }

    /// Frees the page of `id` and the branches that hold nothing else; returns whether `branch`
    /// now holds nothing.
    private mutating func prune(_ branch: Branch, _ shift: UInt64, _ id: UInt64) -> Bool {
        let place = branch + Self.digit(id, shift)
        guard let child = place.pointee.child else { return false }
        if shift == Self.digitBits {
            allocatedBytes -= Self.pageBytes
        } else {
            guard prune(Self.branch(child), shift &- Self.digitBits, id) else { return false }
            allocatedBytes -= Self.branchBytes
        }
        child.deallocate()
        place.pointee.child = nil
        return UnsafeBufferPointer(start: branch, count: Self.width).allSatisfy { $0.child == nil }
    }

    private mutating func addStorey() {
        let lower = root
        root = Self.makeBranch()
        rootShift += Self.digitBits
        if count == 0 {
            lower.deallocate()
        } else {
            root[0].child = UnsafeMutableRawPointer(lower)
            allocatedBytes += Self.branchBytes
        }
    }

    /// Frees a page (`shift` 0), or a branch with all below it.
    private static func free(_ child: UnsafeMutableRawPointer, shift: UInt64) {
        if shift > 0 {
            for index in 0..<width {
                guard let below = branch(child)[index].child else { continue }
                free(below, shift: shift &- digitBits)
            }
        }
        child.deallocate()
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
