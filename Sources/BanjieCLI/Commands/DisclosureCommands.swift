import BanjieProtocol

/// `banjie duty`, `power`, `guide`: what the office shows of itself.
enum DisclosureCommands {
    static let duties = CommandGroup(
        "duty",
        Text("Who has a post, who is away, who answers.", "岗位值班、离岗与现在由谁负责。"),
        [
            .calling(
                "duty who",
                DisclosureMethods.whoAnswers,
                [],
                example: "--department PLAN",
                show: { (reply: WhoAnswersReply, page) in page.show(reply) }
            ),
            .calling(
                "duty put",
                DisclosureMethods.putDuty,
                ["post", "holder"],
                example: "PLAN-1 wang --cover li --from 2026-03-02",
                show: { (duty: PostDuty, page) in page.show(duty) }
            ),
            .calling(
                "duty away",
                DisclosureMethods.recordAbsence,
                ["from", "until", "login"],
                optional: ["login"],
                example: "2026-03-02 2026-03-06 --reason 培训",
                show: { (absence: AbsenceView, page) in page.show(absence) }
            ),
            .calling(
                "duty back",
                DisclosureMethods.cancelAbsence,
                ["from", "login"],
                optional: ["login"],
                example: "2026-03-02",
                show: { (absence: AbsenceView, page) in page.show(absence) }
            ),
            .calling(
                "duty plates",
                DisclosureMethods.listPlates,
                ["department"],
                example: "PLAN",
                show: { (reply: ListPlatesReply, page) in page.show(reply) }
            ),
        ]
    )

    static let powers = CommandGroup(
        "power",
        Text("The power-and-duty list.", "权责清单。"),
        [
            .calling(
                "power put",
                DisclosureMethods.putPower,
                ["code"],
                example:
                    "XK-001 --department PLAN --kind LICENCE --name '食品经营许可' --basis '《食品安全法》第三十五条' "
                    + "--duties '依法审查'",
                show: { (view: PowerView, page) in page.show(view) }
            ),
            .calling(
                "power revoke",
                DisclosureMethods.revokePower,
                ["code"],
                example: "XK-001 --reason '国务院决定取消'",
                show: { (view: PowerView, page) in page.show(view) }
            ),
            .listing(
                DisclosureMethods.listPowers,
                of: ["department"],
                show: { (reply: ListPowersReply, page) in page.show(reply) }
            ),
        ]
    )

    static let guides = CommandGroup(
        "guide",
        Text("How an item is brought.", "办事指南。"),
        [
            .command(putGuide),
            .calling(
                "guide show",
                DisclosureMethods.getGuide,
                ["item"],
                example: "11440300MB2C9270TU4000000000001",
                show: { (view: GuideView, page) in page.show(view) }
            ),
        ]
    )

    private static let putGuide = Command(
        "put",
        SchemaTexts.summary(of: DisclosureMethods.putGuide),
        notes: Text(
            "Several at once: banjie import guides. Their fields: banjie describe Guide.",
            "批量写入：banjie import guides。字段见 banjie describe Guide。"
        ),
        operands: [
            CommandOperand("FILE", .path, Text("the guide in JSON", "指南的 JSON 文件"))
        ],
        options: CommandOption.shared,
        examples: ["banjie guide put guide.json"],
        run: { invocation throws(CommandFailure) in
            let method = DisclosureMethods.putGuide
            let path = invocation.values.required("FILE", .path)
            let file: [UInt8]
            do throws(FileError) {
                file = try invocation.console.readFile(path)
            } catch {
                throw .file(error)
            }
            let body: [UInt8]
            do throws(BanjieProtocol.JSONError) {
                let json = String(decoding: file, as: UTF8.self)
                body = try JSONTranscoder.encode(json, as: method.request)
            } catch {
                throw .request(method.fullName, error)
            }
            let channel = try invocation.channel()
            let answer = try await invocation.call(
                method,
                body,
                over: channel,
                reply: GuideView.self
            )
            try invocation.show(answer, of: method) { $1.show($0) }
            return .success
        }
    )
}
