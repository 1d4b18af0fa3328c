// The part of OpenSSL that Banjie uses; macros get names here.
#pragma once
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
