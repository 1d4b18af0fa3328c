import BanjieServer
import CivilTime
import Digest
import Foundation
import Office
import Sealing
import Store
import StoreSQLite

/// Where a city's store lies, and who may sign in to its server.
struct CityStore {
    static let realm = "city"

    let folder: URL
    /// What all randomness of the server comes from.
    let seed: UInt64

    var file: String { folder.appending(path: "banjie.sqlite").path }
    private var keys: String { folder.appending(path: "banjie.keys").path }

    /// The secret by which somebody signs in: a city's people have no others.
    static func secret(of login: String) -> String {
        Hexadecimal.text(of: SHA256.hash(Array("secret of \(login)".utf8)))
    }

    /// Opens the store, and creates it when there is none. Commits don't wait for the disk: whatever dies
    /// here is a part of the program, never the machine.
    func open() throws -> SQLiteStore {
        if !FileManager.default.fileExists(atPath: keys) { try KeyFile.create(keys) }
        var options = SQLiteStore.Options()
        options.isSynced = false
        options.keys = try KeptKeyRing(keys)
        return try SQLiteStore(path: file, tables: SteppedOffice.tables, options: options)
    }

    /// Makes the operator, and lets everybody sign in who is going to be known.
    func admit(_ logins: some Sequence<String>, operator login: String, at start: Instant) throws {
        let store = try open()
        let unit = try UnitOfWork(store: store)
        unit.beginCommand()
        unit.save(
            PersonRecord(
                login: login,
                details: PersonDetails(name: PersonName(login)),
                department: "",
                post: "",
                roles: [.operator]
            )
        )
        for login in [login] + logins {
            let digest = SHA256.hash(Array(Self.secret(of: login).utf8))
            unit.save(CredentialRecord(login: login, proof: .secret(digest: digest)))
        }
        unit.acceptCommand(reply: nil)
        _ = try unit.commit(at: start)
    }
}
