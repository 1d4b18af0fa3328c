import City
import Foundation

/// `city --seed N --out DIR [--departments N] [--items N] [--people N] [--applicants N]`: writes a sample city.
@main
struct CityFilesTool {
    static func main() throws {
        var size = City.Size()
        var seed: UInt64?
        var folder: String?
        var rest = CommandLine.arguments.dropFirst()
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { refuse("\(option) lacks a value") }
            if option == "--out" {
                folder = value
                continue
            }
            guard let number = UInt64(value), option == "--seed" || (1...100_000).contains(number)
            else { refuse("\(option) takes a number, not \(value)") }
            switch option {
            case "--seed": seed = number
            case "--departments": size = size.with(departments: Int(number))
            case "--items": size.items = Int(number)
            case "--people": size.staff = Int(number)
            case "--applicants": size.applicants = Int(number)
            default: refuse("there is no option \(option)")
            }
        }
        guard let seed, let folder else { refuse("--seed and --out are needed") }
        let place = URL(filePath: folder)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for file in City(seed: seed, size: size).files {
            try Data(file.content.utf8).write(to: place.appending(path: file.name))
            print(place.appending(path: file.name).path)
        }
    }

    private static func refuse(_ sentence: String) -> Never {
        let usage =
            "usage: Tools/city --seed N --out DIR [--departments N] [--items N] [--people N] "
            + "[--applicants N]"
        FileHandle.standardError.write(Data("city: \(sentence); \(usage)\n".utf8))
        exit(64)
    }
}
