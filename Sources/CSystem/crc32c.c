#include "CSystem.h"

#include <string.h>

// CRC-32C, reflected polynomial 0x82F63B78 (RFC 3720, appendix B.4).

static uint32_t table[256];

__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t remainder = byte;
        for (int bit = 0; bit < 8; bit++)
            remainder = (remainder >> 1) ^ ((remainder & 1) ? 0x82F63B78u : 0);
        table[byte] = remainder;
    }
}

static uint32_t portable(uint32_t crc, const uint8_t *p, size_t length) {
    while (length--) crc = (crc >> 8) ^ table[(crc ^ *p++) & 0xFF];
    return crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
#define HARDWARE __attribute__((target("sse4.2")))
#define STEP8(crc, word) ((uint32_t)_mm_crc32_u64((crc), (word)))
#define STEP4(crc, word) _mm_crc32_u32((crc), (word))
#define STEP1(crc, byte) _mm_crc32_u8((crc), (byte))
static int hardware_found;
__attribute__((constructor)) static void find_hardware(void) {
    __builtin_cpu_init();
    hardware_found = __builtin_cpu_supports("sse4.2") != 0;
}
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define HARDWARE
#define STEP8(crc, word) __crc32cd((crc), (word))
#define STEP4(crc, word) __crc32cw((crc), (word))
#define STEP1(crc, byte) __crc32cb((crc), (byte))
enum { hardware_found = 1 };
#else
#define HARDWARE
static uint32_t STEP8(uint32_t crc, uint64_t word) {
    return portable(crc, (const uint8_t *)&word, 8);
}
static uint32_t STEP4(uint32_t crc, uint32_t word) {
    return portable(crc, (const uint8_t *)&word, 4);
}
static uint32_t STEP1(uint32_t crc, uint8_t byte) { return portable(crc, &byte, 1); }
enum { hardware_found = 0 };
#endif

static inline uint64_t load8(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

static inline uint32_t load4(const uint8_t *p) {
    uint32_t word;
    memcpy(&word, p, 4);
    return word;
}

HARDWARE static uint32_t hardware(uint32_t crc, const uint8_t *p, size_t length) {
    for (; length >= 8; length -= 8, p += 8) crc = STEP8(crc, load8(p));
    if (length & 4) {
        crc = STEP4(crc, load4(p));
        p += 4;
    }
    for (length &= 3; length; length--) crc = STEP1(crc, *p++);
    return crc;
}

HARDWARE static uint32_t hardware20(uint32_t crc, const uint8_t *p) {
    return STEP4(STEP8(STEP8(crc, load8(p)), load8(p + 8)), load4(p + 16));
}

uint32_t banjie_crc32c(uint32_t seed, const void *bytes, size_t length) {
    return ~(hardware_found ? hardware(~seed, bytes, length) : portable(~seed, bytes, length));
}

uint32_t banjie_crc32c_20(const void *bytes) {
    return ~(hardware_found ? hardware20(~0u, bytes) : portable(~0u, bytes, 20));
}
