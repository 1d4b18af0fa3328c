import BanjieJoint
import Foundation

exit(await JointProgram.main(arguments: Array(CommandLine.arguments.dropFirst())))
