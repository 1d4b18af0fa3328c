import Foundation

let arguments = Array(CommandLine.arguments.dropFirst())

func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(2)
}

switch arguments.first {
case "wheel":
    guard arguments.count == 3, let instants = WheelBench.Instants(rawValue: arguments[1]),
        let count = Int(arguments[2]), (1...100_000_000).contains(count)
    else { fail("usage: banjie-bench wheel year|two COUNT") }
    WheelBench(instants: instants, count: count).run()
default:
    fail("usage: banjie-bench wheel year|two COUNT")
}
