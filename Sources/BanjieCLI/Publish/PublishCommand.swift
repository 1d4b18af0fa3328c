import BanjieClient
import BanjieProtocol

/// `banjie publish`: the public pages, as files for any web server.
enum PublishCommand {
    static let command = Command(
        "publish",
        Text(
            "Writes the public pages: departments, guides, powers, plates, announcements, reviews.",
            "生成公开网页：部门、办事指南、权责清单、桌牌、公告与服务评价。"
        ),
        notes: Text(
            "The pages are in Chinese, need no script, keep their addresses, and can be printed; plates and badges "
                + "are pages of their own size. The folder must be new, empty, or written by this command before: "
                + "what is no longer there is removed from it. Nobody needs to be signed in.",
            "网页为中文，无须脚本，地址不变，可打印；桌牌与工牌按实际尺寸分页。目录须为新建、为空，或曾由本命令写入；"
                + "不再存在的内容会被移除。无须登录。"
        ),
        operands: [CommandOperand("DIR", .path, Text("the folder", "目录"))],
        options: CommandOption.shared,
        examples: ["banjie publish /srv/www/banjie"],
        run: { invocation throws(CommandFailure) in
            let records: PublicRecords
            let channel = try invocation.channel()
            do throws(CallError) {
                records = try await PublicRecords(from: channel)
            } catch {
                throw .call(error, requestID: nil)
            }
            let changes: SiteChanges
            do throws(FileError) {
                let folder = invocation.values.required("DIR", .path)
                changes = try invocation.console.writeSite(folder, Site(records).files)
            } catch {
                throw .file(error)
            }
            show(changes, in: invocation)
            return .success
        }
    )

    private static func show(_ changes: SiteChanges, in invocation: Invocation) {
        if invocation.wantsJSON {
            let json = JSON.object([
                .init(key: "written", value: .number("\(changes.written)")),
                .init(key: "unchanged", value: .number("\(changes.unchanged)")),
                .init(key: "removed", value: .number("\(changes.removed)")),
            ])
            return invocation.console.writeLine(json.serialized)
        }
        var page = Page(language: invocation.language, style: invocation.style)
        page.entries([
            Entry(Text("written", "写入"), "\(changes.written)"),
            Entry(Text("unchanged", "未变"), "\(changes.unchanged)"),
            Entry(Text("removed", "移除"), "\(changes.removed)"),
        ])
        invocation.console.write(Array(page.text.utf8))
    }
}
