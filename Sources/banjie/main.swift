import BanjieCLI
import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())
exit(await CommandLineProgram.run(arguments, .process).rawValue)
