import City
import Office
import Testing

/// A sample city is of the size that was asked for, and all of its codes hold.
struct SampleCityTests {
    @Test func itIsAsLargeAsACity() {
        let city = City(seed: 1)
        #expect(city.departments.count >= 30)
        #expect(city.items.count == 300)
        #expect(city.staff.count == 2000)
        #expect(city.items.contains { !$0.coHandlers.isEmpty })
        #expect(city.items.contains { $0.isInstant })
    }

    @Test func everyCodeHolds() throws {
        let city = City(seed: 7)
        for department in city.departments { _ = try CreditCode(department.creditCode) }
        for item in city.items { _ = try ItemCode(item.code) }
        for applicant in city.applicants {
            #expect(CitizenID(applicant.citizenID) != nil, "\(applicant.citizenID)")
            if !applicant.firm.isEmpty { _ = try CreditCode(applicant.creditCode) }
        }
        for member in city.staff where !member.post.isEmpty {
            #expect(CitizenID(member.citizenID) != nil, "\(member.citizenID)")
        }
    }

    @Test func nothingIsThereTwice() {
        let city = City(seed: 2)
        #expect(Set(city.departments.map(\.code)).count == city.departments.count)
        #expect(Set(city.posts.map(\.code)).count == city.posts.count)
        #expect(Set(city.items.map(\.code)).count == city.items.count)
        #expect(Set(city.items.map { $0.department + $0.name }).count == city.items.count)
        let logins = city.staff.map(\.login) + city.applicants.map(\.login)
        #expect(Set(logins).count == logins.count)
    }

    /// What is named is there: departments of posts, items and staff, posts of staff, co-handlers.
    @Test func whatIsNamedIsThere() {
        let city = City(seed: 3)
        let departments = Set(city.departments.map(\.code))
        let posts = Dictionary(uniqueKeysWithValues: city.posts.map { ($0.code, $0.department) })
        #expect(city.posts.allSatisfy { departments.contains($0.department) })
        for item in city.items {
            #expect(departments.contains(item.department))
            #expect(
                item.coHandlers.allSatisfy { departments.contains($0) && $0 != item.department }
            )
            #expect((1...item.statutoryDays).contains(item.promisedDays))
        }
        for member in city.staff {
            #expect(departments.contains(member.department))
            #expect(member.post.isEmpty || posts[member.post] == member.department)
        }
    }

    @Test func aSeedMakesTheSameCity() {
        #expect(City(seed: 4) == City(seed: 4))
        #expect(City(seed: 4) != City(seed: 5))
    }
}
