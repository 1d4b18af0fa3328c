internal import Glibc

/// What the system says of this process, under the names that Prometheus' client libraries share.
package enum ProcessFigures {
    package static func add(to registry: MetricRegistry) {
        registry.addGauge(
            "process_start_time_seconds",
            "Start time of the process since the Unix epoch in seconds."
        ) { startTime() }
        registry.addGauge(
            "process_resident_memory_bytes",
            "Resident memory size in bytes."
        ) { field(ofStatus: Field.residentPages).map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) } }
        registry.addGauge(
            "process_virtual_memory_bytes",
            "Virtual memory size in bytes."
        ) { field(ofStatus: Field.virtualBytes) }
        registry.addGauge("process_open_fds", "Number of open file descriptors.") {
            openDescriptors()
        }
        registry.addGauge("process_max_fds", "Maximum number of open file descriptors.") {
            descriptorsMax()
        }
        registry.add(
            MetricFamily(
                "process_cpu_seconds_total",
                .counter,
                "Total user and system CPU time spent in seconds."
            ) { samples in
                if let seconds = processorSeconds(of: getpid()) { samples.add(seconds) }
            }
        )
    }

    /// The CPU time that a process has taken since it was started, in the kernel too; nil when there is none
    /// of that number.
    package static func processorSeconds(of process: Int32) -> Double? {
        guard let user = field(ofStatus: Field.userTicks, of: "\(process)"),
            let system = field(ofStatus: Field.systemTicks, of: "\(process)")
        else { return nil }
        return (user + system) / ticksPerSecond
    }

    /// The memory that a process has of its own and shares, as it lies there; nil when there is none of that
    /// number.
    package static func residentBytes(of process: Int32) -> Double? {
        field(ofStatus: Field.residentPages, of: "\(process)").map {
            $0 * Double(sysconf(Int32(_SC_PAGESIZE)))
        }
    }

    /// Fields of /proc/PID/stat, counted from 0 after the program's name (proc(5)).
    private enum Field {
        static let userTicks = 11
        static let systemTicks = 12
        static let startTicks = 19
        static let virtualBytes = 20
        static let residentPages = 21
    }

    private static var ticksPerSecond: Double { Double(sysconf(Int32(_SC_CLK_TCK))) }

    private static func field(ofStatus index: Int, of process: String = "self") -> Double? {
        // The program's name stands in parentheses and may hold anything.
        guard let text = read("/proc/\(process)/stat"), let name = text.lastIndex(of: ")") else {
            return nil
        }
        let fields = text[text.index(after: name)...].split(separator: " ")
        return fields.indices.contains(index) ? Double(fields[index]) : nil
    }

    private static func startTime() -> Double? {
        guard let ticks = field(ofStatus: Field.startTicks),
            let line = read("/proc/stat")?.split(separator: "\n")
                .first(where: { $0.hasPrefix("btime ") }),
            let boot = Double(line.dropFirst("btime ".count))
        else { return nil }
        return boot + ticks / ticksPerSecond
    }

    private static func openDescriptors() -> Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
        }
        // One of them is the folder itself.
        return Double(count - 1)
    }

    private static func descriptorsMax() -> Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return nil
        }
        return Double(limit.rlim_cur)
    }

    /// A file of the system's, whose size isn't known before it is read.
    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = part.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            guard count >= 0 else { return nil }
            guard count > 0 else { return String(decoding: content, as: UTF8.self) }
            content.append(contentsOf: part[..<count])
        }
    }
}
