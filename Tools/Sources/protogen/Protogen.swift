import Foundation
import ProtoGen

/// The schema compiler's command line; run in the root of the package.
@main
enum Protogen {
    static let usage = """
        usage: protogen generate [--check]   writes what is generated from Protocol/*.wire
               protogen check                compares the schema with the accepted baseline
               protogen accept [--breaking]  makes the schema the accepted baseline

        """

    private static let baseline = "Protocol/baseline"

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            switch arguments {
            case ["generate"]: try generate()
            case ["generate", "--check"]: try checkGenerated()
            case ["check"]: if try !keepsBaseline() { exit(1) }
            case ["accept"]:
                if try !keepsBaseline() {
                    complain("nothing was accepted; `--breaking` accepts it all the same\n")
                    exit(1)
                }
                try accept()
            case ["accept", "--breaking"]: try accept()
            default:
                complain(usage)
                exit(2)
            }
        } catch SchemaLoader.Failure.unsound(let errors) {
            complain(errors.map { "Protocol/\($0)\n" }.joined())
            exit(1)
        } catch {
            complain("protogen: \(error)\n")
            exit(1)
        }
    }

    private static func generate() throws {
        let files = Generator.files(for: try SchemaLoader.load(directory: "Protocol"))
        for file in files where current(file.path) != file.content {
            let directory = URL(fileURLWithPath: file.path).deletingLastPathComponent()
            try FileManager.default.createDirectory(
                at: directory,
                withIntermediateDirectories: true
            )
            try file.content.write(toFile: file.path, atomically: true, encoding: .utf8)
            print("wrote \(file.path)")
        }
        for path in stale(besides: files) {
            try FileManager.default.removeItem(atPath: path)
            print("removed \(path)")
        }
    }

    private static func checkGenerated() throws {
        let files = Generator.files(for: try SchemaLoader.load(directory: "Protocol"))
        let differing =
            files.filter { current($0.path) != $0.content }.map(\.path) + stale(besides: files)
        guard !differing.isEmpty else { return }
        complain(differing.map { "\($0): not what the schema generates\n" }.joined())
        complain("run `Tools/protogen generate` and commit what it writes\n")
        exit(1)
    }

    /// Whether programs built with the baseline still work; complains where not.
    private static func keepsBaseline() throws -> Bool {
        let schema = try SchemaLoader.load(directory: "Protocol")
        guard FileManager.default.fileExists(atPath: baseline) else {
            complain("\(baseline): no baseline yet; `Tools/protogen accept --breaking` makes it\n")
            return false
        }
        let breaks = Evolution.breaks(
            from: try SchemaLoader.load(directory: baseline),
            to: schema
        )
        complain(breaks.map { "Protocol/\($0)\n" }.joined())
        return breaks.isEmpty
    }

    private static func accept() throws {
        _ = try SchemaLoader.load(directory: "Protocol")
        let files = FileManager.default
        if files.fileExists(atPath: baseline) { try files.removeItem(atPath: baseline) }
        try files.createDirectory(atPath: baseline, withIntermediateDirectories: true)
        for (file, text) in try SchemaLoader.texts(in: "Protocol") {
            try text.write(toFile: "\(baseline)/\(file)", atomically: true, encoding: .utf8)
        }
        print("accepted Protocol/*.wire as \(baseline)")
    }

    private static func current(_ path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }

    /// Files in the generated directories that nothing generates any longer.
    private static func stale(besides files: [GeneratedFile]) -> [String] {
        let expected = Set(files.map(\.path))
        return [Generator.swiftDirectory, Generator.protoDirectory].flatMap { directory in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            return names.map { "\(directory)/\($0)" }
        }
        .filter { !expected.contains($0) }
        .sorted()
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
