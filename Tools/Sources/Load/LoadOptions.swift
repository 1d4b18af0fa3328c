import Foundation

/// What was asked for on the command line.
package struct LoadOptions: Sendable {
    package var load = WorkloadName.echo
    /// The server to load; one of its own when nil.
    package var server: String?
    package var banjied: String?
    package var realm = "banjie"
    package var login: String?
    package var secretFile: String?
    package var authorities: String?
    package var connections = 8
    package var threads = 1
    package var payload = 64
    package var watchers = 100
    package var daemons = 2
    package var timers = 1_000_000
    package var instants = WheelLoad.Instants.year
    package var processes = 1
    /// Whether a server of its own is under TLS.
    package var hasTLS = false
    /// Whether it is one of several processes, and tells the others' parent all that it saw.
    package var isPart = false
    package var plan = LoadPlan()
    package var json: String?
    package var html: String?
    package var compare: String?
    package var isQuiet = false

    package static let usage = """
        usage: Tools/load LOAD [options]

        loads
        \(WorkloadName.allCases.map { "  \($0.rawValue.padding(toLength: 13, withPad: " ", startingAt: 0))\($0.summary)" }.joined(separator: "\n"))

        the server: one of its own with an empty store, unless another is named
          --server ADDRESS     host:port, unix:/path, or tls:host:port
          --realm NAME         its installation (banjie)
          --login NAME         who signs in there; cases needs an operator
          --secret-file FILE   with that one's secret
          --ca FILE            the authorities of tls:

        the load
          --connections N      1…10000 (8)
          --in-flight N        calls at a time on each, 1…10000 (64)
          --rate N             an open loop: N calls a second, whatever the server does
          --seconds N          how long is counted (10)
          --count N            so many calls instead, all of them counted
          --warm-up N          seconds before the counting begins (1)
          --payload N          bytes of an echo, 0…1048576 (64)
          --watchers N         those of watch, 1…10000 (100)
          --daemons N          those of joint, shared by two departments, 2…200 (2)
          --timers N           those of wheel, 1…100000000 (1000000)
          --instants year|two  when they are due: any second of a year, or two instants a day (year)
          --processes N        that share the connections, 1…64 (1)
          --tls                its own server is under TLS
          --timeout N          milliseconds for a call (20000)
          --threads N          threads of this program that keep connections (1)

        the results
          --json FILE          the figures for programs; - for standard output
          --html FILE          a page with plots
          --compare FILE       beside those of an earlier --json
          --quiet              no line while it runs

        In an open loop a call's time counts from the moment at which it was to begin, so that a server that
        stalls is seen to do so. Exit code 1: a call failed.

        """

    package init(_ arguments: some Collection<String>) throws(LoadError) {
        var rest = Array(arguments)[...]
        guard let name = rest.popFirst(), let load = WorkloadName(rawValue: name) else {
            throw LoadError(Self.usage)
        }
        self.load = load
        while let option = rest.popFirst() {
            switch option {
            case "--quiet":
                isQuiet = true
                continue
            case "--tls":
                hasTLS = true
                continue
            case "--part":
                isPart = true
                continue
            default: break
            }
            guard let value = rest.popFirst() else {
                throw LoadError("\(option) isn't an option, or wants a value\n\(Self.usage)")
            }
            switch option {
            case "--server": server = value
            case "--banjied": banjied = value
            case "--realm": realm = value
            case "--login": login = value
            case "--secret-file": secretFile = value
            case "--ca": authorities = value
            case "--connections": connections = try Self.number(option, value, 1...10_000)
            case "--in-flight":
                plan.callersPerConnection = try Self.number(option, value, 1...10_000)
            case "--rate":
                plan.pace = .rate(Double(try Self.number(option, value, 1...100_000_000)))
            case "--seconds":
                plan.extent = .seconds(Double(try Self.number(option, value, 1...86_400)))
            case "--count":
                plan.extent = .calls(UInt64(try Self.number(option, value, 1...1_000_000_000_000)))
            case "--warm-up":
                plan.warmUpSeconds = Double(try Self.number(option, value, 0...3600))
            case "--payload": payload = try Self.number(option, value, 0...1_048_576)
            case "--daemons": daemons = try Self.number(option, value, 2...200)
            case "--timers": timers = try Self.number(option, value, 1...100_000_000)
            case "--processes": processes = try Self.number(option, value, 1...64)
            case "--instants":
                guard let known = WheelLoad.Instants(rawValue: value) else {
                    throw LoadError("--instants takes year or two, not \(value)")
                }
                instants = known
            case "--watchers": watchers = try Self.number(option, value, 1...10_000)
            case "--timeout":
                plan.timeoutMillis = UInt32(try Self.number(option, value, 1...600_000))
            case "--threads": threads = try Self.number(option, value, 1...64)
            case "--json": json = value
            case "--html": html = value
            case "--compare": compare = value
            default: throw LoadError("\(option) isn't an option\n\(Self.usage)")
            }
        }
        guard processes <= connections else {
            throw LoadError("--processes share the connections, and there are \(connections)")
        }
        guard connections * plan.callersPerConnection <= 1_000_000 else {
            throw LoadError("--connections times --in-flight is more than 1000000")
        }
    }

    /// The arguments of one of several processes that share this load, but for where the server is.
    package func part(_ number: Int, of count: Int) -> [String] {
        // As many for each, and the rest for the first ones.
        let share = { (whole: Int) in whole / count + (number < whole % count ? 1 : 0) }
        var arguments = [
            load.rawValue, "--part", "--quiet", "--connections", "\(share(connections))",
            "--in-flight",
            "\(plan.callersPerConnection)", "--payload", "\(payload)", "--timeout",
            "\(plan.timeoutMillis)", "--threads", "\(threads)", "--watchers", "\(watchers)",
            "--daemons", "\(daemons)", "--warm-up", "\(Int(plan.warmUpSeconds))",
        ]
        if case .rate(let rate) = plan.pace { arguments += ["--rate", "\(share(Int(rate)))"] }
        switch plan.extent {
        case .seconds(let seconds): arguments += ["--seconds", "\(Int(seconds))"]
        case .calls(let calls): arguments += ["--count", "\(share(Int(clamping: calls)))"]
        }
        return arguments
    }

    private static func number(
        _ option: String,
        _ text: String,
        _ range: ClosedRange<Int>
    ) throws(LoadError) -> Int {
        guard let value = Int(text), range.contains(value) else {
            throw LoadError(
                "\(option) takes a number from \(range.lowerBound) to \(range.upperBound), "
                    + "not \(text)"
            )
        }
        return value
    }
}
