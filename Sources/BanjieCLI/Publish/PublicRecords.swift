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
    var units: [Unit]
    /// By code.
    var items: [Item]
    /// The newest first, as the next.
    var publications: [PublicationView]
    var announcements: [Announcement]
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

        var powers: [String: [Power]] = [:]
        var after = ""
        while true {
            let page = try await disclosure.listPowers(
                ListPowersRequest(after: after, limit: Self.pageLimit)
            )
            for power in page.powers.compactMap(\.power) {
                powers[power.department, default: []].append(power)
            }
            guard page.more else { break }
            after = page.through
        }

        units = []
        after = ""
        while true {
            let page = try await directory.listDepartments(
                ListDepartmentsRequest(after: after, limit: Self.pageLimit)
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
            guard page.more, let last = page.departments.last else { break }
            after = last.code
        }

        items = []
        after = ""
        while true {
            let page = try await directory.listItems(
                ListItemsRequest(after: after, limit: Self.pageLimit)
            )
            for view in page.items {
                items.append(Item(view: view, guide: try await disclosure.guide(of: view.code)))
            }
            guard page.more else { break }
            after = page.through
        }

        publications = try await Self.publications(over: channel)
        announcements = try await Self.announcements(over: channel)
        self.reviews = try await reviews.stats(ReviewStatsRequest())
    }

    private static let pageLimit: Int32 = 500

    private static func publications(
        over channel: any CallChannel
    ) async throws(CallError) -> [PublicationView] {
        var all: [PublicationView] = []
        var after: UInt64 = 0
        while true {
            let page = try await CampaignClient(channel).listPublications(
                ListPublicationsRequest(after: after, limit: pageLimit)
            )
            all += page.publications
            guard page.more else { return all.reversed() }
            after = page.through
        }
    }

    private static func announcements(
        over channel: any CallChannel
    ) async throws(CallError) -> [Announcement] {
        var all: [Announcement] = []
        while true {
            let page = try await CertificatesClient(channel).listAnnouncements(
                ListAnnouncementsRequest(after: all.last?.number ?? 0, limit: pageLimit)
            )
            all += page.announcements
            guard page.more, !page.announcements.isEmpty else { return all.reversed() }
        }
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
