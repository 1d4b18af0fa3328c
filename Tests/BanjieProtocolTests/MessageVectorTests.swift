import BanjieProtocol
import Foundation
import Testing
import Wire

/// A line of `Protocol/vectors/messages.jsonl`: bytes, and what they mean or why they are refused.
struct MessageVector: Decodable, CustomTestStringConvertible {
    let what: String
    let message: String
    let bytes: String
    let canonical: String?
    let error: String?
    let path: [UInt32]?
    let offset: Int?

    var testDescription: String { "\(message): \(what)" }

    static let all: [MessageVector] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("Protocol/vectors/messages.jsonl")
        guard let lines = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return lines.split(separator: "\n").compactMap { line in
            try? JSONDecoder().decode(MessageVector.self, from: Data(line.utf8))
        }
    }()

    static func bytes(hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}

struct MessageVectorTests {
    @Test func theVectorsAreThere() {
        #expect(MessageVector.all.filter { $0.canonical != nil }.count >= 26)
        #expect(MessageVector.all.filter { $0.error != nil }.count >= 25)
    }

    @Test(arguments: MessageVector.all)
    func bytesMeanWhatTheVectorSays(vector: MessageVector) throws {
        let type = try #require(BanjieProtocolSchema.message(named: vector.message))
        let bytes = MessageVector.bytes(hex: vector.bytes)
        do {
            let message = try type.init(decoding: bytes)
            let canonical = try #require(vector.canonical, "these bytes must be refused")
            #expect(message.encoded() == MessageVector.bytes(hex: canonical))
            #expect(try type.init(decoding: message.encoded()).encoded() == message.encoded())
        } catch let error as DecodingError {
            #expect(vector.error == "\(error.problem.caseName)")
            #expect(vector.path == error.path)
            #expect(vector.offset == error.offset)
        }
    }

    /// A strict prefix decodes only where a field ends; every damaged byte is taken or refused, and
    /// what is taken has one canonical form.
    @Test(arguments: MessageVector.all)
    func prefixesAndBitFlipsNeverTrap(vector: MessageVector) throws {
        let type = try #require(BanjieProtocolSchema.message(named: vector.message))
        let bytes = MessageVector.bytes(hex: vector.bytes)
        for length in 0..<bytes.count { Self.checkIsStable(Array(bytes[..<length]), as: type) }
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                Self.checkIsStable(damaged, as: type)
            }
        }
    }

    static func checkIsStable<Value: Message>(_ bytes: [UInt8], as type: Value.Type) {
        do {
            let message = try Value(decoding: bytes)
            let canonical = message.encoded()
            let again = try Value(decoding: canonical)
            #expect(again == message)
            #expect(again.encoded() == canonical)
        } catch {
            #expect((0...bytes.count).contains(error.offset))
            #expect(!error.describe(in: Value.descriptor).isEmpty)
        }
    }
}

extension DecodingError.Problem {
    /// The name of the case, as the vectors write it.
    var caseName: String {
        switch self {
        case .truncated: "truncated"
        case .overlongVarint: "overlongVarint"
        case .illegalTag: "illegalTag"
        case .wrongWireType: "wrongWireType"
        case .group: "group"
        case .illegalUTF8: "illegalUTF8"
        case .tooDeep: "tooDeep"
        case .unrepresentable: "unrepresentable"
        }
    }
}
