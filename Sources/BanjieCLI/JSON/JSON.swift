/// A JSON value (RFC 8259). Numbers keep their spelling; objects keep their order.
enum JSON: Hashable, Sendable {
    case null
    case boolean(Bool)
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    struct Member: Hashable, Sendable {
        let key: String
        let value: JSON
    }

    /// The value of a number without a fraction or exponent that lies in `range`, or nil.
    func integer(in range: ClosedRange<Int>) -> Int? {
        guard case .number(let spelling) = self, let value = Int(spelling), range.contains(value)
        else { return nil }
        return value
    }
}

/// Where and why some bytes aren't JSON.
struct JSONError: Error, Hashable {
    /// How many bytes lie before the fault.
    let offset: Int
    let fault: Fault

    enum Fault: Hashable {
        /// The text ends too early.
        case endOfText
        /// A byte that can't stand here.
        case unexpected
        /// A string with a raw control character, a bad escape, or bytes that aren't UTF-8.
        case badString
        /// A number that isn't written as JSON's are.
        case badNumber
        /// Arrays or objects that lie too deep within each other.
        case tooDeep
        /// A key that the object has already.
        case repeatedKey(String)
    }
}

extension JSON {
    /// Parses one value, with white space around it and nothing else.
    ///
    /// Nesting is limited to 16 levels; an object's keys must differ.
    init(parsing bytes: ArraySlice<UInt8>) throws(JSONError) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.value(depth: 0)
        parser.skipSpace()
        if parser.next != nil { throw parser.error(.unexpected) }
    }
}

private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

private struct JSONParser {
    let bytes: ArraySlice<UInt8>
    var index: Int

    private static let depthMax = 16

    init(bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    var next: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    func error(_ fault: JSONError.Fault) -> JSONError {
        JSONError(offset: index - bytes.startIndex, fault: next == nil ? .endOfText : fault)
    }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            index += 1
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    mutating func value(depth: Int) throws(JSONError) -> JSON {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte):
            return .number(try number())
        default: throw error(.unexpected)
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        for position in 0..<word.utf8CodeUnitCount {
            guard take(word.utf8Start[position]) else { throw error(.unexpected) }
        }
        return value
    }

    private mutating func elements(depth: Int) throws(JSONError) -> [JSON] {
        guard depth < Self.depthMax else { throw error(.tooDeep) }
        index += 1
        skipSpace()
        var elements: [JSON] = []
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return elements }
            guard take(UInt8(ascii: ",")) else { throw error(.unexpected) }
        }
    }

    private mutating func members(depth: Int) throws(JSONError) -> [JSON.Member] {
        guard depth < Self.depthMax else { throw error(.tooDeep) }
        index += 1
        skipSpace()
        var members: [JSON.Member] = []
        var keys: Set<String> = []
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error(.unexpected) }
            let start = index
            let key = try string()
            guard keys.insert(key).inserted else {
                throw JSONError(offset: start - bytes.startIndex, fault: .repeatedKey(key))
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error(.unexpected) }
            members.append(JSON.Member(key: key, value: try value(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw error(.unexpected) }
        }
    }

    private mutating func number() throws(JSONError) -> String {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")), digits() == 0 { throw error(.badNumber) }
        if take(UInt8(ascii: ".")), digits() == 0 { throw error(.badNumber) }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if digits() == 0 { throw error(.badNumber) }
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func digits() -> Int {
        let start = index
        while let byte = next, isDigit(byte) { index += 1 }
        return index - start
    }

    private mutating func string() throws(JSONError) -> String {
        index += 1
        let start = index
        // Most strings have no escape and are taken as they stand.
        while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
        {
            index += 1
        }
        var text = Array(bytes[start..<index])
        while !take(UInt8(ascii: "\"")) {
            guard let byte = next, byte >= 0x20 else { throw error(.badString) }
            index += 1
            if byte == UInt8(ascii: "\\") {
                text.append(contentsOf: String(Character(try escape())).utf8)
            } else {
                text.append(byte)
            }
        }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw JSONError(offset: start - bytes.startIndex, fault: .badString)
        }
        return string
    }

    /// The character of an escape whose backslash has been taken.
    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard let byte = next else { throw error(.badString) }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default:
            index -= 1
            throw error(.badString)
        }
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // A high surrogate, which its low one must follow (RFC 8259 §7).
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw error(.badString)
        }
        let second = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + second - 0xDC00)
        else { throw error(.badString) }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, byte < 0x80,
                let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw error(.badString) }
            value = value << 4 + UInt32(digit)
            index += 1
        }
        return value
    }
}
