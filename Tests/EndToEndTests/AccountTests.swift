import BanjieClient
import BanjieProtocol
import CivilTime
import Foundation
import LocalServer
import Testing
import Wire

/// Passwords, lock-out, disabled people and sessions, on a real server.
@Suite(.serialized, .timeLimit(.minutes(2))) struct AccountTests {
    private static let password = "correct horse battery staple"

    private struct Setting {
        let office: LocalOffice
        let directory: DirectoryClient
        let admin: AdminClient

        init() async throws {
            let server = try ServerProcess(program: ServerProcess.builtProgram)
            try server.start(.virtual(TestOffice.morning))
            office = try LocalOffice(on: server)
            try await office.admit(
                departments: ["LEAD"],
                people: [
                    Member("clerk", department: "LEAD", roles: [.staff]),
                    Member("zhang", roles: [.applicant]),
                ]
            )
            directory = DirectoryClient(try office.operator())
            admin = AdminClient(try office.operator())
        }

        func connect(_ login: String, _ secret: String) throws -> Connection {
            var options = ConnectionOptions(
                realm: "banjie",
                credentials: Credentials(login: login, secret: secret)
            )
            options.attempts = 1
            options.initialBackoffMillis = 20
            return try Connection(to: office.server.address, options: options)
        }

        /// What came of signing in, tried once; nil when it was well.
        func refusal(_ login: String, _ secret: String) throws -> CallFailure? {
            let connection = try FrameConnection(to: office.server.address)
            try connection.open()
            return try connection.refusal(of: Credentials(login: login, secret: secret))
        }

        func audits(_ kind: String) async throws -> [AuditEntry] {
            try await admin.readAudit(ReadAuditRequest(limit: 1000)).entries
                .filter { $0.kind == kind }
        }
    }

    /// Why a call failed; nil when it didn't.
    private static func reason(_ body: () async throws(CallError) -> Void) async -> String? {
        do throws(CallError) {
            try await body()
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func aPasswordTakesTheSecretsPlaceAndIsChangedByItsOwner() async throws {
        let setting = try await Setting()
        let secret = try setting.office.credentials(of: "clerk").secret
        #expect(try setting.refusal("clerk", secret) == nil)
        await #expect(throws: CallError.self) {
            _ = try await setting.directory.setPassword(
                SetPasswordRequest(login: "clerk", password: "short")
            )
        }
        _ = try await setting.directory.setPassword(
            SetPasswordRequest(login: "clerk", password: Self.password)
        )
        #expect(try setting.refusal("clerk", secret)?.reason == "WRONG_CREDENTIALS")
        #expect(try setting.refusal("clerk", Self.password) == nil)

        let own = DirectoryClient(try setting.connect("clerk", Self.password))
        func change(_ present: String, _ new: String) async -> String? {
            let request = ChangePasswordRequest(present: present, password: new)
            return await Self.reason { () async throws(CallError) in
                _ = try await own.changePassword(request)
            }
        }
        #expect(await change("another password", "a new one that is long") == "WRONG_PASSWORD")
        #expect(await change(Self.password, "too short") == "WEAK_PASSWORD")
        #expect(await change(Self.password, "the clerk's own") == "WEAK_PASSWORD")
        #expect(await change(Self.password, "a new one that is long") == nil)
        #expect(try setting.refusal("clerk", Self.password)?.reason == "WRONG_CREDENTIALS")
        #expect(try setting.refusal("clerk", "a new one that is long") == nil)
        // A secret takes the password's place in turn, and is the present one of its owner.
        let issued = try await setting.directory.issueCredential(PersonRequest(login: "zhang"))
        _ = try await DirectoryClient(try setting.connect("zhang", issued.secret)).changePassword(
            ChangePasswordRequest(present: issued.secret, password: Self.password)
        )
        #expect(try setting.refusal("zhang", Self.password) == nil)
        #expect(try await setting.audits("PASSWORD_CHANGED").map(\.actor) == ["clerk", "zhang"])
        // Nothing of it lies in the store in the clear.
        for name in ["banjie.sqlite", "banjie.sqlite-wal"] {
            let file = setting.office.server.folder.appending(path: name)
            guard let content = try? Data(contentsOf: file) else { continue }
            for word in [Self.password, "a new one that is long"] {
                #expect(content.range(of: Data(word.utf8)) == nil, "\(name)")
            }
        }
    }

    @Test func whoeverGuessesWaitsLongerAndLonger() async throws {
        let setting = try await Setting()
        _ = try await setting.directory.setPassword(
            SetPasswordRequest(login: "clerk", password: Self.password)
        )
        var wait: UInt32 = 0
        for login in ["clerk", "nobody at all"] {
            var refusals: [CallFailure] = []
            // On a slow machine the first delays are over before the next guess.
            while refusals.last?.reason != "SIGN_IN_DELAYED", refusals.count < 14 {
                let guess = "guess number \(refusals.count)"
                let refusal = try setting.refusal(login, guess)
                refusals.append(try #require(refusal))
            }
            let delayed = try #require(refusals.last)
            refusals.removeLast()
            #expect(delayed.reason == "SIGN_IN_DELAYED", "\(login)")
            #expect(delayed.status == .resourceExhausted)
            #expect(refusals.count >= 5, "\(login)")
            #expect(refusals.allSatisfy { $0.reason == "WRONG_CREDENTIALS" }, "\(login)")
            if login == "clerk" { wait = delayed.retryAfterMilliseconds ?? 0 }
        }
        // A daemon's secret isn't guessed, and nobody can keep it out.
        let secret = try setting.office.credentials(of: "zhang").secret
        for number in 0..<7 { _ = try setting.refusal("zhang", "guess number \(number)") }
        #expect(try setting.refusal("zhang", secret) == nil)
        // After the delay the right one is taken.
        try await Task.sleep(for: .milliseconds(Int(wait) + 200))
        #expect(try setting.refusal("clerk", Self.password) == nil)
        // The log is written behind the answer.
        for _ in 0..<200 where try await setting.audits("SIGN_IN_RECOVERED").isEmpty {
            try await Task.sleep(for: .milliseconds(20))
        }
        let failures = try await setting.audits("SIGN_IN_FAILED")
        #expect(failures.filter { $0.subject == "person/clerk" }.count >= 2)
        #expect(!failures.contains { $0.subject.contains("nobody") })
        #expect(try await setting.audits("SIGN_IN_RECOVERED").map(\.subject) == ["person/clerk"])
    }

    @Test func aDisabledPersonsSessionsAndStreamsAreOver() async throws {
        let setting = try await Setting()
        let connection = try setting.office.connect(as: "clerk", attempts: 1)
        let cases = CasesClient(connection)
        _ = try await cases.count(Empty())
        var events = cases.watch(WatchCasesRequest()).makeAsyncIterator()
        _ = try await events.next()
        let sessions = try await setting.admin.listSessions(
            ListSessionsRequest(person: "clerk", limit: 10)
        ).sessions
        #expect(sessions.map(\.proof) == [.secret])
        let person = try await setting.directory.disablePerson(
            PersonReasonRequest(login: "clerk", reason: "调离")
        )
        #expect(person.disabled)
        do {
            while try await events.next() != nil {}
            Issue.record("the stream ended as if all were well")
        } catch {
            #expect(error.reason == "SIGNED_OUT")
        }
        await #expect(throws: CallError.self) { _ = try await cases.count(Empty()) }
        let secret = try setting.office.credentials(of: "clerk").secret
        #expect(try setting.refusal("clerk", secret)?.reason == "WRONG_CREDENTIALS")
        // A change of the person doesn't let them in again.
        var changed = person
        changed.disabled = false
        _ = try await setting.directory.putPerson(changed)
        #expect(try setting.refusal("clerk", secret)?.reason == "WRONG_CREDENTIALS")
        _ = try await setting.directory.enablePerson(
            PersonReasonRequest(login: "clerk", reason: "调回")
        )
        #expect(try setting.refusal("clerk", secret) == nil)
    }

    @Test func anOperatorEndsOneSessionOfSeveral() async throws {
        let setting = try await Setting()
        let connections = try (0..<2).map { _ in
            try setting.office.connect(as: "clerk", attempts: 1)
        }
        for connection in connections { _ = try await CasesClient(connection).count(Empty()) }
        let request = ListSessionsRequest(person: "clerk", limit: 1)
        let first = try await setting.admin.listSessions(request)
        #expect(first.more)
        let ended = try #require(first.sessions.first)
        _ = try await setting.admin.endSession(
            EndSessionRequest(session: ended.session, reason: "设备遗失")
        )
        await #expect(throws: CallError.self) {
            _ = try await setting.admin.endSession(
                EndSessionRequest(session: ended.session, reason: "again")
            )
        }
        let left = try await setting.admin.listSessions(
            ListSessionsRequest(person: "clerk", limit: 10)
        ).sessions
        #expect(left.count == 1)
        #expect(left.first.map { $0.session > ended.session } == true)
        var refused = 0
        for connection in connections {
            do throws(CallError) {
                _ = try await CasesClient(connection).count(Empty())
            } catch {
                #expect(error.reason == "SIGN_IN_REQUIRED")
                refused += 1
            }
        }
        #expect(refused == 1)
    }

    @Test func aWatchOfSomebodyWhoseRightsHaveChangedIsOpenedAgain() async throws {
        let setting = try await Setting()
        let connection = try setting.office.connect(as: "clerk", attempts: 1)
        var events = CasesClient(connection).watch(WatchCasesRequest()).makeAsyncIterator()
        _ = try await events.next()
        var person = try await setting.directory.getPerson(PersonRequest(login: "clerk"))
        person.name = "clerk"
        person.roles = [.staff, .supervisor]
        _ = try await setting.directory.putPerson(person)
        do {
            while try await events.next() != nil {}
            Issue.record("the stream ended as if all were well")
        } catch {
            #expect(error.reason == "RIGHTS_CHANGED")
            #expect(error.status == .unavailable)
        }
        // What doesn't change them ends nothing.
        var again = CasesClient(connection).watch(WatchCasesRequest()).makeAsyncIterator()
        _ = try await again.next()
        _ = try await setting.directory.putPerson(person)
        let sessions = try await setting.admin.listSessions(
            ListSessionsRequest(person: "clerk", limit: 10)
        ).sessions
        #expect(sessions.count == 1)
    }

    @Test func theLastOperatorStays() async throws {
        let setting = try await Setting()
        let disable = PersonReasonRequest(login: "operator", reason: "test")
        #expect(
            await Self.reason { () async throws(CallError) in
                _ = try await setting.directory.disablePerson(disable)
            } == "LAST_OPERATOR"
        )
        let person = Person(login: "operator", name: "operator", roles: [.supervisor])
        #expect(
            await Self.reason { () async throws(CallError) in
                _ = try await setting.directory.putPerson(person)
            } == "LAST_OPERATOR"
        )
        _ = try await setting.directory.putPerson(
            Person(login: "second", name: "second", roles: [.operator])
        )
        #expect(
            await Self.reason { () async throws(CallError) in
                _ = try await setting.directory.disablePerson(disable)
            } == nil
        )
    }

    @Test func peopleAreListedMaskedAndByPage() async throws {
        let setting = try await Setting()
        let page = try await setting.directory.listPeople(ListPeopleRequest(limit: 2))
        #expect(page.people.map(\.login) == ["clerk", "operator"])
        #expect(page.more)
        #expect(page.people.first?.name == "c*")
        let rest = try await setting.directory.listPeople(
            ListPeopleRequest(after: "operator", limit: 2)
        )
        #expect(rest.people.map(\.login) == ["zhang"])
        #expect(!rest.more)
        let lead = try await setting.directory.listPeople(
            ListPeopleRequest(department: "LEAD", limit: 10)
        )
        #expect(lead.people.map(\.login) == ["clerk"])
    }
}
