import BanjieClient
import BanjieProtocol
import CivilTime

/// What everybody may know of the office, read from its server.
struct PublicRecords: Sendable {
    struct Unit: Sendable {
        let department: Department
        let posts: [Post]
        let plates: [Plate]
        let powers: [Power]
        let reviews: ReviewStats
    }

    struct Item: Sendable {
        let view: ItemView
        /// Nil where nobody has written one.
        let guide: GuideView?
    }

    /// The day of the server on which it was read.
    var day: CivilDate
    /// By code.
    var units: [Unit] = []
    /// By code.
    var items: [Item] = []
    /// The newest first, as the next.
    var publications: [PublicationView] = []
    var announcements: [Announcement] = []
    /// Of the whole city.
    var reviews: ReviewStats
}

extension PublicRecords {
    /// Reads everything, page by page; what changes meanwhile is seen or not.
    ///
    /// - Throws: what a call fails with.
    init(from channel: any CallChannel) async throws(CallError) {
        let directory = DirectoryClient(channel)
        let disclosure = DisclosureClient(channel)
        let reviews = ReviewsClient(channel)
        day = try await DiagnosticsClient(channel).status(Empty()).now.date
        self.reviews = try await reviews.stats(ReviewStatsRequest())

        var powers: [String: [Power]] = [:]
        try await Self.readPages(from: "") { (after, limit) async throws(CallError) in
            let page = try await disclosure.listPowers(
                ListPowersRequest(after: after, limit: limit)
            )
            for power in page.powers.compactMap(\.power) {
                powers[power.department, default: []].append(power)
            }
            return page.more ? page.through : nil
        }

        try await Self.readPages(from: "") { (after, limit) async throws(CallError) in
            let page = try await directory.listDepartments(
                ListDepartmentsRequest(after: after, limit: limit)
            )
            for department in page.departments {
                let code = department.code
                units.append(
                    Unit(
                        department: department,
                        posts: try await directory.listPosts(ListPostsRequest(department: code))
                            .posts,
                        plates: try await disclosure.listPlates(
                            ListPlatesRequest(department: code)
                        ).plates,
                        powers: powers[code] ?? [],
                        reviews: try await reviews.stats(ReviewStatsRequest(department: code))
                    )
                )
            }
            return page.more ? page.departments.last?.code : nil
        }

        try await Self.readPages(from: "") { (after, limit) async throws(CallError) in
            let page = try await directory.listItems(ListItemsRequest(after: after, limit: limit))
            for view in page.items {
                items.append(Item(view: view, guide: try await disclosure.guide(of: view.code)))
            }
            return page.more ? page.through : nil
        }

        try await Self.readPages(from: UInt64(0)) { (after, limit) async throws(CallError) in
            let page = try await CampaignClient(channel).listPublications(
                ListPublicationsRequest(after: after, limit: limit)
            )
            publications += page.publications
            return page.more ? page.through : nil
        }
        publications.reverse()

        try await Self.readPages(from: UInt64(0)) { (after, limit) async throws(CallError) in
            let page = try await CertificatesClient(channel).listAnnouncements(
                ListAnnouncementsRequest(after: after, limit: limit)
            )
            announcements += page.announcements
            return page.more ? page.announcements.last?.number : nil
        }
        announcements.reverse()
    }

    /// Calls `read` with where a page begins until it says that none follows.
    private static func readPages<Place>(
        from start: Place,
        _ read: (_ after: Place, _ limit: Int32) async throws(CallError) -> Place?
    ) async throws(CallError) {
        var next: Place? = start
        while let after = next { next = try await read(after, 500) }
    }
}

extension DisclosureClient {
    /// An item's guide; nil where there is none.
    fileprivate func guide(of item: String) async throws(CallError) -> GuideView? {
        do throws(CallError) {
            return try await getGuide(GuideRequest(item: item))
        } catch {
            if error.reason == Reason.noSuchGuide.rawValue { return nil }
            throw error
        }
    }
}
