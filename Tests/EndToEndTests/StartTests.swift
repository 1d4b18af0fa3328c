import LocalServer
import Testing

/// How the server starts, end to end.
@Suite(.serialized) struct StartTests {
}
