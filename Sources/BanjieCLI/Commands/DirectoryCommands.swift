import BanjieProtocol

/// `banjie directory`: who answers for what.
enum DirectoryCommands {
    static let group = CommandGroup(
        "directory",
        Text("Departments, posts and service items.", "部门、岗位与事项。"),
        [
            group(
                "department",
                Text("Departments.", "部门。"),
                [
                    Command(
                        "put",
                        calling: DirectoryMethods.putDepartment,
                        RequestForm(operands: ["code"], required: ["name"]),
                        examples: ["banjie directory department put LEAD --name '行政审批局'"],
                        show: { (department: Department, page) in page.show(department) }
                    ),
                    Command(
                        "list",
                        calling: DirectoryMethods.listDepartments,
                        RequestForm(fallbacks: ["limit": "100"]),
                        show: { (reply: ListDepartmentsReply, page) in page.show(reply) }
                    ),
                ]
            ),
            group(
                "post",
                Text("Posts.", "岗位。"),
                [
                    Command(
                        "put",
                        calling: DirectoryMethods.putPost,
                        RequestForm(operands: ["code"], required: ["name", "department"]),
                        show: { (post: Post, page) in page.show(post) }
                    ),
                    Command(
                        "list",
                        calling: DirectoryMethods.listPosts,
                        RequestForm(operands: ["department"]),
                        show: { (reply: ListPostsReply, page) in page.show(reply) }
                    ),
                ]
            ),
            group(
                "item",
                Text("Service items.", "政务服务事项。"),
                [
                    Command(
                        "publish",
                        calling: DirectoryMethods.publishItem,
                        RequestForm(
                            operands: ["code"],
                            required: ["name", "department", "statutory", "promised"]
                        ),
                        show: { (item: ItemView, page) in page.show(item) }
                    ),
                    Command(
                        "show",
                        calling: DirectoryMethods.getItem,
                        RequestForm(operands: ["code"]),
                        show: { (item: ItemView, page) in page.show(item) }
                    ),
                    Command(
                        "list",
                        calling: DirectoryMethods.listItems,
                        RequestForm(fallbacks: ["limit": "100"]),
                        show: { (reply: ListItemsReply, page) in page.show(reply) }
                    ),
                ]
            ),
        ]
    )

    private static func group(
        _ name: String,
        _ summary: Text,
        _ commands: [Command]
    ) -> CommandNode {
        .group(CommandGroup(name, summary, commands.map { .command($0) }))
    }
}
