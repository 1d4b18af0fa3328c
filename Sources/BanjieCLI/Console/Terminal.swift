import Dispatch
import Foundation
import Synchronization

/// A terminal taken over for a picture that changes in place: its own screen, without cursor and echo, given
/// back as it was by `close`.
final class Terminal: Sendable {
    enum Event: Sendable {
        /// Somebody pressed q, or asked the program to end.
        case quit
        case resized
    }

    let events: AsyncStream<Event>
    private let former: termios
    private let signals: Mutex<[any DispatchSourceSignal]>

    /// Takes over the terminal of the standard streams; nil when they aren't one.
    static func open() -> Terminal? {
        var settings = termios()
        guard isatty(STDOUT_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 else {
            return nil
        }
        return Terminal(settings)
    }

    private init(_ former: termios) {
        self.former = former
        let (events, told) = AsyncStream.makeStream(of: Event.self)
        self.events = events
        var settings = former
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        // Alternate screen, no cursor, no line wrapping (xterm's private modes).
        Self.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
        signals = Mutex(
            [SIGINT, SIGTERM, SIGHUP, SIGWINCH].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { told.yield(number == SIGWINCH ? .resized : .quit) }
                source.resume()
                return source
            }
        )
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) == 1 {
                if byte == UInt8(ascii: "q") || byte == UInt8(ascii: "Q") { break }
            }
            told.yield(.quit)
        }
    }

    /// How many lines it shows.
    var rows: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }

    /// Puts these lines in the place of those that are shown, as many as fit.
    func draw(_ lines: [String]) {
        // Each line clears what was behind it, so that nothing flickers.
        let shown = lines.prefix(rows).map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
        Self.write("\u{1B}[H" + shown + "\u{1B}[J")
    }

    /// Gives the terminal back.
    func close() {
        Self.write("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        var settings = former
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        signals.withLock { for source in $0 { source.cancel() } }
    }

    private static func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
