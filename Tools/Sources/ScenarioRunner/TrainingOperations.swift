import BanjieProtocol
import CivilTime

/// Training: the coordinating office plans and records; people enrol themselves unless another is named.
let trainingOperations: [String: Operation] = [
    "training.plan": { world, arguments in
        let sessions = (arguments.values["sessions"]?.list ?? []).map(\.list)
        let view = try await training(world, arguments).plan(
            PlanTrainingRequest(
                title: arguments.values["title"]?.text ?? "培训",
                department: arguments.values["dept"]?.text ?? "",
                sessions: try sessions.map { session in
                    guard let session, session.count == 2,
                        let day = CivilDate(session[0].text ?? ""), let hours = session[1].integer
                    else { throw ScenarioError("a session is [day, hours]") }
                    return TrainingSession(day: day, hours: Int32(clamping: hours))
                },
                enrolBy: try arguments.date("enrol_by"),
                places: Int32(clamping: arguments.values["places"]?.integer ?? 100),
                passMark: Int32(clamping: arguments.values["pass_mark"]?.integer ?? 0),
                qualifying: arguments.values["qualifying"]?.flag ?? false
            ),
            options: world.options(arguments)
        )
        world.plans[try arguments.text("plan")] = view.plan
        return ["enrolled": JSON(view.enrolled)]
    },
    "training.enrol": { world, arguments in
        let who = try arguments.text("who")
        return try await training(world, arguments, as: who).enrol(
            EnrolRequest(plan: try plan(world, arguments), login: who),
            options: world.options(arguments)
        ).fields
    },
    "training.attend": { world, arguments in
        try await training(world, arguments).recordAttendance(
            AttendanceRequest(
                plan: try plan(world, arguments),
                login: try arguments.text("who"),
                session: Int32(clamping: try arguments.integer("session")),
                hours: Int32(clamping: try arguments.integer("hours"))
            ),
            options: world.options(arguments)
        ).fields
    },
    "training.exam": { world, arguments in
        try await training(world, arguments).recordExam(
            ExamRequest(
                plan: try plan(world, arguments),
                login: try arguments.text("who"),
                mark: Int32(clamping: try arguments.integer("mark"))
            ),
            options: world.options(arguments)
        ).fields
    },
    "training.record": { world, arguments in
        let view = try await training(world, arguments).getRecord(
            TrainingRecordRequest(
                login: try arguments.text("who"),
                year: Int32(clamping: arguments.values["year"]?.integer ?? 0)
            )
        )
        return ["hours": JSON(view.hours), "required": JSON(view.required)]
    },
    "training.short": { world, arguments in
        let reply = try await training(world, arguments).listShort(
            ListShortRequest(department: try arguments.text("dept"), limit: 100)
        )
        return ["people": JSON(reply.people.map(\.login))]
    },
    "certificate.apply": { world, arguments in
        let client = CertificatesClient(
            try await world.channel(as: arguments.values["by"]?.text ?? "clerk")
        )
        return try await client.apply(
            ApplyForCertificateRequest(
                certificate: try arguments.text("certificate"),
                holder: try arguments.text("holder"),
                scope: try arguments.texts("scope")
            ),
            options: world.options(arguments)
        ).fields
    },
    "certificate.qualify": { world, arguments in
        try await CertificatesClient(try await world.channel(as: World.clerk(of: "OFFICE")))
            .qualify(
                CertificateRequest(certificate: try arguments.text("certificate")),
                options: world.options(arguments)
            ).fields
    },
    "certificate.renew": { world, arguments in
        try await CertificatesClient(try await world.channel(as: World.clerk(of: "OFFICE"))).renew(
            RenewCertificateRequest(
                certificate: try arguments.text("certificate"),
                validTo: try arguments.date("valid_to")
            ),
            options: world.options(arguments)
        ).fields
    },
    "certificate.get": { world, arguments in
        try await CertificatesClient(try await world.channel(as: "clerk"))
            .get(CertificateRequest(certificate: try arguments.text("certificate"))).fields
    },
]

private func training(
    _ world: World,
    _ arguments: Arguments,
    as login: String = World.clerk(of: "OFFICE")
) async throws -> TrainingClient {
    TrainingClient(try await world.channel(as: arguments.values["by"]?.text ?? login))
}

private func plan(_ world: World, _ arguments: Arguments) throws -> UInt64 {
    let label = try arguments.text("plan")
    return world.plans[label] ?? UInt64(label) ?? 0
}

extension EnrolmentView {
    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] {
        [
            "hours": .array(hours.map { JSON($0) }), "marks": .array(marks.map { JSON($0) }),
            "passed": passed.map { .bool($0) } ?? .null,
        ]
    }
}

extension CertificateView {
    fileprivate var fields: [String: JSON] {
        ["state": JSON(state), "valid_to": JSON(validTo)]
    }
}
