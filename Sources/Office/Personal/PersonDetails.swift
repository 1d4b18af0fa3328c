package import Store

/// Who somebody is: a person, or a firm with the person who acts for it. What identifies a firm is
/// public.
package struct PersonDetails: Hashable, Sendable {
    package var name: PersonName
    package var citizenID: CitizenID?
    package var phone: PhoneNumber?
    /// The firm's name; nil for a natural person.
    package var firm: String?
    package var creditCode: CreditCode?

    package init(
        name: PersonName,
        citizenID: CitizenID? = nil,
        phone: PhoneNumber? = nil,
        firm: String? = nil,
        creditCode: CreditCode? = nil
    ) {
        self.name = name
        self.citizenID = citizenID
        self.phone = phone
        self.firm = firm
        self.creditCode = creditCode
    }

    /// What stays when the personal part is erased.
    package var erased: PersonDetails {
        PersonDetails(name: PersonName(""), firm: firm, creditCode: creditCode)
    }

    /// Checks what a request says of somebody, whose field a refusal names: never what stood in it.
    ///
    /// - Throws: `malformed`.
    package init(
        name: String,
        citizenID: String,
        phone: String,
        firm: String,
        creditCode: String
    ) throws(Refusal) {
        self.name = PersonName(name)
        self.citizenID = try Self.parsed(citizenID, "citizen_id", .citizenID, CitizenID.init)
        self.phone = try Self.parsed(phone, "phone", .phone, PhoneNumber.init)
        self.firm = firm.isEmpty ? nil : firm
        self.creditCode = try Self.parsed(creditCode, "credit_code", .creditCode) {
            try? CreditCode($0)
        }
    }

    /// The value of a field; nil when it is empty.
    package static func parsed<Value>(
        _ text: String,
        _ field: String,
        _ form: Refusal.Form,
        _ parse: (String) -> Value?
    ) throws(Refusal) -> Value? {
        if text.isEmpty { return nil }
        guard let value = parse(text) else { throw .malformed(field: field, form: form) }
        return value
    }
}

// MARK: - In a row

extension PersonDetails {
    package static let columns = [
        Column("name", .text, personal: true),
        Column("citizen_id", .text, optional: true, personal: true),
        Column("phone", .text, optional: true, personal: true),
        Column("firm", .text, optional: true),
        Column("credit_code", .text, optional: true),
    ]

    func write(to row: inout RowWriter) {
        row.text(name.clear)
        row.text(citizenID?.clear)
        row.text(phone?.clear)
        row.text(firm)
        row.text(creditCode?.description)
    }

    init(row: inout RowReader) throws(StoreError) {
        name = PersonName(try row.text())
        citizenID = try Self.stored(try row.optionalText(), "a citizen ID", row, CitizenID.init)
        phone = try Self.stored(try row.optionalText(), "a telephone number", row, PhoneNumber.init)
        firm = try row.optionalText()
        creditCode = try Self.stored(try row.optionalText(), "a credit code", row) {
            try? CreditCode($0)
        }
    }

    /// A stored value; what stood in its place isn't told.
    private static func stored<Value>(
        _ text: String?,
        _ expected: String,
        _ row: RowReader,
        _ parse: (String) -> Value?
    ) throws(StoreError) -> Value? {
        guard let text else { return nil }
        guard let value = parse(text) else { throw row.mismatch(expected, .null) }
        return value
    }
}
