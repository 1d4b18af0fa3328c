// The part of OpenSSL that Banjie uses; macros get names here.
#pragma once
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/// Has a context speak TLS 1.3 and nothing else, without what weakens it: no renegotiation, no
/// compression, no resumption. Memory for records is held only while they are under way. 1 on success.
static inline int banjie_tls_harden(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_security_level(context, 2);
    // Bytes of a peer's certificates: a chain of ten with RSA keys of 4096 bits.
    SSL_CTX_set_max_cert_list(context, 24 * 1024);
    return SSL_CTX_set_num_tickets(context, 0) == 1
        && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1
        && SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1;
}

/// Tells the server by which name it is called. 1 on success.
static inline int banjie_tls_set_server_name(SSL *connection, const char *name) {
    return (int)SSL_set_tlsext_host_name(connection, name);
}

/// Sets what the callback for messages is given.
static inline void banjie_tls_set_message_argument(SSL *connection, void *argument) {
    SSL_set_msg_callback_arg(connection, argument);
}

/// Whether a store holds lists of revoked certificates. If so, certificates are looked up in them.
static inline int banjie_tls_use_revocations(SSL_CTX *context) {
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++)
        if (X509_OBJECT_get_type(sk_X509_OBJECT_value(objects, i)) == X509_LU_CRL)
            return X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    return 1;
}

/// Marks a read of a BIO as one that may succeed later, or as one that did.
static inline void banjie_bio_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void banjie_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

static const unsigned long banjie_name_rfc2253 = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
