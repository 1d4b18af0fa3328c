import BanjieProtocol

extension ModuleTexts {
    /// Imports.
    static let imports = ModuleTexts(
        services: [:],
        methods: ["Directory/Import": "批量导入部门、岗位、人员、事项、权责清单、指南与值班，全部保存或全部不保存。至多 100 000 行。"],
        messages: [
            "ImportRow": "导入的一行：其中之一，及其来源。",
            "ImportPart": "导入内容的一部分。",
            "ImportProblem": "某行不能导入的原因。",
            "ImportReport": "导入的结果：全部保存，或全部不保存。",
        ],
        fields: [
            "ImportPart.check": "是否只检查而不保存。仅首部分。",
            "ImportPart.chinese": "是否以中文说明问题。仅首部分。",
            "ImportPart.rows": "各行，后行可依赖前行。",
            "ImportProblem.field": "有关的字段；不特定则不填。",
            "ImportProblem.line": "行号。",
            "ImportProblem.message": "哪里不对，如何处理。",
            "ImportProblem.reason": "原因，与他处相同。",
            "ImportReport.changed": "其中有变化的行数。",
            "ImportReport.kept": "是否已保存。",
            "ImportReport.problem_count": "问题总数。",
            "ImportReport.problems": "各行的问题，至多一千项；有问题则全部不保存。",
            "ImportReport.rows": "行数。",
            "ImportRow.department": "部门。",
            "ImportRow.duty": "岗位由谁担任。",
            "ImportRow.guide": "办事指南：写入新一版，与最新一版相同则不变。",
            "ImportRow.power": "权责清单中的一项。",
            "ImportRow.item": "事项：发布新版本，与最新版本相同则不变。",
            "ImportRow.line": "文件中的行号，从 1 起。",
            "ImportRow.person": "人员。",
            "ImportRow.post": "岗位。",
        ],
        values: [:],
        reasons: [:]
    )
}
