import BanjieProtocol
import Store
import StoreModel

/// Compares what the clients were promised with what the disk keeps, once all is at rest.
struct Verification {
    private let clients: [SimulatedClient]
    private let store: ModelStore
    private let world: World

    init(_ clients: [SimulatedClient], _ store: ModelStore, _ world: World) {
        self.clients = clients
        self.store = store
        self.world = world
    }

    func run() throws {
        if case .broken(let damage) = try AuditVerifier.verify(store) {
            world.found("the audit log is broken: \(damage)")
        }
        try checkFirings()
        let effects = try countEffects()
        for client in clients {
            for command in client.commands { try check(command, effects[command.auditTrace] ?? 0) }
            for watch in client.watches {
                if let missed = try watch.missed(in: store) {
                    world.found("\(client.login) was never told event \(missed.sequence)")
                }
            }
        }
    }

    /// A rung of a deadline fires once.
    private func checkFirings() throws {
        var fired: Set<[UInt64]> = []
        let firings = try WatchedFirings.firings(after: 0, label: "", in: store, limit: .max)
        for firing in firings {
            let rung = UInt64(bitPattern: Int64(firing.rung.rawValue))
            guard fired.insert([firing.deadline, rung]).inserted else {
                world.found("deadline \(firing.deadline) has fired \(firing.rung) twice")
                return
            }
        }
    }

    /// How often each command has left its mark in the audit log.
    private func countEffects() throws(StoreError) -> [AuditTrace: Int] {
        let kinds: Set = [
            "DEADLINE_ARMED", "DEADLINE_PAUSED", "DEADLINE_RESUMED", "DEADLINE_EXTENDED",
            "DEADLINE_COMPLETED", "DEADLINE_CANCELLED",
        ]
        var effects: [AuditTrace: Int] = [:]
        for entry in try store.auditEntries(after: 0, limit: .max)
        where kinds.contains(entry.draft.kind) {
            if let trace = entry.draft.trace { effects[trace, default: 0] += 1 }
        }
        return effects
    }

    private func check(_ command: SentCommand, _ effects: Int) throws(StoreError) {
        let name = "\(command.login)'s \(command.number), \(command.method.name)"
        let stored = try store.storedReply(command.key)
        if effects > 1 { world.found("\(name), took effect \(effects) times") }
        if (stored != nil) != (effects == 1) {
            world.found(
                "\(name), took effect \(effects) times, and a reply is kept: \(stored != nil)"
            )
        }
        switch command.state {
        case .acknowledged(let reply):
            if stored?.reply != reply { world.found("\(name), was acknowledged and isn't kept") }
        case .refused:
            if stored != nil { world.found("\(name), was refused and carried out") }
        case .open, .unknown: break
        }
    }
}
