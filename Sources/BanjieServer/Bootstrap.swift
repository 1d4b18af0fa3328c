internal import CivilTime
internal import Foundation
internal import Office
internal import Store

/// Makes the first operator of a fresh store.
enum Bootstrap {
    static let operatorLogin = "operator"

    /// Gives a store without an operator one, whose secret goes into `operator.secret` beside the
    /// store, readable by the owner alone.
    ///
    /// The file is written BEFORE the commit: a crash between the two leaves a file that opens
    /// nothing, never an operator whose secret is lost.
    static func run(
        store: any Store,
        folder: String,
        at now: Instant
    ) throws {
        guard try store.load(PersonRecord.self, operatorLogin) == nil else { return }
        let secret = Secret(SharedState.systemRandomBytes())
        try write(secret.text, to: URL(filePath: folder).appending(path: "operator.secret"))
        let unit = try UnitOfWork(store: store)
        unit.beginCommand()
        unit.save(
            PersonRecord(
                login: operatorLogin,
                details: PersonDetails(name: PersonName(operatorLogin)),
                department: "",
                post: "",
                roles: [.operator]
            )
        )
        unit.save(CredentialRecord(login: operatorLogin, proof: .secret(digest: secret.digest)))
        unit.audit(
            AuditDraft(
                at: now,
                actor: "system",
                kind: "STORE_CREATED",
                subject: "person/\(operatorLogin)",
                detail: ""
            )
        )
        unit.acceptCommand(reply: nil)
        _ = try unit.commit(at: now)
    }

    private static func write(_ secret: String, to file: URL) throws {
        try? FileManager.default.removeItem(at: file)
        let created = FileManager.default.createFile(
            atPath: file.path,
            contents: Data((secret + "\n").utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard created else {
            throw StoreError.notWritable("\(file.path) can't be created")
        }
    }
}
