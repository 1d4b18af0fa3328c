import COpenSSL
import Glibc

/// What the library says of a failure, from this thread's queue of errors.
struct LibraryError {
    /// `SSL_R_…` when the failure is one of TLS's own; 0 otherwise.
    let sslReason: Int32
    let text: String

    /// Takes the first error, the cause of the others, and empties the queue.
    static func take() -> LibraryError {
        let code = ERR_get_error()
        ERR_clear_error()
        let isOfTLS = ERR_GET_LIB(code) == ERR_LIB_SSL
        let text =
            if ERR_GET_LIB(code) == ERR_LIB_SYS {
                String(cString: strerror(ERR_GET_REASON(code)))
            } else if let text = ERR_reason_error_string(code) {
                String(cString: text)
            } else {
                "no reason is known"
            }
        return LibraryError(sslReason: isOfTLS ? ERR_GET_REASON(code) : 0, text: text)
    }
}

extension TLSError {
    /// Puts a failure of the library's into our terms.
    ///
    /// - Parameter verification: `X509_V_…`, what came of the peer's certificate.
    init(_ error: LibraryError, verification: Int) {
        switch error.sslReason {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            self = .certificate(CertificateProblem(verification: Int32(verification)))
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: self = .noCertificate
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_WRONG_SSL_VERSION,
            SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            self = .noCommonVersion
        case SSL_R_NO_APPLICATION_PROTOCOL, SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
            self = .noCommonProtocol
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED: self = .refused("it asks for a certificate")
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA: self = .refused("it doesn't trust our certificate")
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: self = .refused("our certificate has expired")
        // Alerts are numbered from 1000 on, as the library receives them.
        case 1000..<1256: self = .refused(error.text)
        default: self = .broken(error.text)
        }
    }
}

extension TLSError.CertificateProblem {
    /// What `X509_V_…` stands for.
    fileprivate init(verification code: Int32) {
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED: self = .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: self = .notYetValid
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE,
            X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_INVALID_CA:
            self = .unknownAuthority
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: self = .wrongName
        case X509_V_ERR_INVALID_PURPOSE: self = .wrongPurpose
        case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK:
            self = .weak
        case X509_V_ERR_CERT_REVOKED: self = .revoked
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED,
            X509_V_ERR_CRL_NOT_YET_VALID:
            self = .noRevocationList
        default: self = .other(String(cString: X509_verify_cert_error_string(Int(code))))
        }
    }
}
