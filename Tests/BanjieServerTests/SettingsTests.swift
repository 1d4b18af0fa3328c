import Foundation
import Office
import TLS
import Telemetry
import Testing
import Transport

@testable import BanjieServer

@Suite struct SettingsTests {
    @Test func theLaterSourceWinsAndIsNamed() throws {
        var settings = Settings()
        #expect(settings[.reactors].origin == .standard)
        let file = Data("// ours\n{ reactors: 2, policy: { notice_days: 4 } }".utf8)
        try ConfigurationFile.apply(file, path: "f.json5", to: &settings)
        settings.apply(environment: ["BANJIE_REACTORS": "3"])
        #expect(settings[.reactors].value == "3")
        #expect(settings[.reactors].origin == .environment("BANJIE_REACTORS"))
        settings.set(.reactors, to: "4", from: .flag("reactors"))
        let configuration = try settings.configuration()
        #expect(configuration.reactors == 4)
        #expect(configuration.policy.noticeDays == 4)
        #expect(settings.listing(in: .english).contains("policy.notice_days"))
        #expect(settings.listing(in: .english).contains("# file f.json5"))
        #expect(settings.listing(in: .chinese).contains("# 文件 f.json5"))
    }

    @Test(arguments: [
        ("{ reactor: 2 }", "reactor"),
        ("{ policy: { days: 2 } }", "policy.days"),
        ("[1]", "--config"),
        ("{", "--config"),
    ])
    func aFileThatIsWrongIsRefusedByName(_ text: String, _ setting: String) {
        var settings = Settings()
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationFile.apply(Data(text.utf8), path: "f", to: &settings)
        }
        #expect(error?.setting == setting)
    }

    @Test(arguments: [
        (Setting.reactors, "0"), (.reactors, "x"), (.production, "maybe"), (.clock, "virtual:now"),
        (.listen, "0.0.0.0:7410"), (.listen, "127.0.0.1"), (.listen, ""),
        (.listen, "127.example.org:1"), (.metrics, "192.0.2.1:9464"), (.metrics, "unix:/m"),
        (.metrics, "9464"), (.logFormat, "xml"), (.logLevel, "trace"), (.slowCallMillis, "0"),
    ])
    func aValueThatIsWrongIsRefused(_ setting: Setting, _ value: String) {
        var settings = Settings()
        settings.set(setting, to: value, from: .flag(setting.flag))
        let error = #expect(throws: ConfigurationError.self) { try settings.configuration() }
        #expect(error?.setting == setting.rawValue)
        #expect(error?.sentence(in: .english) != error?.sentence(in: .chinese))
    }

    @Test func everyLimitIsASettingWithinItsRange() throws {
        #expect(try Settings().configuration().limits == Limits())
        for setting in Setting.allCases {
            guard let limit = setting.limit else { continue }
            let standard = limit.value(Limits())
            #expect(limit.range.contains(standard), "\(setting.rawValue)")
            for value in [limit.range.lowerBound - 1, limit.range.upperBound + 1] {
                var settings = Settings()
                settings.set(setting, to: "\(value)", from: .flag(setting.flag))
                let error = #expect(throws: ConfigurationError.self) {
                    try settings.configuration()
                }
                #expect(error?.setting == setting.rawValue)
            }
        }
        var settings = Settings()
        let file = Data("{ limits: { calls: 7, connections_per_address: 9 } }".utf8)
        try ConfigurationFile.apply(file, path: "f", to: &settings)
        settings.apply(environment: ["BANJIE_LIMITS_STREAMS": "3"])
        settings.set(.frameMillis, to: "900", from: .flag("limits-frame-millis"))
        let limits = try settings.configuration().limits
        #expect(limits.callsInFlight == 7 && limits.connectionsPerAddress == 9)
        #expect(limits.streams == 3 && limits.frameMilliseconds == 900)
    }

    @Test(arguments: [
        (Setting.messageBytes, "20000"), (.connectionWindowBytes, "65536"),
        (.outputBytes, "1000000"), (.streamQueueBytes, "40000"),
        (.unfinishedBytes, "1000000"),
    ])
    func aLimitThatIsTooLittleForAnotherIsRefused(_ setting: Setting, _ value: String) {
        var settings = Settings()
        settings.set(setting, to: value, from: .flag(setting.flag))
        let error = #expect(throws: ConfigurationError.self) { try settings.configuration() }
        #expect(error?.setting == setting.rawValue)
    }

    @Test func whatIsShownUnderTLS() throws {
        var settings = Settings()
        #expect(try settings.configuration().tls == nil)
        for (setting, value) in [
            (Setting.listen, "unix:/run/b,tls:0.0.0.0:7410"), (.tlsCertificate, "c.pem"),
            (.tlsKey, "c.key"),
        ] {
            settings.set(setting, to: value, from: .flag(setting.flag))
        }
        let identity = TLSIdentityFiles(certificate: "c.pem", key: "c.key")
        let configuration = try settings.configuration()
        #expect(configuration.listen.last == .tls(host: "0.0.0.0", port: 7410))
        #expect(configuration.tls == TLSServerFiles(identity))
        settings.set(.tlsClientCA, to: "ca.pem", from: .flag(Setting.tlsClientCA.flag))
        #expect(
            try settings.configuration().tls
                == TLSServerFiles(identity, clients: .may(authorities: "ca.pem"))
        )
        settings.set(.tlsClients, to: "must", from: .flag(Setting.tlsClients.flag))
        #expect(
            try settings.configuration().tls
                == TLSServerFiles(identity, clients: .must(authorities: "ca.pem"))
        )
        for (setting, value) in [
            (Setting.tlsClients, "perhaps"), (.tlsClientCA, "none"), (.tlsKey, "none"),
            (.tlsCertificate, "none"),
        ] {
            var wrong = settings
            wrong.set(setting, to: value, from: .flag(setting.flag))
            let error = #expect(throws: ConfigurationError.self) { try wrong.configuration() }
            // Without an authority it is the demand for certificates that can't be.
            let named = setting == .tlsClientCA ? Setting.tlsClients : setting
            #expect(error?.setting == named.rawValue)
        }
    }

    @Test(arguments: Setting.allCases)
    func everySettingIsExplainedInBothLanguages(_ setting: Setting) {
        #expect(!setting.summary.english.isEmpty)
        #expect(setting.summary.chinese.unicodeScalars.contains { $0.value > 0x3000 })
    }

    @Test func metricsAndLogAreConfigured() throws {
        var settings = Settings()
        let standard = try settings.configuration()
        #expect(standard.metrics == nil && standard.logLevel == .info)
        #expect(standard.logFormat == .logfmt && standard.slowCallMilliseconds == 1000)
        settings.set(.metrics, to: "[::1]:9464", from: .standard)
        settings.set(.logFormat, to: "json", from: .standard)
        settings.set(.logLevel, to: "debug", from: .standard)
        let configuration = try settings.configuration()
        #expect(configuration.metrics == .tcp(host: "::1", port: 9464))
        #expect(configuration.logFormat == .json && configuration.logLevel == .debug)
    }

    @Test func productionRefusesAVirtualClock() {
        var settings = Settings()
        settings.set(.production, to: "true", from: .standard)
        settings.set(.clock, to: "virtual:2026-03-02T10:00:00", from: .standard)
        #expect(throws: ConfigurationError.self) { try settings.configuration() }
    }

    @Test func everySettingHasItsOwnFlagAndVariable() {
        #expect(Set(Setting.allCases.map(\.flag)).count == Setting.allCases.count)
        #expect(Set(Setting.allCases.map(\.variable)).count == Setting.allCases.count)
    }
}
