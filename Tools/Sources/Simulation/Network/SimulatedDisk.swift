import StoreModel

/// The disk of the simulated server: lives on when the process dies.
final class SimulatedDisk {
    /// What the running process sees.
    private(set) var current = ModelDisk()
    /// What a crash would leave, when that isn't what the process sees.
    private var behind: ModelDisk?

    /// A reader of what a crash would leave.
    var kept: ModelStore { ModelStore(disk: behind ?? current) }

    /// The process dies.
    func crash() {
        guard let behind else { return }
        current = behind
        self.behind = nil
    }

    /// A store that says too early that it has kept a batch: called before each commit.
    func fallBehind() { behind = current.copy() }

    /// The disk has caught up.
    func catchUp() { behind = nil }
}
