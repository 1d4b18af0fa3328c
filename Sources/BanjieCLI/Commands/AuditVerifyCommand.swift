import Store
import StoreSQLite

/// `banjie audit verify`: recomputes the audit chain from a store's file, without a server.
enum AuditVerifyCommand {
    static let verify = Command(
        "verify",
        Text(
            "Recomputes the audit chain of a store's file; needs no server.",
            "重算存储文件中的审计哈希链；无需服务器。"
        ),
        options: [
            CommandOption(
                "store",
                .path,
                Text("the store's file", "存储文件"),
                isRequired: true
            ),
            CommandOption(
                "head",
                .auditHead,
                Text(
                    "what audit head printed before: finds a tail that was cut off",
                    "此前 audit head 的输出：可发现被截断的末尾"
                )
            ),
            .json,
        ],
        examples: ["banjie audit verify --store banjie-data/banjie.sqlite"],
        run: { invocation throws(CommandFailure) in
            let path = invocation.values.required("store", .path)
            let verdict: AuditVerdict
            do throws(StoreError) {
                verdict = try AuditVerification.verify(
                    path: path,
                    expectedHead: invocation.values.value("head", .auditHead)
                )
            } catch {
                throw .store(path, error)
            }
            switch verdict {
            case .intact(let head):
                report(head, to: invocation)
                return .success
            case .broken(let damage):
                throw .brokenAuditLog(path, damage)
            }
        }
    )

    private static func report(_ head: AuditHead, to invocation: Invocation) {
        let console = invocation.console
        if invocation.wantsJSON {
            console.writeLine("{\"intact\":true,\"head\":\"\(head)\"}")
            return
        }
        console.writeLine(
            console.language.text(
                "the audit log is intact: \(head.sequence) entries, head \(head)",
                "审计日志完好：共 \(head.sequence) 条，末端 \(head)"
            )
        )
    }
}

extension ValueForm where Value == AuditHead {
    fileprivate static var auditHead: ValueForm {
        ValueForm(
            Text("SEQUENCE:HASH", "序号:哈希"),
            expected: Text("a head as audit head prints it", "audit head 所输出的末端")
        ) { AuditHead($0) }
    }
}
