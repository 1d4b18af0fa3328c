package import Store

/// A code that somebody is given once and that is kept as a digest alone.
package enum GivenCode {
    /// No letter in it looks like a digit.
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    /// 查询码: 40 bits, for one case.
    package static let queryLength = 8
    /// 评价邀请码: 80 bits, since it stands alone.
    package static let invitationLength = 16

    /// A code of so many characters, five bits of randomness each.
    ///
    /// - Precondition: there are as many random bytes.
    package static func make(_ length: Int, from random: [UInt8]) -> String {
        precondition(random.count >= length, "a code needs a random byte for each character")
        return String(random.prefix(length).map { alphabet[Int($0) % alphabet.count] })
    }
}

/// 查询码: what proves that somebody may track a case without signing in.
package struct TrackingRecord: Record, Hashable {
    /// The case serial.
    package let key: String
    /// SHA-256 of the serial and the code.
    package let digest: [UInt8]

    package init(case serial: String, digest: [UInt8]) {
        key = serial
        self.digest = digest
    }

    package static let table = Table(
        "tracking",
        key: [Column("serial", .text)],
        columns: [Column("digest", .digest)]
    )

    package func write(to row: inout RowWriter) { row.digest(digest) }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        digest = try row.blob()
    }
}

/// 评价邀请码: what lets somebody rate the service of one case once, without signing in.
package struct InvitationRecord: Record, Hashable {
    /// SHA-256 of the token, in hexadecimal.
    package let key: String
    package let caseSerial: String

    package init(digest: String, case serial: String) {
        key = digest
        caseSerial = serial
    }

    package static let table = Table(
        "review_invitation",
        key: [Column("digest", .text)],
        columns: [Column("case_serial", .text)]
    )

    package func write(to row: inout RowWriter) { row.text(caseSerial) }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        caseSerial = try row.text()
    }
}
