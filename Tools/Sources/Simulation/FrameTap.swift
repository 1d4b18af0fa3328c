import Wire

/// Reads what a server sends on a connection, frame by frame, and knows what it may not send.
struct FrameTap {
    private var held: [UInt8] = []
    private var ended: Set<UInt32> = []
    private var isOver = false

    /// Takes sent bytes; returns what is wrong with them.
    mutating func take(_ bytes: some Collection<UInt8>) -> String? {
        held.append(contentsOf: bytes)
        while true {
            let found: (header: FrameHeader, byteCount: Int)?
            do throws(ProtocolViolation) {
                found = try Self.firstFrame(of: held)
            } catch {
                return "the server sent a broken frame: \(error.message)"
            }
            guard let (header, byteCount) = found else { return nil }
            held.removeFirst(byteCount)
            if let problem = judge(header) { return problem }
        }
    }

    private static func firstFrame(
        of bytes: [UInt8]
    ) throws(ProtocolViolation) -> (header: FrameHeader, byteCount: Int)? {
        try bytes.withUnsafeBufferPointer { (bytes) throws(ProtocolViolation) in
            let longest = UInt32(FrameHeader.longestPayload)
            switch try Frame.first(in: UnsafeRawBufferPointer(bytes), longestPayload: longest) {
            case .incomplete: return nil
            case .found(let frame): return (frame.header, frame.byteCount)
            }
        }
    }

    private mutating func judge(_ header: FrameHeader) -> String? {
        if isOver { return "the server sent a frame behind ERROR" }
        switch FrameType(rawValue: header.type) {
        case .end:
            guard ended.insert(header.stream).inserted else {
                return "stream \(header.stream) was ended twice"
            }
        case .message where ended.contains(header.stream):
            return "stream \(header.stream) had a message behind its end"
        case .call, .cancel:
            return "the server sent a frame that only clients send"
        case .error: isOver = true
        default: break
        }
        return nil
    }
}
