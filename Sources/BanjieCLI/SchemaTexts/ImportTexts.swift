import BanjieProtocol

extension ModuleTexts {
    /// Imports.
    static let imports = ModuleTexts(
        services: [:],
        methods: [
            "Directory/Import": "批量导入部门、岗位、人员、事项、权责清单、指南、值班、登录凭据与年度日历，全部保存或全部不保存。至多 100 000 行。"
        ],
        messages: [
            "ImportRow": "导入的一行：其中之一，及其来源。",
            "ImportPart": "导入内容的一部分。",
            "ImportProblem": "某行不能导入的原因。",
            "StoredCredential": "人员的登录凭据，如他处所保存：密钥或密码其一。",
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
            "StoredCredential.login": "人员。",
            "StoredCredential.password_hash":
                "密码的 scrypt 散列：$scrypt$ln=15,r=8,p=3$盐$密钥，盐 16 字节、密钥 32 字节，base64 不加填充。",
            "StoredCredential.secret_digest": "密钥的 SHA-256，64 位十六进制数字。",
            "ImportRow.calendar": "年度放假安排：生成日历新版本，与已知相同则不变。",
            "ImportRow.department": "部门。",
            "ImportRow.duty": "岗位由谁担任。",
            "ImportRow.guide": "办事指南：写入新一版，与最新一版相同则不变。",
            "ImportRow.power": "权责清单中的一项。",
            "ImportRow.item": "事项：发布新版本，与最新版本相同则不变。",
            "ImportRow.line": "文件中的行号，从 1 起。",
            "ImportRow.person": "人员。",
            "ImportRow.post": "岗位。",
            "ImportRow.credential": "人员的登录凭据。",
        ],
        values: [:],
        reasons: [:]
    )
}
