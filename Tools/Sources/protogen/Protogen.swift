import Foundation
import ProtoGen

/// The schema compiler's command line; run in the root of the package.
@main
enum Protogen {
    static let usage = """
        usage: protogen generate [--check]   writes what is generated from Protocol/*.wire
               protogen check                compares the schema with the accepted baseline
               protogen accept               makes the schema the accepted baseline

        """

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            switch arguments {
            case ["generate"]: try generate()
            case ["generate", "--check"]: try checkGenerated()
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
        let files = try Generator.files(for: SchemaLoader.load(directory: "Protocol"))
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
        let files = try Generator.files(for: SchemaLoader.load(directory: "Protocol"))
        let differing =
            files.filter { current($0.path) != $0.content }.map(\.path) + stale(besides: files)
        guard !differing.isEmpty else { return }
        complain(differing.map { "\($0): not what the schema generates\n" }.joined())
        complain("run `Tools/protogen generate` and commit what it writes\n")
        exit(1)
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
