import BanjieClient
import BanjieProtocol
import Digest

/// `banjie material`: what applicants bring to a case, or prepare with a draft.
enum MaterialCommands {
    static let group = CommandGroup(
        "material",
        Text("Materials of cases and drafts.", "办件与草稿的材料。"),
        [
            .command(upload), .command(download), .command(show),
            .command(
                Command(
                    "list",
                    calling: OnlineMethods.listMaterials,
                    RequestForm(operands: ["case"], optionalOperands: ["case"]),
                    show: { (reply: ListMaterialsReply, page) in page.show(reply) }
                )
            ),
        ]
    )

    /// How much of a file goes into one message.
    private static let partBytes = 64 << 10

    private static let upload = upload(
        "upload",
        to: CommandOperand("CASE", .text, Text("the case serial", "办件编号")),
        example: "banjie material upload SERIAL application.pdf"
    ) { values, part in
        part.case = values.required("CASE", .text)
        return part.case
    }

    /// A command that brings a file.
    ///
    /// - Parameter name: writes what it belongs to into the first part, and returns a name that nothing else has.
    static func upload(
        _ verb: String,
        to owner: CommandOperand,
        example: String,
        name owning: @escaping @Sendable (ArgumentValues, inout MaterialPart) -> String
    ) -> Command {
        Command(
            verb,
            SchemaTexts.summary(of: OnlineMethods.uploadMaterial),
            notes: Text(
                "The id is made of what it belongs to and the file's digest: the same command, given again "
                    + "after a cut, goes on where it was.",
                "编号由所属办件或草稿与文件摘要得出：中断后重新执行同一命令，即从中断处接续。"
            ),
            operands: [owner, CommandOperand("FILE", .path, Text("the file", "文件"))],
            options: [
                CommandOption(
                    "name",
                    .text,
                    Text("its name; the file's when left out", "材料名称；不填则为文件名")
                )
            ] + CommandOption.shared,
            examples: [example],
            run: { invocation throws(CommandFailure) in
                let path = invocation.values.required("FILE", .path)
                let content: [UInt8]
                do throws(FileError) {
                    content = try invocation.console.readFile(path)
                } catch {
                    throw .file(error)
                }
                let digest = SHA256.hash(content)
                var owned = MaterialPart()
                let owner = owning(invocation.values, &owned)
                let id = Array(SHA256.hash(Array(owner.utf8) + digest).prefix(16))
                let name =
                    invocation.values.value("name", .text)
                    ?? path.split(separator: "/").last.map(String.init) ?? path
                let channel = try invocation.channel()
                let start = try await invocation.received(of: id, over: channel)
                var parts = Self.parts(of: content, from: start)[...]
                var first = parts.popFirst() ?? MaterialPart(offset: UInt64(start))
                first.material = id
                (first.case, first.draft) = (owned.case, owned.draft)
                first.name = name
                first.size = UInt64(content.count)
                first.digest = digest
                let call = OnlineClient(channel).uploadMaterial(
                    first,
                    options: invocation.callOptions(of: OnlineMethods.uploadMaterial)
                )
                let view: MaterialView
                do throws(CallError) {
                    while let part = parts.popFirst() { try await call.send(part) }
                    view = try await call.finish()
                } catch {
                    throw .call(error, requestID: nil)
                }
                let answer = Answer(reply: view, bytes: view.encoded())
                try invocation.show(answer, of: OnlineMethods.uploadMaterial) { $1.show($0) }
                return .success
            }
        )
    }

    private static func parts(of content: [UInt8], from start: Int) -> [MaterialPart] {
        stride(from: start, to: content.count, by: partBytes).map { offset in
            let end = min(offset + partBytes, content.count)
            return MaterialPart(offset: UInt64(offset), content: Array(content[offset..<end]))
        }
    }

    private static let materialOperand = CommandOperand(
        "MATERIAL",
        .material,
        SchemaTexts.summary(
            of: MaterialRequest.descriptor.fields[0],
            in: MaterialRequest.descriptor
        )
    )

    private static let show = Command(
        "show",
        SchemaTexts.summary(of: OnlineMethods.getMaterial),
        operands: [materialOperand],
        options: CommandOption.shared,
        run: { invocation throws(CommandFailure) in
            let id = invocation.values.required("MATERIAL", .material)
            let answer = try await invocation.call(
                OnlineMethods.getMaterial,
                MaterialRequest(material: id).encoded(),
                over: try invocation.channel(),
                reply: MaterialView.self
            )
            try invocation.show(answer, of: OnlineMethods.getMaterial) { $1.show($0) }
            return .success
        }
    )

    private static let download = Command(
        "download",
        SchemaTexts.summary(of: OnlineMethods.downloadMaterial),
        notes: Text(
            "The bytes are written to the standard output. When the connection is lost, or the server "
                + "restarts, it goes on where it was.",
            "内容写到标准输出。连接中断或服务器重启后，从中断处继续。"
        ),
        operands: [materialOperand],
        options: CommandOption.connection,
        examples: ["banjie material download MATERIAL > application.pdf"],
        run: { invocation throws(CommandFailure) in
            let id = invocation.values.required("MATERIAL", .material)
            let download = OnlineClient(try invocation.channel()).downloadMaterialResuming(
                DownloadMaterialRequest(material: id),
                options: invocation.callOptions(of: OnlineMethods.downloadMaterial),
                resuming: Resumption { invocation.tell($0, of: Text("download", "下载")) }
            )
            var parts = download.makeAsyncIterator()
            var written: UInt64 = 0
            while let part = try await invocation.next(of: &parts) {
                guard part.offset == written else {
                    throw .undecodableReply(
                        OnlineMethods.downloadMaterial.fullName,
                        "bytes from \(part.offset) on came where those from \(written) on were due"
                    )
                }
                written = part.sequence
                invocation.console.write(part.content)
            }
            return .success
        }
    )
}

extension Invocation {
    /// How much of a material the office has; 0 when there is no such one.
    fileprivate func received(
        of id: [UInt8],
        over channel: any CallChannel
    ) async throws(CommandFailure) -> Int {
        do throws(CommandFailure) {
            let view = try await call(
                OnlineMethods.getMaterial,
                MaterialRequest(material: id).encoded(),
                over: channel,
                reply: MaterialView.self
            ).reply
            return Int(clamping: view.received)
        } catch {
            if case .call(let error, _) = error, error.reason == Reason.noSuchMaterial.rawValue {
                return 0
            }
            throw error
        }
    }
}

extension ValueForm where Value == [UInt8] {
    /// The id of a material.
    fileprivate static var material: ValueForm {
        ValueForm(
            Text("MATERIAL", "材料编号"),
            expected: Text("32 hexadecimal digits", "32 位十六进制数")
        ) { text in
            guard let bytes = Hexadecimal.bytes(of: text), bytes.count == 16 else { return nil }
            return bytes
        }
    }
}
