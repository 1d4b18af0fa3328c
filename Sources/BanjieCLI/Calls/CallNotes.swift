import BanjieClient
import BanjieProtocol
import Wire

/// Says on the standard error what becomes of each call, for `--verbose`.
struct CallNotes: ClientInterceptor {
    let console: Console

    func before(_ call: inout ClientCall) {
        guard let trace = call.options.traceContext?.traceID else { return }
        console.writeError(console.language.text("trace \(trace)", "链路 \(trace)"))
    }

    func after(_ call: ClientCall, _ ending: ClientCallEnding) {
        let microseconds = ending.duration / .microseconds(1)
        let tenths = Int((microseconds / 100).rounded())
        console.writeError(
            "\(call.method.fullName) \(ending.status.name) \(tenths / 10).\(tenths % 10) ms"
        )
    }
}
