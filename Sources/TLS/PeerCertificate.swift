import COpenSSL

/// Whom the peer's certificate, which was found good, is made out to.
package struct PeerCertificate: Hashable, Sendable {
    /// The whole name, for logs, as RFC 2253 writes it: `CN=window-3,O=…`.
    package let subject: String
    /// The name's common name; nil unless there is exactly one.
    package let commonName: String?
    /// The alternative names that are URIs, in order.
    package let uris: [String]
    /// The alternative names that are hosts', in order.
    package let dnsNames: [String]

    package init(subject: String, commonName: String?, uris: [String], dnsNames: [String]) {
        self.subject = subject
        self.commonName = commonName
        self.uris = uris
        self.dnsNames = dnsNames
    }

    /// Reads a certificate of the library's.
    init(_ certificate: OpaquePointer) {
        let name = X509_get_subject_name(certificate)
        subject = Self.text(of: name)
        commonName = Self.commonName(in: name)
        let names = Self.alternativeNames(of: certificate)
        uris = names.filter { $0.type == GEN_URI }.map(\.value)
        dnsNames = names.filter { $0.type == GEN_DNS }.map(\.value)
    }

    private static func text(of name: OpaquePointer?) -> String {
        guard let sink = BIO_new(BIO_s_mem()) else { preconditionFailure("out of memory") }
        defer { BIO_free(sink) }
        X509_NAME_print_ex(sink, name, 0, banjie_name_rfc2253)
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(sink))
        let count = BIO_read(sink, &bytes, Int32(bytes.count))
        return String(decoding: bytes.prefix(max(0, Int(count))), as: UTF8.self)
    }

    private static func commonName(in name: OpaquePointer?) -> String? {
        let index = X509_NAME_get_index_by_NID(name, NID_commonName, -1)
        guard index >= 0, X509_NAME_get_index_by_NID(name, NID_commonName, index) < 0 else {
            return nil
        }
        var bytes: UnsafeMutablePointer<UInt8>?
        let value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index))
        let count = ASN1_STRING_to_UTF8(&bytes, value)
        defer { CRYPTO_free(bytes, #file, #line) }
        guard count > 0, let bytes else { return nil }
        return text(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }

    private static func alternativeNames(
        of certificate: OpaquePointer
    ) -> [(type: Int32, value: String)] {
        guard let list = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
            return []
        }
        let names = OpaquePointer(list)
        defer { GENERAL_NAMES_free(names) }
        return (0..<max(0, OPENSSL_sk_num(names))).compactMap { index in
            guard let entry = OPENSSL_sk_value(names, index) else { return nil }
            let name = entry.assumingMemoryBound(to: GENERAL_NAME.self).pointee
            guard name.type == GEN_URI || name.type == GEN_DNS else { return nil }
            // Both are IA5 strings.
            let value = name.d.ia5
            let bytes = UnsafeBufferPointer(
                start: ASN1_STRING_get0_data(value),
                count: Int(max(0, ASN1_STRING_length(value)))
            )
            return text(bytes).map { (name.type, $0) }
        }
    }

    /// The bytes as text; nil when they are none, or hide a zero by which a name looks shorter than it
    /// is.
    private static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard !bytes.isEmpty, !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
