import Glibc

/// Text in GB 18030-2022 (GBK and GB 2312 are parts of it), as spreadsheets in Chinese write it.
enum ChineseText {
    /// The text of bytes that are GB 18030 throughout; nil when they aren't, or when the system can't read it.
    static func decode(_ bytes: [UInt8]) -> String? {
        let converter = iconv_open("UTF-8", "GB18030")
        // What iconv_open returns for a failure: (iconv_t)-1.
        guard let converter, converter != iconv_t(bitPattern: -1) else { return nil }
        defer { iconv_close(converter) }
        var input = bytes.map { CChar(bitPattern: $0) }
        // No character takes more than twice its bytes in UTF-8: two bytes become three, one stays one.
        var output = [CChar](repeating: 0, count: bytes.count * 2 + 4)
        var (unread, room) = (input.count, output.count)
        let converted = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                var (from, to) = (input.baseAddress, output.baseAddress)
                return iconv(converter, &from, &unread, &to, &room)
            }
        }
        guard converted != Int(bitPattern: UInt.max), unread == 0 else { return nil }
        let text = output.prefix(output.count - room).map { UInt8(bitPattern: $0) }
        return String(validating: text, as: UTF8.self)
    }
}
