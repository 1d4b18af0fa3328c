import Foundation
import Testing

@testable import BanjieJoint

struct JointConfigurationTests {
    private static let least = """
        // The least there is.
        { server: "127.0.0.1:7410", login: "a-daemon", secret_file: "/etc/s", worker: "a-1",
          outbox: "/var/lib/a" }
        """

    @Test func theLeastIsEnough() throws {
        let configuration = try JointConfiguration(Data(Self.least.utf8))
        #expect(configuration.servers == ["127.0.0.1:7410"])
        #expect(configuration.realm == "banjie")
        #expect(configuration.capacity == 4)
        #expect(configuration.signs)
        #expect(configuration.handler == nil)
    }

    @Test func everySettingIsTaken() throws {
        let text = """
            { server: ["tls:a:1", "tls:b:2"], realm: "city", login: "d", ca: "/ca", certificate: "/c",
              key: "/k", worker: "w", capacity: 9, sign: false, handler: ["/bin/h", "-x"],
              handler_timeout_seconds: 5, handler_attempts: 2, outbox: "/o", drain_seconds: 0 }
            """
        let configuration = try JointConfiguration(Data(text.utf8))
        #expect(configuration.servers == ["tls:a:1", "tls:b:2"])
        #expect(configuration.realm == "city")
        #expect(configuration.authorities == "/ca")
        #expect(configuration.certificate == "/c")
        #expect(configuration.certificateKey == "/k")
        #expect(configuration.capacity == 9)
        #expect(!configuration.signs)
        #expect(
            configuration.handler
                == JointConfiguration.Handler(
                    command: ["/bin/h", "-x"],
                    timeoutSeconds: 5,
                    attempts: 2
                )
        )
        #expect(configuration.drainSeconds == 0)
    }

    /// What is wrong, and what the sentence must name.
    @Test(arguments: [
        ("[]", "object"), ("{", "object"), ("{}", "server"),
        (#"{server: 5}"#, "server"), (#"{server: [], login: "d"}"#, "server"),
        (#"{server: "a:1", login: ""}"#, "login"),
        (least.replacing("\"a-1\"", with: "7"), "worker"),
        (least.replacing("worker:", with: "capacity: 0, worker:"), "capacity"),
        (least.replacing("worker:", with: "capacity: 1.5, worker:"), "object"),
        (least.replacing("worker:", with: "colour: \"red\", worker:"), "colour"),
        (least.replacing("worker:", with: "certificate: \"/c\", worker:"), "key"),
        (least.replacing("secret_file: \"/etc/s\",", with: ""), "secret_file"),
        (least.replacing("worker:", with: "sign: \"yes\", worker:"), "sign"),
    ])
    func whatIsWrongIsNamed(_ text: String, _ name: String) {
        do {
            let configuration = try JointConfiguration(Data(text.utf8))
            Issue.record("\(configuration) was taken")
        } catch {
            #expect(error.description.contains(name), "\(error)")
        }
    }
}
