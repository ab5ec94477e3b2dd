#ifndef TIDEMARK_SOURCE_BINLOG_CUT_H
#define TIDEMARK_SOURCE_BINLOG_CUT_H

#include <stdbool.h>

#include "base/buffer.h"

/*
 * Cuts numbers and pieces from the front of bytes of the log. What is too
 * short gives 0 or nothing, sets `is_short` and leaves nothing: look at it
 * once, behind the last cut. Numbers are little endian. NULL data is allowed
 * with size 0.
 */
struct binlog_cut {
    const uint8_t *at;
    size_t left;
    bool is_short;
};

static inline struct binlog_cut binlog_cut_of(struct bytes bytes)
{
    return (struct binlog_cut){bytes.data, bytes.size, false};
}

/* The next `size` bytes; all or none. */
static inline struct bytes binlog_cut_bytes(struct binlog_cut *cut,
                                            uint64_t size)
{
    struct bytes bytes = {cut->at, (size_t)size};

    if (size > cut->left) {
        cut->is_short = true;
        cut->at += cut->left;
        cut->left = 0;
        return (struct bytes){cut->at, 0};
    }
    if (size > 0)
        cut->at += size;
    cut->left -= (size_t)size;
    return bytes;
}

static inline struct bytes binlog_cut_rest(struct binlog_cut *cut)
{
    return binlog_cut_bytes(cut, cut->left);
}

/* A number of 1 to 8 bytes. */
static inline uint64_t binlog_cut_number(struct binlog_cut *cut, size_t size)
{
    struct bytes bytes = binlog_cut_bytes(cut, size);
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.size; i++)
        value |= (uint64_t)bytes.data[i] << (8 * i);
    return value;
}

static inline uint8_t binlog_cut_u8(struct binlog_cut *cut)
{
    return (uint8_t)binlog_cut_number(cut, 1);
}

static inline uint16_t binlog_cut_u16(struct binlog_cut *cut)
{
    return (uint16_t)binlog_cut_number(cut, 2);
}

static inline uint32_t binlog_cut_u32(struct binlog_cut *cut)
{
    return (uint32_t)binlog_cut_number(cut, 4);
}

static inline uint64_t binlog_cut_u64(struct binlog_cut *cut)
{
    return binlog_cut_number(cut, 8);
}

/* The protocol's length-encoded integer; fb and ff are no numbers. */
static inline uint64_t binlog_cut_lenenc(struct binlog_cut *cut)
{
    uint8_t first = binlog_cut_u8(cut);

    switch (first) {
    case 0xfc:
        return binlog_cut_number(cut, 2);
    case 0xfd:
        return binlog_cut_number(cut, 3);
    case 0xfe:
        return binlog_cut_number(cut, 8);
    case 0xfb:
    case 0xff:
        cut->is_short = true;
        return 0;
    default:
        return first;
    }
}

/*
 * The variable number of mysql::serialization (MySQL 8.3, libs/mysql/
 * serialization/readme.md): the ones at the low end of the first byte tell how
 * many bytes follow, at most 8; the value stands above the zero behind them.
 */
static inline uint64_t binlog_cut_varlen(struct binlog_cut *cut)
{
    uint8_t first = binlog_cut_u8(cut);
    size_t more = 0;
    uint64_t rest;

    while (more < 8 && (first >> more & 1) != 0)
        more++;
    rest = more == 0 ? 0 : binlog_cut_number(cut, more);
    if (more >= 7)
        return rest;
    return (uint64_t)first >> (more + 1) | rest << (7 - more);
}

/* Signed: the sign is the lowest bit. */
static inline int64_t binlog_cut_signed(struct binlog_cut *cut)
{
    uint64_t value = binlog_cut_varlen(cut);

    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

#endif
