import BanjieProtocol

/// Certificates: the coordinating office issues them; inspections are recorded by the lead's clerk.
let certificateOperations: [String: Operation] = [
    "certificate.issue": { world, arguments in
        try await certificates(world, arguments).issue(
            IssueCertificateRequest(
                certificate: try arguments.text("certificate"),
                holder: try arguments.text("holder"),
                scope: try arguments.texts("scope"),
                validTo: try arguments.date("valid_to")
            ),
            options: world.options(arguments)
        ).fields
    },
    "certificate.suspend": { world, arguments in
        try await certificates(world, arguments)
            .suspend(try reasoned(arguments), options: world.options(arguments)).fields
    },
    "certificate.reinstate": { world, arguments in
        // The vocabulary gives no reason for it.
        var request = try reasoned(arguments)
        if arguments.values["reason"] == nil { request.reason = "恢复" }
        return try await certificates(world, arguments)
            .reinstate(request, options: world.options(arguments)).fields
    },
    "certificate.report_lost": { world, arguments in
        try await certificates(world, arguments)
            .reportLost(try named(arguments), options: world.options(arguments)).fields
    },
    "certificate.replace": { world, arguments in
        try await certificates(world, arguments)
            .replace(try named(arguments), options: world.options(arguments)).fields
    },
    "certificate.annual_check": { world, arguments in
        try await certificates(world, arguments).recordCheck(
            AnnualCheckRequest(
                certificate: try arguments.text("certificate"),
                year: Int32(clamping: arguments.values["year"]?.integer ?? 0)
            ),
            options: world.options(arguments)
        ).fields
    },
    "certificate.revoke": { world, arguments in
        try await certificates(world, arguments)
            .revoke(try reasoned(arguments), options: world.options(arguments)).fields
    },
    "certificate.verify": { world, arguments in
        let verdict = try await certificates(world, arguments).verify(
            VerifyCertificateRequest(
                certificate: try arguments.text("certificate"),
                scope: arguments.values["scope"]?.text ?? ""
            )
        )
        return ["ok": .bool(verdict.ok), "reasons": JSON(verdict.reasons.map(\.description))]
    },
    "inspection.record": { world, arguments in
        _ = try await certificates(world, arguments, as: "clerk").recordInspection(
            RecordInspectionRequest(
                certificates: try arguments.texts("certificates"),
                scope: try arguments.text("scope")
            ),
            options: world.options(arguments)
        )
        return [:]
    },
]

private func certificates(
    _ world: World,
    _ arguments: Arguments,
    as login: String = World.clerk(of: "OFFICE")
) async throws -> CertificatesClient {
    CertificatesClient(try await world.channel(as: arguments.values["by"]?.text ?? login))
}

private func named(_ arguments: Arguments) throws -> CertificateRequest {
    CertificateRequest(certificate: try arguments.text("certificate"))
}

private func reasoned(_ arguments: Arguments) throws -> CertificateReasonRequest {
    CertificateReasonRequest(
        certificate: try arguments.text("certificate"),
        reason: arguments.values["reason"]?.text ?? ""
    )
}

extension CertificateView {
    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] { ["state": JSON(state)] }
}
