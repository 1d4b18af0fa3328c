import BanjieProtocol

/// Reads all that a server has, page by page.
struct CampaignReader: Sendable {
    private static let page: Int32 = 1000
    private static let atOnce = 64

    let admin: AdminClient
    let deadlines: DeadlinesClient
    let cases: CasesClient

    func audit(after sequence: UInt64) async throws -> [AuditEntry] {
        var entries: [AuditEntry] = []
        while true {
            let page = try await admin.readAudit(
                ReadAuditRequest(after: entries.last?.sequence ?? sequence, limit: Self.page)
            ).entries
            entries += page
            if page.count < Int(Self.page) { return entries }
        }
    }

    func firings(after sequence: UInt64) async throws -> [Firing] {
        var firings: [Firing] = []
        while true {
            let page = try await deadlines.readFired(
                ReadFiredRequest(after: firings.last?.sequence ?? sequence, limit: Self.page)
            ).firings
            firings += page
            if page.count < Int(Self.page) { return firings }
        }
    }

    func views(of numbers: [UInt64]) async throws -> [UInt64: DeadlineView] {
        try await each(numbers) { try await deadlines.get(DeadlineRequest(deadline: $0)) }
    }

    func views(of serials: [String]) async throws -> [String: CaseView] {
        try await each(serials) { try await cases.get(CaseRequest(case: $0)) }
    }

    /// Reads many records, some at a time.
    private func each<Key: Hashable & Sendable, View: Sendable>(
        _ keys: [Key],
        _ read: @escaping @Sendable (Key) async throws -> View
    ) async throws -> [Key: View] {
        try await withThrowingTaskGroup(of: (Key, View).self) { group in
            var rest = keys[...]
            for key in rest.prefix(Self.atOnce) {
                group.addTask { (key, try await read(key)) }
            }
            rest = rest.dropFirst(Self.atOnce)
            var views: [Key: View] = [:]
            while let (key, view) = try await group.next() {
                views[key] = view
                if let key = rest.popFirst() { group.addTask { (key, try await read(key)) } }
            }
            return views
        }
    }
}
