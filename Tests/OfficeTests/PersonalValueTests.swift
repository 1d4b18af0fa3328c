import CivilTime
import Office
import Store
import Testing

@Suite struct PersonalValueTests {
    private static let monday = CivilDate(daysSinceEpoch: 20_514)

    /// The examples of GB 11643-1999, annex A.
    @Test(arguments: ["11010519491231002X", "440524188001010014"])
    func theStandardsExamplesAreCitizenIDs(_ text: String) {
        #expect(CitizenID(text)?.clear == text)
    }

    @Test func oneWrongCharacterIsNoticed() {
        let text = "11010519491231002X"
        for position in 0..<17 {
            for digit in "0123456789" where Array(text)[position] != digit {
                var wrong = Array(text)
                wrong[position] = digit
                #expect(CitizenID(String(wrong)) == nil, "\(String(wrong))")
            }
        }
    }

    @Test(arguments: [
        "", "11010519491231002", "11010519491231002x", "1101051949123100２X", "11010519490231002X",
        " 11010519491231002", "11010519491231002XX",
    ])
    func othersArent(_ text: String) { #expect(CitizenID(text) == nil) }

    @Test func telephoneNumbers() {
        let numbers = [
            "13812345678", "19912345678", "0571-87654321", "057187654321", "0571-8765432",
            "010-65551234", "0106555123",
        ]
        for text in numbers {
            #expect(PhoneNumber(text)?.clear == text)
        }
        let others = [
            "", "1381234567", "12812345678", "138123456789", "+8613812345678", "abc", "0", "-",
            "010655512", "0571876543210", "05-87654321", "05711-8765432", "0571-876543",
            "0571-876543210", "0571-8765-4321", "0571-", "1381234567８", "138123４5678",
        ]
        for text in others {
            #expect(PhoneNumber(text) == nil)
        }
    }

    @Test(arguments: [
        ("王芳", "王*"), ("欧阳若曦", "欧*"), ("", ""), ("王*", "王*"),
        ("11010519491231002X", "110***********002X"), ("13812345678", "138****5678"),
        ("0571-87654321", "057******4321"), ("1234567", "1*"),
    ])
    func masks(_ text: String, _ masked: String) {
        #expect(Masking.masked(text) == masked)
        #expect(Masking.masked(masked) == masked)
    }

    @Test func numbersInFreeTextAreMasked() {
        #expect(
            Masking.scrubbed("电13812345678，证11010519491231002X；案号20260302，3 days")
                == "电138****5678，证110***********002X；案号20260302，3 days"
        )
        #expect(Masking.scrubbed("") == "")
    }

    /// However a value is printed.
    @Test func printedValuesAreMasked() throws {
        let details = PersonDetails(
            name: PersonName("欧阳若曦"),
            citizenID: CitizenID("11010519491231002X"),
            phone: PhoneNumber("13812345678")
        )
        var dumped = ""
        dump(details, to: &dumped)
        for text in ["\(details)", String(reflecting: details), dumped] {
            for clear in ["欧阳若曦", "11010519491231002X", "13812345678"] {
                #expect(!text.contains(clear), "\(text)")
            }
        }
        #expect("\(details.name)" == "欧*")
    }

    @Test func applicantsComeBackAsTheyWereWritten() throws {
        var record = ApplicantRecord(
            case: "C1",
            login: "zhao",
            details: PersonDetails(
                name: PersonName("欧阳若曦"),
                phone: PhoneNumber("13812345678"),
                firm: "公司"
            )
        )
        #expect(try Row.roundTrip(record) == record)
        record.end(on: Self.monday)
        record.end(on: Self.monday.adding(days: 1))
        #expect(record.retention == .ended(Self.monday, login: "zhao"))
        #expect(try Row.roundTrip(record) == record)
        record.erase(on: Self.monday.adding(days: 9))
        #expect(record.details == PersonDetails(name: PersonName(""), firm: "公司"))
        #expect(try Row.roundTrip(record) == record)
    }
}
