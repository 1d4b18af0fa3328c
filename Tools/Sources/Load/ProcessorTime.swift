import Foundation
import Glibc

/// What the system says of the CPU time of a process.
package enum ProcessorTime {
    /// What a process has taken since it was started, in the kernel too, in seconds; nil when there is none
    /// of that number.
    package static func seconds(of process: Int32) -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            // The program's name may hold anything but stands in parentheses; see proc_pid_stat(5).
            let name = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12])
        else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
