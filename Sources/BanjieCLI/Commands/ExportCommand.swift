import Store

/// `banjie export`: everything that a store's file says, without a server.
enum ExportCommand {
    private static let formats = ValueForm.choice(of: ExportFormat.allCases.map(\.rawValue))

    static let command = Command(
        "export",
        Text(
            "Writes everything in a store to files of JSON or CSV, while its server runs or not.",
            "将存储中的全部内容导出为 JSON 或 CSV 文件，服务器运行与否均可。"
        ),
        notes: Text(
            "A new folder gets a file for each table, audit entries in audit, and manifest.json, which is written "
                + "last and has the rows, bytes and SHA-256 of each. All is as of one commit. Personal data are "
                + "told with --keys only; no audit entry tells of that, so keep the key file from whoever mustn't "
                + "read them. What people sign in with is left out. The folder is for its owner's eyes alone.",
            "在新建目录中，每个数据表一个文件，审计条目在 audit 中；manifest.json 最后写入，载明各文件的行数、字节数和 "
                + "SHA-256。全部内容出自同一提交。仅在给出 --keys 时导出个人信息；此举不留审计记录，"
                + "密钥文件须妥善保管。登录凭据不导出。目录仅所有者可读。"
        ),
        operands: [
            CommandOperand("FOLDER", .path, Text("the folder to be made", "要新建的目录"))
        ],
        options: [
            .store,
            CommandOption(
                "keys",
                .path,
                Text(
                    "the key file, to tell personal data in clear",
                    "密钥文件，用以导出个人信息明文"
                )
            ),
            CommandOption(
                "format",
                formats,
                Text("an object of JSON a line, or CSV", "每行一个 JSON 对象，或 CSV"),
                fallback: ExportFormat.jsonl.rawValue
            ),
            .json,
        ],
        examples: [
            "banjie export /backup/export-2026-03-02 --store banjie-data/banjie.sqlite",
            "banjie export cases-csv --store banjie-data/banjie.sqlite --format csv",
        ],
        run: { invocation throws(CommandFailure) in
            let order = ExportOrder(
                store: invocation.values.required("store", .path),
                folder: invocation.values.required("FOLDER", .path),
                keys: invocation.values.value("keys", .path),
                format: ExportFormat(rawValue: invocation.values.required("format", formats))
                    ?? .jsonl
            )
            let manifest = try invocation.console.exportStore(order)
            if invocation.wantsJSON {
                invocation.console.writeLine(manifest.json.serialized)
            } else {
                var page = Page(language: invocation.language, style: invocation.style)
                page.show(manifest)
                invocation.console.write(Array(page.text.utf8))
            }
            return .success
        }
    )
}

extension Page {
    fileprivate mutating func show(_ manifest: ExportManifest) {
        table(
            [
                Column(Text("file", "文件")), Column(Text("rows", "行数"), isNumber: true),
                Column(Text("bytes", "字节数"), isNumber: true),
            ],
            manifest.files.filter { $0.rowCount > 0 }.map { file in
                [Cell(file.name), Cell("\(file.rowCount)"), Cell("\(file.byteCount)")]
            }
        )
        entries([
            Entry(Text("last commit", "最后提交"), "\(manifest.commit)"),
            Entry(Text("audit head", "审计链末端"), "\(manifest.audit)"),
            Entry(Text("personal data", "个人信息"), yesNo(manifest.isPersonal)),
        ])
    }
}
