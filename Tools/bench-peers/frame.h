// The frames of Protocol/WIRE.md, as far as an echo server and a load generator need them.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CSystem.h"

enum {
    header_length = 24,
    max_frame = 65536,
    max_message = 4194304,

    type_hello = 0x01,
    type_auth = 0x02,
    type_ping = 0x04,
    type_pong = 0x05,
    type_goaway = 0x06,
    type_error = 0x07,
    type_call = 0x10,
    type_end = 0x12,

    // service × 65 536 + method
    method_echo = 0x10001,
    method_arm = 0x30001,

    status_resource_exhausted = 8,
};

static const uint8_t preface[8] = {0x00, 'B', 'A', 'N', 'J', 'I', 'E', 0x01};

struct frame {
    uint32_t length, stream;
    uint8_t type;
    uint16_t field16;
    uint32_t field32;
    const uint8_t *payload;
};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...) {
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    __builtin_va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static inline uint32_t get32(const uint8_t *from) {
    return from[0] | from[1] << 8 | from[2] << 16 | (uint32_t)from[3] << 24;
}

static inline void put32(uint8_t *to, uint32_t value) {
    to[0] = value, to[1] = value >> 8, to[2] = value >> 16, to[3] = value >> 24;
}

// Writes the header of a frame whose payload lies behind it already.
static inline void seal(uint8_t *at, uint8_t type, uint32_t stream, uint16_t field16,
                        uint32_t length) {
    put32(at, length);
    put32(at + 4, stream);
    at[8] = type, at[9] = 0, at[10] = field16, at[11] = field16 >> 8;
    put32(at + 12, 0);
    put32(at + 16, length ? banjie_crc32c(0, at + header_length, length) : 0);
    put32(at + 20, banjie_crc32c(0, at, 20));
}

// Reads the frame at the beginning of `length` bytes: how many it takes, 0 when it isn't complete,
// -1 when a checksum or the length is wrong.
static inline int open_frame(const uint8_t *bytes, size_t length, struct frame *frame) {
    if (length < header_length) return 0;
    if (banjie_crc32c(0, bytes, 20) != get32(bytes + 20)) return -1;
    frame->length = get32(bytes);
    if (frame->length > max_frame) return -1;
    if (length < header_length + frame->length) return 0;
    frame->payload = bytes + header_length;
    if (frame->length && banjie_crc32c(0, frame->payload, frame->length) != get32(bytes + 16))
        return -1;
    frame->stream = get32(bytes + 4);
    frame->type = bytes[8];
    frame->field16 = (uint16_t)(bytes[10] | bytes[11] << 8);
    frame->field32 = get32(bytes + 12);
    return (int)(header_length + frame->length);
}

static inline uint8_t *put_varint(uint8_t *to, uint64_t value) {
    for (; value >= 0x80; value >>= 7) *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    return to;
}

static inline uint8_t *put_number(uint8_t *to, int field, uint64_t value) {
    return put_varint(put_varint(to, (uint64_t)field << 3), value);
}

static inline uint8_t *put_bytes(uint8_t *to, int field, const void *bytes, size_t length) {
    to = put_varint(put_varint(to, (uint64_t)field << 3 | 2), length);
    memcpy(to, bytes, length);
    return to + length;
}

// Writes a HELLO; returns where it ends. `max_calls` 0 leaves that out, as a client does.
static inline uint8_t *put_hello(uint8_t *at, const char *realm, uint32_t max_calls,
                                 const char *product) {
    uint8_t *end = at + header_length;
    end = put_number(end, 1, 1);
    end = put_number(end, 2, 1);
    end = put_bytes(end, 3, realm, strlen(realm));
    end = put_number(end, 4, max_frame);
    end = put_number(end, 5, max_message);
    if (max_calls) end = put_number(end, 6, max_calls);
    end = put_bytes(end, 11, product, strlen(product));
    seal(at, type_hello, 0, 0, (uint32_t)(end - at - header_length));
    return end;
}
