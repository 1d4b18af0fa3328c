import BanjieProtocol

/// `banjie certificate` and `banjie inspection`: who may inspect, and who did.
enum CertificateCommands {
    static let group = CommandGroup(
        "certificate",
        Text("Officers' certificates.", "行政执法证。"),
        [
            change(
                "apply",
                CertificatesMethods.apply,
                required: ["holder", "scope"],
                example: "--holder wang --scope 城管"
            ),
            change("qualify", CertificatesMethods.qualify),
            change(
                "issue",
                CertificatesMethods.issue,
                required: ["holder", "scope", "valid-to"],
                example: "--holder wang --scope 城管 --valid-to 2030-12-31"
            ),
            change(
                "renew",
                CertificatesMethods.renew,
                required: ["valid-to"],
                example: "--valid-to 2035-12-31"
            ),
            change("suspend", CertificatesMethods.suspend),
            change("reinstate", CertificatesMethods.reinstate),
            change("report-lost", CertificatesMethods.reportLost),
            change("replace", CertificatesMethods.replace),
            change("check", CertificatesMethods.recordCheck, example: "--year 2026"),
            change("revoke", CertificatesMethods.revoke),
            change("surrender", CertificatesMethods.surrender),
            change("show", CertificatesMethods.get),
            .command(
                Command(
                    "verify",
                    calling: CertificatesMethods.verify,
                    RequestForm(operands: ["certificate"]),
                    examples: ["banjie certificate verify K1 --scope 城管"],
                    show: { (verdict: CertificateVerdict, page) in page.show(verdict) }
                )
            ),
            .command(
                Command(
                    "announcements",
                    calling: CertificatesMethods.listAnnouncements,
                    RequestForm(fallbacks: ["limit": "100"]),
                    show: { (reply: ListAnnouncementsReply, page) in page.show(reply) }
                )
            ),
        ]
    )

    static let inspection = CommandGroup(
        "inspection",
        Text("Inspections by certified officers.", "执法检查。"),
        [
            .command(
                Command(
                    "record",
                    calling: CertificatesMethods.recordInspection,
                    RequestForm(operands: ["scope"], required: ["certificates"]),
                    examples: ["banjie inspection record 城管 --certificates K1 --certificates K2"],
                    show: { (view: InspectionView, page) in page.show(view) }
                )
            )
        ]
    )

    private static func change(
        _ name: String,
        _ method: MethodDescriptor,
        required: Set<String> = [],
        example: String? = nil
    ) -> CommandNode {
        .calling(
            "certificate \(name)",
            method,
            ["certificate"],
            required: required,
            example: example.map { "K1 \($0)" },
            show: { (view: CertificateView, page) in page.show(view) }
        )
    }
}
