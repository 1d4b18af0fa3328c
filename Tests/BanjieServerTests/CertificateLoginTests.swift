import TLS
import Testing

@testable import BanjieServer

@Suite struct CertificateLoginTests {
    @Test(
        "W71: the first kind of name that is there counts",
        arguments: [
            (["banjie:a", "https://x", "banjie:b"], ["h"], "c", ["a", "b"]),
            (["https://x"], ["h", "i"], "c", ["h", "i"]), ([], [], "c", ["c"]),
            ([], [], nil, []), (["banjie:"], ["h"], "c", ["h"]), (["BANJIE:a"], [], "c", ["c"]),
        ] as [([String], [String], String?, [String])]
    )
    func logins(_ uris: [String], _ hosts: [String], _ name: String?, _ logins: [String]) {
        let certificate = PeerCertificate(
            subject: "",
            commonName: name,
            uris: uris,
            dnsNames: hosts
        )
        #expect(certificate.logins == logins)
    }
}
