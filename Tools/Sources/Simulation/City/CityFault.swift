import CSQLite

/// Something wrong that is done to a city's store behind the server's back, to see that it is found.
package enum CityFault: String, CaseIterable, Sendable {
    /// A card that was issued isn't there.
    case losesCard
    /// A rung is marked as fired that hasn't.
    case inventsFiring
    /// A rung is forgotten to have fired.
    case firesTwice
    /// The scheduler isn't told of any matter's clock.
    case forgetsToFire
    /// A clock's file isn't there.
    case losesOwner
    /// The clocks of a matter that goes on have ended.
    case stopsClocks
    /// A department's month is counted better than it was.
    case flattersFigures

    /// What is done to the tables; a running deadline has state 1, a file's owner a number from 1.
    private var statement: String {
        switch self {
        case .losesCard:
            """
            DELETE FROM card WHERE id = (
              SELECT card.id FROM card JOIN deadline ON deadline.id = card.id >> 3
              WHERE deadline.state = 1 LIMIT 1)
            """
        case .inventsFiring:
            """
            UPDATE deadline SET red_at = start WHERE id = (
              SELECT id FROM deadline WHERE state = 1 AND owner_kind = 1 AND red_at IS NULL LIMIT 1)
            """
        case .firesTwice:
            """
            UPDATE deadline SET red_at = NULL, next_at = red_at WHERE id = (
              SELECT id FROM deadline WHERE state = 1 AND red_at IS NOT NULL LIMIT 1)
            """
        case .forgetsToFire:
            """
            UPDATE deadline SET next_at = NULL WHERE state = 1 AND owner_kind = 1
            """
        case .losesOwner:
            """
            DELETE FROM inquiry WHERE number = (
              SELECT owner FROM deadline WHERE state = 1 AND owner_kind = 4 LIMIT 1)
            """
        case .stopsClocks:
            """
            UPDATE deadline SET state = 2, ended_at = start, next_at = NULL, listed_due = NULL
            WHERE state = 1 AND owner_kind = 1 AND owner = (
              SELECT owner FROM deadline WHERE state = 1 AND kind = 3 LIMIT 1)
            """
        case .flattersFigures: "UPDATE work_tally SET completed = completed + 1"
        }
    }

    /// Does it to a store that no server has open; false when there is nothing yet to do it to.
    func spoil(_ path: String) -> Bool {
        var database: OpaquePointer?
        defer { sqlite3_close(database) }
        guard sqlite3_open(path, &database) == SQLITE_OK,
            sqlite3_exec(database, statement, nil, nil, nil) == SQLITE_OK
        else { preconditionFailure("\(self) doesn't fit the tables") }
        return sqlite3_changes(database) > 0
    }
}
