internal import Office
internal import Store
internal import WorkCalendar

/// The circumstances in which queries and watches look at a reader's snapshot.
final class SnapshotContexts: StreamContexts {
    private let reader: any RecordReader
    private let shared: SharedState
    private let connections: @Sendable () -> Int

    init(
        _ reader: any RecordReader,
        shared: SharedState,
        connections: @escaping @Sendable () -> Int
    ) {
        self.reader = reader
        self.shared = shared
        self.connections = connections
    }

    /// What `actor` sees of the snapshot, made once that is fixed: no calendar is missing that a record
    /// names, and no record is of a later time than now.
    func context(for actor: Actor?) throws(StoreError) -> QueryContext {
        let head = try reader.head()
        var snapshot = shared.current
        snapshot.status.connections = UInt32(clamping: connections())
        if head.commit > snapshot.status.commit {
            // Committed, and not published to other threads yet.
            snapshot.calendars = try CalendarTimeline.load(from: reader).timeline
        }
        return QueryContext(
            reader: reader,
            actor: actor,
            circumstances: shared.circumstances(snapshot, notBefore: head.at),
            status: snapshot.status
        )
    }

    func atOnce(_ body: (_ make: (StreamCaller) -> QueryContext) -> Void) throws(StoreError) {
        do {
            try reader.atOnce {
                let common = try context(for: nil)
                body { caller in
                    QueryContext(
                        reader: common.reader,
                        actor: caller.actor,
                        circumstances: common.circumstances,
                        status: common.status
                    )
                }
            }
        } catch let error as StoreError {
            throw error
        } catch {
            preconditionFailure("a snapshot fails as the store does")
        }
    }
}
