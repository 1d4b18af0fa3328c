import BanjieProtocol
import Testing
import Wire

struct SchemaTests {
    @Test func methodsAreFoundByNumberAndName() throws {
        let submit = try #require(BanjieProtocolSchema.method(named: "Cases/Submit"))
        #expect(submit.id == 0x0005_0001)
        #expect(BanjieProtocolSchema.method(id: submit.id)?.fullName == "Cases/Submit")
        #expect(submit.kind == .command && submit.idempotency == .requestID)
        #expect(submit.access == .roles([.applicant, .staff], refusal: .roleRequired))
        #expect(submit.defaultTimeoutMillis == 5000 && submit.longestTimeoutMillis == 60_000)
        #expect(submit.request.descriptor.name == "SubmitCaseRequest")
        #expect(
            CasesMethods.extend.access == .roles([.head, .governmentHead], refusal: .headRequired)
        )
        #expect(DiagnosticsMethods.echo.runsInline && DiagnosticsMethods.echo.access == .public)
        #expect(CasesMethods.count.access == .signedIn)
        #expect(BanjieProtocolSchema.method(named: "Cases/Nope") == nil)
        #expect(BanjieProtocolSchema.method(id: 0) == nil)
    }

    @Test func everyMethodIsItsService() {
        for service in BanjieProtocolSchema.services {
            for method in service.methods {
                #expect(
                    method.serviceNumber == service.number && method.serviceName == service.name
                )
                #expect(method.id >> 16 == UInt32(service.number))
                #expect(BanjieProtocolSchema.method(id: method.id)?.fullName == method.fullName)
            }
        }
    }

    @Test func fieldsAreFoundByNumberAndName() throws {
        for type in BanjieProtocolSchema.messages {
            let descriptor = type.descriptor
            for field in descriptor.fields {
                #expect(descriptor.field(numbered: field.number)?.name == field.name)
                #expect(descriptor.field(named: field.name)?.number == field.number)
            }
            #expect(descriptor.field(numbered: 0) == nil)
            #expect(descriptor.field(numbered: .max) == nil)
        }
        let name = try #require(Person.descriptor.field(named: "name"))
        #expect(name.isPersonal && name.limits.value == Bounds(1, 200))
    }

    @Test func enumsKeepWhatTheyDoNotKnow() {
        #expect(CaseState(name: "ACCEPTED_GAP") == .acceptedGap)
        #expect(CaseState(name: "acceptedGap") == nil)
        #expect(CaseState(rawValue: 99).name == nil)
        #expect(CaseState(rawValue: 99).description == "99")
        #expect(!CaseState(rawValue: 0).isKnown)
        #expect(Rung.known.map(\.description) == ["REMIND", "YELLOW", "RED", "EXPIRE"])
    }

    @Test func reasonsHaveTheirStatus() {
        #expect(Reason.reasonRequired.status == .invalidArgument)
        #expect(Reason.internal.status == .internal)
        #expect(Reason(rawValue: "NO_SUCH_CASE")?.status == .notFound)
        #expect(Reason.allCases.allSatisfy { $0.status != .ok })
    }

    /// gRPC's numbers and names, as its documentation lists them.
    @Test func statusesAreGRPCs() {
        let names = [
            "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
            "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
            "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
            "UNAUTHENTICATED",
        ]
        for (number, name) in names.enumerated() {
            #expect(Status(rawValue: UInt16(number))?.name == name)
        }
        #expect(Status.allCases.count == names.count)
    }
}
