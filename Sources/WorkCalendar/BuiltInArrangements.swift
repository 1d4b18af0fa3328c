import CivilTime

/// The arrangements compiled in, from the yearly notices of the State Council's General Office
/// (国务院办公厅关于部分节假日安排的通知).
package enum BuiltInArrangements {
    /// Every announced arrangement of 2020…2026, in the order of the announcements.
    ///
    /// 2020 was arranged twice: the Spring Festival holiday was extended while it ran.
    package static let all: [YearArrangement] = [
        arranged(
            2020,
            "国办发明电〔2019〕16号",
            off: [
                day(1, 1), days(1, 24...30), days(4, 4...6), days(5, 1...5), days(6, 25...27),
                days(10, 1...8),
            ],
            makeUp: [
                day(1, 19), day(2, 1), day(4, 26), day(5, 9), day(6, 28), day(9, 27),
                day(10, 10),
            ]
        ),
        arranged(
            2020,
            "国办发明电〔2020〕1号",
            off: [
                day(1, 1), days(1, 24...31), days(2, 1...2), days(4, 4...6), days(5, 1...5),
                days(6, 25...27), days(10, 1...8),
            ],
            makeUp: [
                day(1, 19), day(4, 26), day(5, 9), day(6, 28), day(9, 27), day(10, 10),
            ]
        ),
        arranged(
            2021,
            "国办发明电〔2020〕27号",
            off: [
                days(1, 1...3), days(2, 11...17), days(4, 3...5), days(5, 1...5),
                days(6, 12...14), days(9, 19...21), days(10, 1...7),
            ],
            makeUp: [
                day(2, 7), day(2, 20), day(4, 25), day(5, 8), day(9, 18), day(9, 26), day(10, 9),
            ]
        ),
        arranged(
            2022,
            "国办发明电〔2021〕11号",
            off: [
                days(1, 1...3), day(1, 31), days(2, 1...6), days(4, 3...5), day(4, 30),
                days(5, 1...4), days(6, 3...5), days(9, 10...12), days(10, 1...7), day(12, 31),
            ],
            makeUp: [
                days(1, 29...30), day(4, 2), day(4, 24), day(5, 7), days(10, 8...9),
            ]
        ),
        arranged(
            2023,
            "国办发明电〔2022〕16号",
            off: [
                days(1, 1...2), days(1, 21...27), day(4, 5), days(4, 29...30), days(5, 1...3),
                days(6, 22...24), days(9, 29...30), days(10, 1...6), days(12, 30...31),
            ],
            makeUp: [
                days(1, 28...29), day(4, 23), day(5, 6), day(6, 25), days(10, 7...8),
            ]
        ),
        arranged(
            2024,
            "国办发明电〔2023〕7号",
            off: [
                day(1, 1), days(2, 10...17), days(4, 4...6), days(5, 1...5), day(6, 10),
                days(9, 15...17), days(10, 1...7),
            ],
            makeUp: [
                day(2, 4), day(2, 18), day(4, 7), day(4, 28), day(5, 11), day(9, 14), day(9, 29),
                day(10, 12),
            ]
        ),
        arranged(
            2025,
            "国办发明电〔2024〕12号",
            off: [
                day(1, 1), days(1, 28...31), days(2, 1...4), days(4, 4...6), days(5, 1...5),
                day(5, 31), days(6, 1...2), days(10, 1...8),
            ],
            makeUp: [
                day(1, 26), day(2, 8), day(4, 27), day(9, 28), day(10, 11),
            ]
        ),
        arranged(
            2026,
            "国办发明电〔2025〕7号",
            off: [
                days(1, 1...3), days(2, 15...23), days(4, 4...6), days(5, 1...5),
                days(6, 19...21), days(9, 25...27), days(10, 1...7),
            ],
            makeUp: [
                day(1, 4), day(2, 14), day(2, 28), day(5, 9), day(9, 20), day(10, 10),
            ]
        ),
    ]

    /// The newest arrangement of each year, by ascending year.
    package static let newest: [YearArrangement] = all.enumerated().compactMap {
        index,
        arrangement in
        all[(index + 1)...].contains { $0.year == arrangement.year } ? nil : arrangement
    }

    /// A run of days of one month.
    private struct Days {
        let month: Int
        let days: ClosedRange<Int>
    }

    private static func day(_ month: Int, _ day: Int) -> Days {
        Days(month: month, days: day...day)
    }

    private static func days(_ month: Int, _ days: ClosedRange<Int>) -> Days {
        Days(month: month, days: days)
    }

    private static func arranged(
        _ year: Int,
        _ source: String,
        off: [Days],
        makeUp: [Days]
    ) -> YearArrangement {
        func dates(_ runs: [Days]) -> [CivilDate] {
            runs.flatMap { run in
                run.days.map { day in
                    guard let date = CivilDate(year: year, month: run.month, day: day) else {
                        preconditionFailure("\(year)-\(run.month)-\(day) is no day")
                    }
                    return date
                }
            }
        }
        do {
            return try YearArrangement(
                year: year,
                off: dates(off),
                makeUp: dates(makeUp),
                source: source
            )
        } catch {
            preconditionFailure("the built-in arrangement of \(year): \(error)")
        }
    }
}
