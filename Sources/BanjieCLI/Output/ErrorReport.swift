import BanjieClient
import BanjieProtocol
import Store
import Wire

/// A failure as a person reads it: what was wrong, where, and what to do.
struct ErrorReport {
    let failure: CommandFailure
    /// The words that named the command.
    let path: [String]
    let language: Language

    /// What was wrong, in one sentence.
    var sentence: String {
        switch failure {
        case .usage(let error): error.text(in: language)
        case .call(let error, _): ReasonTexts.sentence(for: error, in: language)
        case .undecodableReply(let method, let problem):
            language.text(
                "the reply of \(method) doesn't decode: \(problem)",
                "\(method) 的应答无法解码：\(problem)"
            )
        case .request(let method, let error):
            language.text(
                "this isn't a request of \(method): \(error)",
                "不是 \(method) 的请求：\(error)"
            )
        case .file(let error), .lostSecret(let error): error.text(in: language)
        case .secretFile(let path):
            language.text("\(path) has no secret in its first line", "\(path) 的首行没有口令")
        case .calendarFile(let path, let error):
            language.text("\(path): ", "\(path)：") + error.text(in: language)
        case .limit(let error): error.text(in: language)
        case .store(let error):
            language.text(
                "a store can't be read or written: \(error.reason)",
                "无法读写存储：\(error.reason)"
            )
        case .noClock(let clock, let serial):
            language.text(
                "case \(serial) has no clock \(clock)",
                "办件 \(serial) 没有时钟 \(clock)"
            )
        }
    }

    /// What to do; nil when the sentence says all.
    var advice: String? {
        switch failure {
        case .usage(let error):
            [
                error.advice(in: language),
                language.text(
                    "see banjie \((path + ["--help"]).joined(separator: " "))",
                    "用法见 banjie \((path + ["--help"]).joined(separator: " "))"
                ),
            ].compactMap(\.self).joined(separator: language.text("; ", "；"))
        case .call(let error, let requestID):
            ReasonTexts.advice(for: error, requestID: requestID, in: language)
        case .undecodableReply:
            language.text(
                "use a banjie of the server's version (see banjie status)",
                "请使用与服务器同版本的 banjie（见 banjie status）"
            )
        case .request(let method, _):
            language.text(
                "see banjie describe \(method)",
                "见 banjie describe \(method)"
            )
        case .noClock:
            language.text("see banjie case show", "见 banjie case show")
        case .lostSecret:
            language.text(
                "the earlier secret is void: issue another, to a file that can be made",
                "旧口令已作废：请改用可写入的文件，重新发放"
            )
        case .store(.busy): language.text("try again in a moment", "请稍后重试")
        case .store:
            language.text(
                "name the file banjie.sqlite in the server's data folder with --store",
                "请用 --store 指明服务器数据目录中的 banjie.sqlite"
            )
        case .file, .secretFile, .calendarFile, .limit: nil
        }
    }

    /// Lines for the standard error.
    var text: String {
        var lines = ["\((["banjie"] + path).joined(separator: " ")): \(sentence)"]
        if case .call(let error, let requestID) = failure {
            lines.append(entry(Text("reason", "原因"), "\(error.status.name)/\(error.reason)"))
            if let field = error.field, !field.isEmpty {
                lines.append(entry(Text("field", "字段"), field))
            }
            if let requestID, error.outcome == .unknown {
                lines.append(
                    entry(Text("request id", "请求编号"), RequestID.text(of: requestID))
                )
            }
        }
        if let advice { lines.append(entry(Text("what to do", "处理办法"), advice)) }
        return lines.map(Page.printable).joined(separator: "\n")
    }

    private func entry(_ name: Text, _ value: String) -> String {
        "  \(language.text(name))\(language.text(": ", "："))\(value)"
    }

    /// One line of JSON for the standard error.
    var json: String {
        var members = [JSON.Member(key: "message", value: .string(sentence))]
        if let advice { members.append(.init(key: "advice", value: .string(advice))) }
        switch failure {
        case .call(let error, let requestID):
            members.insert(.init(key: "status", value: .string(error.status.name)), at: 0)
            members.insert(.init(key: "reason", value: .string(error.reason)), at: 1)
            members += Self.particulars(of: error)
            if let requestID {
                let id = JSON.string(RequestID.text(of: requestID))
                members.append(.init(key: "request_id", value: id))
            }
        case .usage:
            members.insert(.init(key: "reason", value: .string("USAGE")), at: 0)
        case .undecodableReply:
            members.insert(.init(key: "reason", value: .string("UNDECODABLE_REPLY")), at: 0)
        case .request, .secretFile, .calendarFile, .limit:
            members.insert(.init(key: "reason", value: .string("BAD_DATA")), at: 0)
        case .store:
            members.insert(.init(key: "reason", value: .string("STORE")), at: 0)
        case .file, .lostSecret:
            members.insert(.init(key: "reason", value: .string("FILE")), at: 0)
        case .noClock:
            members.insert(.init(key: "reason", value: .string("NO_SUCH_CLOCK")), at: 0)
        }
        let exit = JSON.number(String(failure.exitStatus.rawValue))
        members.append(.init(key: "exit_status", value: exit))
        return JSON.object([.init(key: "error", value: .object(members))]).serialized
    }

    private static func particulars(of error: CallError) -> [JSON.Member] {
        var members: [JSON.Member] = []
        if let field = error.field, !field.isEmpty {
            members.append(.init(key: "field", value: .string(field)))
        }
        if !error.details.isEmpty {
            let details = error.details.map { detail in
                JSON.Member(key: detail.key, value: .string(detail.value))
            }
            members.append(.init(key: "details", value: .object(details)))
        }
        members.append(.init(key: "outcome", value: .string("\(error.outcome)")))
        members.append(.init(key: "origin", value: .string("\(error.origin)")))
        if let wait = error.retryAfterMillis {
            members.append(.init(key: "retry_after_ms", value: .number(String(wait))))
        }
        return members
    }
}
