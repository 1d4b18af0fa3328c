import Store

/// `banjie audit verify`: walks through the audit log in a store's file, without a server.
enum AuditVerifyCommand {
    static let command = Command(
        "verify",
        Text(
            "Checks the audit log in a store's file, without a server.",
            "检查存储文件中的审计日志，无须服务器。"
        ),
        notes: Text(
            "Without --head, a tail that was cut off, or a log that was written anew as a whole, can't "
                + "be told from an intact one: give a head that banjie audit head printed before. A "
                + "running server isn't disturbed. Exits with 65 when the log isn't intact.",
            "不给 --head 时，无法查出末尾被截断或整体改写的日志：请给出此前 banjie audit head 的输出。"
                + "不影响运行中的服务器。日志有损时退出码为 65。"
        ),
        options: [
            .store,
            CommandOption(
                "head",
                .auditHead,
                Text("a head that was printed before", "此前输出的审计链末端")
            ),
            .json,
        ],
        examples: ["banjie audit verify --store banjie-data/banjie.sqlite --head \"$(cat head)\""],
        run: { invocation throws(CommandFailure) in
            let path = invocation.values.required("store", .path)
            let expected = invocation.values.value("head", .auditHead)
            let verdict: AuditVerdict
            do throws(StoreError) {
                verdict = try invocation.console.verifyAudit(path, expected)
            } catch {
                throw .store(error)
            }
            if invocation.wantsJSON {
                invocation.console.writeLine(verdict.json(in: invocation.language).serialized)
            } else {
                var page = Page(language: invocation.language, style: invocation.style)
                page.show(verdict, isAnchored: expected != nil)
                invocation.console.write(Array(page.text.utf8))
            }
            return verdict.isIntact ? .success : .dataError
        }
    )
}

/// The head of a store's audit log; where messages are at hand, `AuditHead` is theirs.
typealias StoredAuditHead = AuditHead

extension ValueForm where Value == AuditHead {
    /// `SEQUENCE:HASH`.
    static var auditHead: ValueForm {
        ValueForm(
            Text("NUMBER:HASH", "序号:哈希"),
            expected: Text(
                "NUMBER:HASH as banjie audit head prints it",
                "序号:哈希，即 banjie audit head 的输出"
            )
        ) { AuditHead($0) }
    }
}

extension Page {
    fileprivate mutating func show(_ verdict: AuditVerdict, isAnchored: Bool) {
        switch verdict {
        case .broken(let damage):
            line(damage.text(in: language), .red)
            line(
                language.text(
                    "keep the file as it is, and compare it with a backup and the heads kept "
                        + "elsewhere",
                    "请保留原文件，并与备份及另存的末端核对"
                )
            )
        case .intact(let head):
            line(
                language.text(
                    "intact: \(head.sequence) entries, head \(head)",
                    "完好：共 \(head.sequence) 条，末端 \(head)"
                ),
                .green
            )
            guard !isAnchored else { return }
            line(
                language.text(
                    "that nothing was cut off its end is known only with --head",
                    "末尾是否被截断，须给出 --head 方可判断"
                ),
                .faint
            )
        }
    }
}

extension AuditVerdict {
    fileprivate var isIntact: Bool {
        if case .intact = self { true } else { false }
    }

    fileprivate func json(in language: Language) -> JSON {
        switch self {
        case .intact(let head):
            .object([
                .init(key: "intact", value: .boolean(true)),
                .init(key: "sequence", value: .number(String(head.sequence))),
                .init(key: "head", value: .string(head.description)),
            ])
        case .broken(let damage):
            .object([
                .init(key: "intact", value: .boolean(false)),
                .init(key: "damage", value: .string(damage.code)),
                .init(key: "message", value: .string(damage.text(in: language))),
            ])
        }
    }
}

extension AuditDamage {
    /// A stable name.
    fileprivate var code: String {
        switch self {
        case .changed: "CHANGED"
        case .missing: "MISSING"
        case .reordered: "REORDERED"
        case .cut: "CUT"
        case .rewritten: "REWRITTEN"
        case .unreadable: "UNREADABLE"
        }
    }

    /// What is wrong with the log, and where.
    func text(in language: Language) -> String {
        switch language {
        case .english: return description
        case .chinese: break
        }
        switch self {
        case .changed(let sequence): return "第 \(sequence) 条审计条目写入后被更改"
        case .missing(let sequence): return "缺少第 \(sequence) 条审计条目"
        case .reordered(let sequence, let expected):
            return "第 \(expected) 条的位置上是第 \(sequence) 条审计条目"
        case .cut(let last, let expected):
            return "审计日志止于第 \(last) 条，而此前已有第 \(expected) 条：末尾被截断"
        case .rewritten(let sequence):
            return "第 \(sequence) 条审计条目与所给末端不符：日志在此处或之前被改写"
        case .unreadable(let last, let reason):
            return "第 \(last) 条之后的审计日志无法读取：\(reason)"
        }
    }
}

extension StoreError {
    var exitStatus: ExitStatus {
        switch self {
        case .busy: .tryAgain
        case .corrupt, .schema: .dataError
        case .notWritable, .failed: .notFound
        }
    }

    /// What the store's library, or the file itself, says.
    var reason: String {
        switch self {
        case .notWritable(let reason), .busy(let reason), .corrupt(let reason),
            .schema(let reason), .failed(let reason):
            reason
        }
    }
}
