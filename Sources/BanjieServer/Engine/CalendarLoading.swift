internal import Office
internal import Store
internal import WorkCalendar

extension CalendarTimeline {
    /// The calendars of a store, and whether every running clock has been planned by the newest.
    static func load(
        from reader: some RecordReader
    ) throws(StoreError) -> (timeline: CalendarTimeline, isReplanned: Bool) {
        var timeline = CalendarTimeline(.builtIn)
        var isReplanned = true
        for record in try reader.find(CalendarRecord.self, Search(limit: .max)) {
            do {
                timeline.append(
                    try record.calendar(after: timeline.current.calendar),
                    since: record.since,
                    reason: record.reason
                )
            } catch {
                throw .corrupt("calendar version \(record.key) can't be made: \(error)")
            }
            if !record.isReplanned { isReplanned = false }
        }
        return (timeline, isReplanned)
    }
}
