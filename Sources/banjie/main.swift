import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())
let console = Console.process
switch arguments.first {
case "calendar":
    exit(CalendarCommand.run(arguments: Array(arguments.dropFirst()), console: console))
default:
    console.writeError(console.language.text("usage: banjie calendar …", "用法：banjie calendar …"))
    exit(ExitStatus.usage)
}
