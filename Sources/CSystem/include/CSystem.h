// The C that Swift can't say: hardware checksums and Linux calls whose types don't import well.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The CRC-32C (Castagnoli) of `length` bytes at `bytes`, continuing from `seed` (0 to begin).
uint32_t banjie_crc32c(uint32_t seed, const void *bytes, size_t length);

/// The CRC-32C of the 20 bytes at `bytes`: a frame header's own.
uint32_t banjie_crc32c_20(const void *bytes);
