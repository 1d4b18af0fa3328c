/// Which requests have been answered: in the batch that runs, in the one that is sealed, and in the store.
///
/// Ids that are made by the clock of who sends them come nearly in order: of most it is known by the newest
/// one that the store has nothing of them, and of those that come late by the answered ones that are remembered.
struct AnsweredRequests {
    /// Replies, and where each request's is.
    private struct Batch {
        var replies: [SealedBatch.Answered] = []
        var places: [RequestKey: Int] = [:]

        func reply(to key: RequestKey) -> StoredReply? {
            places[key].map { replies[$0].reply }
        }
    }

    /// The largest ids of a principal, nil without any.
    private struct Newest {
        /// Beyond it the store has nothing but what is remembered.
        var stored: [UInt8]?
        /// Beyond it a request is new.
        var known: [UInt8]?

        mutating func answered(_ id: [UInt8]) { known = Self.larger(known, id) }
        mutating func forgotten(_ id: [UInt8]) { stored = Self.larger(stored, id) }

        private static func larger(_ id: [UInt8]?, _ other: [UInt8]) -> [UInt8] {
            guard let id, !id.lexicographicallyPrecedes(other) else { return other }
            return id
        }
    }

    private static let principalsMax = 4096
    /// How many requests whose replies lie in the store are remembered: those of about a second.
    private static let rememberedMax = 32_768

    private var running = Batch()
    private var sealed = Batch()
    private var newest: [String: Newest] = [:]
    /// The requests that have lately been committed, and the same in their batches, the oldest first.
    private var remembered: Set<RequestKey> = []
    private var rememberedBatches: [[RequestKey]] = []

    /// The replies of the batch that runs.
    var replies: [SealedBatch.Answered] { running.replies }

    var isEmpty: Bool { running.replies.isEmpty }

    /// The reply that a request got.
    ///
    /// - Complexity: constant for an id beyond all that the principal had used about a second ago, unless it was
    ///   answered; else the store's search.
    mutating func reply(
        to key: RequestKey,
        in store: any Store
    ) throws(StoreError) -> StoredReply? {
        let newest = try newest(of: key.principal, in: store)
        guard let known = newest.known, !known.lexicographicallyPrecedes(key.id) else {
            return nil
        }
        if let reply = running.reply(to: key) ?? sealed.reply(to: key) { return reply }
        if !remembered.contains(key) {
            guard let stored = newest.stored, !stored.lexicographicallyPrecedes(key.id) else {
                return nil
            }
        }
        return try store.storedReply(key)
    }

    private mutating func newest(
        of principal: String,
        in store: any Store
    ) throws(StoreError) -> Newest {
        if let known = newest[principal] { return known }
        let stored = try store.newestRequestID(of: principal)
        var found = Newest(stored: stored, known: stored)
        for answered in sealed.replies + running.replies where answered.key.principal == principal {
            found.answered(answered.key.id)
        }
        if newest.count >= Self.principalsMax { newest.removeAll() }
        newest[principal] = found
        return found
    }

    /// - Precondition: the request has no reply yet.
    mutating func keep(_ answered: SealedBatch.Answered) {
        let key = answered.key
        let place = running.places.updateValue(running.replies.count, forKey: key)
        precondition(place == nil && sealed.places[key] == nil, "a request is answered twice")
        running.replies.append(answered)
        newest[key.principal]?.answered(key.id)
    }

    // MARK: The batch's end

    mutating func seal() {
        sealed = running
        running = Batch()
        running.replies.reserveCapacity(sealed.replies.count)
        running.places.reserveCapacity(sealed.replies.count)
    }

    /// The sealed replies lie in the store.
    mutating func didCommit() {
        let committed = sealed.replies.map(\.key)
        remembered.formUnion(committed)
        rememberedBatches.append(committed)
        while remembered.count > Self.rememberedMax {
            for key in rememberedBatches.removeFirst() {
                remembered.remove(key)
                newest[key.principal]?.forgotten(key.id)
            }
        }
        sealed = Batch()
    }

    mutating func drop() { self = AnsweredRequests() }
}
