/*
 * CRC32 of events, most of which are short: eight bytes a step, where zlib
 * goes byte by byte. Long ones are zlib's.
 */
#include "source/binlog_sum.h"

#include <pthread.h>
#include <string.h>
#include <zlib.h>

#define STEP 8
#define LONG_BYTES 128

/* [k][byte]: the sum of that byte and k zeros behind it. */
static uint32_t tables[STEP][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
    const z_crc_t *first = get_crc_table();

    for (size_t byte = 0; byte < 256; byte++) {
        uint32_t sum = (uint32_t)first[byte];
        tables[0][byte] = sum;
        for (size_t zeros = 1; zeros < STEP; zeros++) {
            sum = (uint32_t)first[sum & 0xff] ^ sum >> 8;
            tables[zeros][byte] = sum;
        }
    }
}

static uint32_t step(uint32_t sum, const uint8_t *data)
{
    return tables[7][(sum ^ data[0]) & 0xff] ^
           tables[6][(sum >> 8 ^ data[1]) & 0xff] ^
           tables[5][(sum >> 16 ^ data[2]) & 0xff] ^
           tables[4][sum >> 24 ^ data[3]] ^ tables[3][data[4]] ^
           tables[2][data[5]] ^ tables[1][data[6]] ^ tables[0][data[7]];
}

uint32_t binlog_sum(uint32_t sum, struct bytes data)
{
    if (data.size >= LONG_BYTES)
        return (uint32_t)crc32_z(sum, data.data, data.size);
    pthread_once(&made, make_tables);
    sum = ~sum;
    for (; data.size >= STEP; data.size -= STEP, data.data += STEP)
        sum = step(sum, data.data);
    for (; data.size > 0; data.size--, data.data++)
        sum = tables[0][(sum ^ *data.data) & 0xff] ^ sum >> 8;
    return ~sum;
}
