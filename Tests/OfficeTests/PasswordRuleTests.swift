import Testing

@testable import Office

@Suite struct PasswordRuleTests {
    @Test(arguments: [
        "correct horse battery", "密码要长一些才难猜着呢呀", "aB3$efgh!jkl",
        String(repeating: "abcde", count: 40),
    ])
    func longOnesAreTaken(_ password: String) throws {
        try PasswordRule.check(password, login: "clerk")
    }

    @Test(arguments: [
        ("", PasswordRule.Weakness.length), ("elevenchars", .length),
        (String(repeating: "abcde", count: 41), .length),
        ("my Clerk is great", .login), ("aaaaaaaaaaaaaaaaaaaa", .repetitive),
        ("abababababababab", .repetitive),
        (String(repeating: "0123456789abcdef", count: 4), .secret),
    ])
    func weakOnesAreRefused(_ password: String, _ weakness: PasswordRule.Weakness) {
        #expect(throws: Refusal.weakPassword(weakness)) {
            try PasswordRule.check(password, login: "clerk")
        }
    }
}
