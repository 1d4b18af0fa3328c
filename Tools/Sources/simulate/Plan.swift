import Simulation

struct UsageError: Error {
    let message: String
}

/// What is run, as the command line says.
struct Plan {
    private(set) var firstSeed: UInt64
    private(set) var seedCount: UInt64 = 1
    /// How many steps of chance a seed has before all come to rest.
    private(set) var steps = 20_000
    private(set) var fault: PlantedFault?
    private(set) var tracesAll = false
    /// Whether a city's offices are run, not a network.
    private(set) var isCity = false
    /// On how many days matters arrive in a city, and how many on a working day.
    private(set) var days = 365
    private(set) var mattersADay = 40

    init(_ arguments: some Sequence<String>) throws(UsageError) {
        firstSeed = .random(in: 0...UInt64(UInt32.max))
        var rest = Array(arguments)[...]
        while let option = rest.popFirst() {
            switch option {
            case "--trace": tracesAll = true
            case "--city": isCity = true
            case "--days": days = Int(try Self.number(option, rest.popFirst(), in: 1...3650))
            case "--matters":
                mattersADay = Int(try Self.number(option, rest.popFirst(), in: 1...10_000))
            case "--seed": firstSeed = try Self.number(option, rest.popFirst(), in: 0...UInt64.max)
            case "--seeds":
                seedCount = try Self.number(option, rest.popFirst(), in: 1...1_000_000_000)
            case "--steps":
                steps = Int(try Self.number(option, rest.popFirst(), in: 1...1_000_000_000))
            case "--fault":
                guard let found = rest.popFirst().flatMap(PlantedFault.init) else {
                    let names = PlantedFault.allCases.map(\.rawValue).joined(separator: ", ")
                    throw UsageError(message: "--fault takes one of \(names)")
                }
                fault = found
            default:
                throw UsageError(
                    message: "unknown option \(option); usage: Tools/simulate [--seed N] "
                        + "[--seeds COUNT] [--trace] [--steps N] [--fault NAME], "
                        + "or --city [--days N] [--matters N]"
                )
            }
        }
    }

    private static func number(
        _ option: String,
        _ text: String?,
        in range: ClosedRange<UInt64>
    ) throws(UsageError) -> UInt64 {
        guard let number = text.flatMap({ UInt64($0) }), range.contains(number) else {
            throw UsageError(
                message: "\(option) takes a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// The command line that runs one seed again, and shows all that happens.
    func replay(of seed: UInt64) -> String {
        if isCity {
            return
                "Tools/simulate --city --seed \(seed) --days \(days) --matters \(mattersADay) --trace"
        }
        let planted = fault.map { " --fault \($0.rawValue)" } ?? ""
        return "Tools/simulate --seed \(seed) --steps \(steps)\(planted) --trace"
    }
}
