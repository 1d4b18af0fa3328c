import Foundation
import FuzzTargets

#if FUZZING

    /// The target that the environment names; libFuzzer has the command line to itself.
    private let target: FuzzTarget = {
        let name = ProcessInfo.processInfo.environment["BANJIE_FUZZ_TARGET"] ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            fatalError("BANJIE_FUZZ_TARGET names no target: \(name)")
        }
        return target
    }()

    /// What libFuzzer calls with one input after the other.
    @_cdecl("LLVMFuzzerTestOneInput")
    public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
        target.run(UnsafeRawBufferPointer(start: data, count: size))
        return 0
    }

#else

    /// Runs a target on the inputs in files, without libFuzzer: to look into what it has found.
    @main
    enum BanjieFuzz {
        static func main() {
            let arguments = Array(CommandLine.arguments.dropFirst())
            guard let name = arguments.first, let target = FuzzTarget(rawValue: name) else {
                let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " | ")
                print("usage: banjie-fuzz \(names) FILE…")
                exit(64)
            }
            for path in arguments.dropFirst() {
                guard let bytes = FileManager.default.contents(atPath: path) else {
                    print("\(path): can't be read")
                    exit(66)
                }
                print(path)
                bytes.withUnsafeBytes { target.run($0) }
            }
        }
    }

#endif
