import Foundation
import Office
import Testing

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
        #expect(settings.listing.contains("policy.notice_days"))
        #expect(settings.listing.contains("# file f.json5"))
    }

    @Test(arguments: [
        ("{ reactor: 2 }", "reactor"),
        ("{ policy: { days: 2 } }", "policy.days"),
        ("[1]", "the file"),
        ("{", "the file"),
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
        (.listen, "127.example.org:1"),
    ])
    func aValueThatIsWrongIsRefused(_ setting: Setting, _ value: String) {
        var settings = Settings()
        settings.set(setting, to: value, from: .flag(setting.flag))
        let error = #expect(throws: ConfigurationError.self) { try settings.configuration() }
        #expect(error?.setting == setting.rawValue)
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
