import Store
import StoreSQLite

/// `banjie backup` and `banjie restore`: copies of a store's file, without a call to its server.
enum BackupCommands {
    private static let manifestNote = Text(
        "The manifest beside the file says what it must be. The keys of sealed values are in neither: keep "
            + "the key file elsewhere.",
        "文件旁的清单记载其应有的内容。封存数据的密钥不在其中：密钥文件须另行保管。"
    )

    static let backup = Command(
        "backup",
        Text(
            "Copies a store while its server runs, and checks the copy.",
            "在服务器运行时备份存储，并校验备份。"
        ),
        notes: Text(
            "The copy holds everything that was answered before it began; commits go on meanwhile. "
                + manifestNote.english,
            "备份包含开始之前已答复的一切，期间照常提交。" + manifestNote.chinese
        ),
        operands: [
            CommandOperand("FILE", .path, Text("the copy, a new file", "备份文件，须为新文件"))
        ],
        options: [.store, .json],
        examples: ["banjie backup /backup/banjie-2026-03-02 --store banjie-data/banjie.sqlite"],
        run: { invocation throws(CommandFailure) in
            let store = invocation.values.required("store", .path)
            let file = invocation.values.required("FILE", .path)
            try show(invocation) { () throws(StoreError) in
                try invocation.console.takeBackup(store, file)
            }
            return .success
        }
    )

    static let restore = Command(
        "restore",
        Text(
            "Puts a backup in the place of a store that is lost.",
            "以备份恢复丢失的存储。"
        ),
        notes: Text(
            "Refuses a folder that has a store, or whose server runs, and a file that isn't what its "
                + "manifest says. " + manifestNote.english,
            "目标已有存储、服务器正在运行，或文件与清单不符时拒绝。" + manifestNote.chinese
        ),
        operands: [
            CommandOperand("FILE", .path, Text("the copy, with its manifest", "备份文件，清单在其旁"))
        ],
        options: [.store, .json],
        examples: ["banjie restore /backup/banjie-2026-03-02 --store banjie-data/banjie.sqlite"],
        run: { invocation throws(CommandFailure) in
            let store = invocation.values.required("store", .path)
            let file = invocation.values.required("FILE", .path)
            try show(invocation) { () throws(StoreError) in
                try invocation.console.restoreBackup(file, store)
            }
            return .success
        }
    )

    private static func show(
        _ invocation: Invocation,
        _ work: () throws(StoreError) -> BackupManifest
    ) throws(CommandFailure) {
        let manifest: BackupManifest
        do throws(StoreError) {
            manifest = try work()
        } catch {
            throw .store(error)
        }
        if invocation.wantsJSON {
            return invocation.console.writeLine(manifest.json.serialized)
        }
        var page = Page(language: invocation.language, style: invocation.style)
        page.show(manifest)
        invocation.console.write(Array(page.text.utf8))
    }
}

extension Page {
    fileprivate mutating func show(_ manifest: BackupManifest) {
        entries([
            Entry(Text("bytes", "字节数"), "\(manifest.byteCount)"),
            Entry(Text("last commit", "最后提交"), "\(manifest.commit)"),
            Entry(Text("audit head", "审计链末端"), "\(manifest.audit)"),
            Entry(
                Text("keys needed", "所需密钥"),
                manifest.keys.map(String.init).joined(separator: language.text(", ", "、"))
            ),
        ])
    }
}

extension BackupManifest {
    fileprivate var json: JSON {
        .object([
            .init(key: "bytes", value: .number("\(byteCount)")),
            .init(key: "schema", value: .number("\(schema)")),
            .init(key: "commit", value: .number("\(commit)")),
            .init(key: "audit", value: .string("\(audit)")),
            .init(key: "keys", value: .array(keys.map { .number("\($0)") })),
        ])
    }
}
