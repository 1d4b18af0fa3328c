package import BanjieClient
import BanjieProtocol

/// Many connections over which nothing is asked.
package struct IdleCrowd {
    private let connections: [Connection]

    /// So many are opened and asked at a time: it is the connections that are to cost the server memory, and
    /// not a crowd at its door.
    private static let atOnce = 50

    /// Opens them, and has each answer once.
    package init(_ count: Int, at site: LoadSite, on threads: [ConnectionThread]) async throws {
        var connections: [Connection] = []
        while connections.count < count {
            let more = try (0..<min(Self.atOnce, count - connections.count)).map { number in
                try site.connect(on: threads[number % threads.count])
            }
            try await Self.ask(more[...])
            connections += more
        }
        self.connections = connections
    }

    /// Has each answer: those that the server has given up fail.
    package func ask() async throws {
        for start in stride(from: 0, to: connections.count, by: Self.atOnce) {
            try await Self.ask(connections[start...].prefix(Self.atOnce))
        }
    }

    private static func ask(_ connections: ArraySlice<Connection>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in connections {
                group.addTask {
                    _ = try await DiagnosticsClient(connection).echo(EchoRequest(payload: [7]))
                }
            }
            try await group.waitForAll()
        }
    }

    package func close() { for connection in connections { connection.close() } }
}
