public import CSystem

/// CRC-32C, the Castagnoli polynomial (RFC 3720, appendix B.4), as frames carry it.
public enum Checksum {
    /// The checksum of `bytes`; 0 of none.
    @inlinable public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let start = bytes.baseAddress else { return 0 }
        return banjie_crc32c(0, start, bytes.count)
    }

    /// The checksum of the 20 bytes at `start`.
    @inlinable static func ofHeader(_ start: UnsafeRawPointer) -> UInt32 {
        banjie_crc32c_20(start)
    }
}
