import BanjieProtocol
import CivilTime
import Foundation
import Testing
import Wire

@testable import BanjieServer

@Suite struct ReplyMaskTests {
    private static let personal = "欧阳若曦"
    private static let open = "public"

    /// A message with something in every field, down to a depth.
    private static func filled(_ message: MessageDescriptor, depth: Int = 0) -> [UInt8] {
        var writer = MessageWriter()
        for field in message.fields {
            let text = field.isPersonal ? personal : open
            switch field.type {
            case .string: writer.write(ifPresent: text, as: field.number)
            case .bytes: writer.write(ifPresent: Array(text.utf8), as: field.number)
            case .message(let type):
                guard depth < 5 else { continue }
                for _ in 0..<(field.isList ? 3 : 1) {
                    let content = filled(type.descriptor, depth: depth + 1)
                    writer.write(ifPresent: content, as: field.number)
                }
            case .bool, .int32, .int64, .uint32, .uint64, .instant, .date, .enumeration:
                writer.write(UInt64(1), as: field.number)
            }
        }
        return writer.bytes
    }

    private static func count(_ text: String, in bytes: [UInt8]) -> Int {
        var rest = Data(bytes)
        var count = 0
        while let range = rest.range(of: Data(text.utf8)) {
            count += 1
            rest = Data(rest[range.upperBound...])
        }
        return count
    }

    @Test func noMethodShowsWhatIsPersonalButThoseThatOpenIt() throws {
        var masked = 0
        for method in ServiceRegistry.methods {
            let route = try #require(ServiceRegistry.route(method.id))
            let reply = Self.filled(method.reply.descriptor)
            let shown = route.shown(reply)
            let isOpening = ServiceRegistry.openings.contains(method.id)
            if isOpening {
                #expect(shown == reply, "\(method.fullName)")
                continue
            }
            #expect(Self.count(Self.personal, in: shown) == 0, "\(method.fullName)")
            #expect(
                Self.count(Self.open, in: shown) == Self.count(Self.open, in: reply),
                "\(method.fullName)"
            )
            #expect(throws: Never.self) { try method.reply.init(decoding: shown) }
            if Self.count(Self.personal, in: reply) > 0 { masked += 1 }
        }
        #expect(masked > 2)
    }

    @Test func openingsAreAuditedCommandsOfFewWhoseRepliesArentKept() throws {
        for id in ServiceRegistry.openings {
            let method = try #require(ServiceRegistry.route(id)).method
            #expect(method.kind == .command && method.idempotency == .none, "\(method.fullName)")
            guard case .roles = method.access else {
                Issue.record("\(method.fullName) is open to all")
                continue
            }
        }
    }

    @Test func whatIsMaskedStaysSoAndOthersPassUntouched() throws {
        let mask = try #require(ReplyMask(ApplicantView.descriptor))
        let view = ApplicantView(
            case: "C",
            login: "zhao",
            details: ApplicantDetails(
                name: "王芳",
                citizenId: "11010519491231002X",
                phone: "13812345678",
                firm: "公司",
                creditCode: "91350100M000100Y43"
            )
        )
        let masked = try ApplicantView(decoding: mask.masked(view.encoded()))
        #expect(
            masked.details
                == ApplicantDetails(
                    name: "王*",
                    citizenId: "110***********002X",
                    phone: "138****5678",
                    firm: "公司",
                    creditCode: "91350100M000100Y43"
                )
        )
        #expect(masked.case == "C" && masked.login == "zhao")
        #expect(try mask.masked(masked.encoded()) == masked.encoded())
        #expect(ReplyMask(DeadlineView.descriptor) == nil)
    }
}
