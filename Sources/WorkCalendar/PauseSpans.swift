package import CivilTime

/// A pause of a limit, by its days: the pause day is charged, the resume day isn't.
///
/// It takes the days d with pause < d <= resume out of the limit. One that is resumed on the day of
/// the pause, or before it, takes none out.
package struct PauseSpan: Hashable, Sendable {
    package let pause: CivilDate
    /// The day on which the limit ran on; nil while it is paused.
    package let resume: CivilDate?

    package init(pause: CivilDate, resume: CivilDate?) {
        (self.pause, self.resume) = (pause, resume)
    }
}

/// The days that pauses take out of a limit, whatever the order in which these were given.
package struct PauseSpans: Hashable, Sendable {
    /// Days after `pause`, through `resume`: never empty, ascending, none touching the next.
    package let spans: [Span]

    package struct Span: Hashable, Sendable {
        /// The day before the first one taken out.
        package let after: CivilDate
        /// The last day taken out.
        package let through: CivilDate
    }

    /// No pause at all.
    package static let none = PauseSpans([], today: nil)

    /// Merges pauses, which may touch, overlap or repeat.
    ///
    /// - Parameter today: The day through which a pause that isn't resumed lasts, for a date is
    ///   shown as if the limit ran on today. Without it, such a pause takes no day out.
    package init(_ pauses: [PauseSpan], today: CivilDate?) {
        var merged: [Span] = []
        for pause in pauses.sorted(by: { $0.pause < $1.pause }) {
            guard let through = pause.resume ?? today, pause.pause < through else { continue }
            if let last = merged.last, pause.pause <= last.through {
                let end = max(last.through, through)
                merged[merged.count - 1] = Span(after: last.after, through: end)
            } else {
                merged.append(Span(after: pause.pause, through: through))
            }
        }
        spans = merged
    }

    /// Whether `day` is taken out. Logarithmic in the number of spans.
    package func contains(_ day: CivilDate) -> Bool {
        guard let span = spans[firstIndex(endingOnOrAfter: day)...].first else { return false }
        return span.after < day
    }

    /// The spans with a day after `day`, ascending.
    package func spans(reaching day: CivilDate) -> ArraySlice<Span> {
        spans[firstIndex(endingOnOrAfter: day.adding(days: 1))...]
    }

    private func firstIndex(endingOnOrAfter day: CivilDate) -> Int {
        var (low, high) = (0, spans.count)
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].through < day { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

// MARK: - Charged days

extension WorkCalendar {
    /// How many working days outside `pauses` there are with after < d <= through.
    ///
    /// Linear in the spans between the two.
    package func chargedDays(
        after: CivilDate,
        through: CivilDate,
        outside pauses: PauseSpans
    ) -> Int {
        var count = workingDays(after: after, through: through)
        for span in pauses.spans(reaching: after) {
            guard span.after < through else { break }
            count -= workingDays(
                after: max(after, span.after),
                through: min(through, span.through)
            )
        }
        return count
    }

    /// The `n`-th working day strictly after `date` outside `pauses`; `date` itself when `n` is 0.
    ///
    /// `CivilDate.latest` when fewer are left. Linear in the spans passed.
    ///
    /// - Precondition: `n >= 0`.
    package func chargedDay(
        _ n: Int,
        after date: CivilDate,
        outside pauses: PauseSpans
    ) -> CivilDate {
        var rest = n
        var position = date
        for span in pauses.spans(reaching: date) {
            let ahead = workingDays(after: position, through: span.after)
            if rest <= ahead { break }
            rest -= ahead
            position = span.through
        }
        return workingDay(rest, after: position)
    }
}
