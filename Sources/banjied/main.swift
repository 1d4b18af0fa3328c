import BanjieServer
import Foundation

exit(Daemon.main(arguments: Array(CommandLine.arguments.dropFirst())))
