/*
 * Values of the binary protocol: out of the bytes, into the maker of the type.
 * What must stay true: nothing behind `end` is read, and a value that the
 * server cannot have sent is malformed. No rule of a type stands here.
 */
#include <string.h>

#include "source/mysql_rows.h"

#define DAY_US INT64_C(86400000000)

/* TIME reaches 838 hours; more days than this is not MySQL. */
#define TIME_DAYS_MAX 100u

static const uint8_t *read_int1(struct mysql_cell *cell, const uint8_t *at,
                                const uint8_t *end)
{
    if (end - at < 1)
        return NULL;
    mysql_cell_int(cell, (int8_t)*at);
    return at + 1;
}

static const uint8_t *read_uint1(struct mysql_cell *cell, const uint8_t *at,
                                 const uint8_t *end)
{
    if (end - at < 1)
        return NULL;
    mysql_cell_uint(cell, *at);
    return at + 1;
}

/* Readers of numbers of `bytes` bytes as `type`. */
#define READ_NUMBER(name, type, bytes, maker)                               \
    static const uint8_t *name(struct mysql_cell *cell, const uint8_t *at, \
                               const uint8_t *end)                          \
    {                                                                       \
        type value;                                                         \
                                                                            \
        if (end - at < bytes)                                               \
            return NULL;                                                    \
        memcpy(&value, at, bytes);                                          \
        maker(cell, value);                                                 \
        return at + bytes;                                                  \
    }

READ_NUMBER(read_int2, int16_t, 2, mysql_cell_int)
READ_NUMBER(read_int4, int32_t, 4, mysql_cell_int)
READ_NUMBER(read_int8, int64_t, 8, mysql_cell_int)
READ_NUMBER(read_uint2, uint16_t, 2, mysql_cell_uint)
READ_NUMBER(read_uint4, uint32_t, 4, mysql_cell_uint)
READ_NUMBER(read_uint8, uint64_t, 8, mysql_cell_uint)
READ_NUMBER(read_float, float, 4, mysql_cell_double)
READ_NUMBER(read_double, double, 8, mysql_cell_double)

/* Length: 1 byte, or fc, fd, fe and 2, 3, 8 bytes. */
static const uint8_t *read_length(const uint8_t *at, const uint8_t *end,
                                  uint64_t *length)
{
    size_t bytes;

    if (at == end)
        return NULL;
    *length = *at++;
    if (*length < 0xfb)
        return at;
    if (*length < 0xfc || *length > 0xfe)
        return NULL;
    bytes = *length == 0xfe ? 8 : *length - 0xfa;
    if ((size_t)(end - at) < bytes)
        return NULL;
    *length = 0;
    memcpy(length, at, bytes);
    return at + bytes;
}

const uint8_t *mysql_read_bytes(const uint8_t *at, const uint8_t *end,
                                struct bytes *value)
{
    uint64_t length;

    at = read_length(at, end, &length);
    if (!at || length > (size_t)(end - at))
        return NULL;
    *value = (struct bytes){at, (size_t)length};
    return at + length;
}

static const uint8_t *read_text(struct mysql_cell *cell, const uint8_t *at,
                                const uint8_t *end)
{
    struct bytes value;

    at = mysql_read_bytes(at, end, &value);
    if (at)
        mysql_cell_string(cell, value);
    return at;
}

static const uint8_t *read_binary(struct mysql_cell *cell, const uint8_t *at,
                                  const uint8_t *end)
{
    struct bytes value;

    at = mysql_read_bytes(at, end, &value);
    if (at)
        mysql_cell_bytes(cell, value);
    return at;
}

static const uint8_t *read_decimal(struct mysql_cell *cell, const uint8_t *at,
                                   const uint8_t *end)
{
    struct bytes value;

    at = mysql_read_bytes(at, end, &value);
    if (at)
        mysql_cell_decimal(cell, value);
    return at;
}

/* Big endian, up to 8 bytes. */
static const uint8_t *read_bit(struct mysql_cell *cell, const uint8_t *at,
                               const uint8_t *end)
{
    struct bytes value;
    uint64_t bits = 0;

    at = mysql_read_bytes(at, end, &value);
    if (!at || value.size > cell->type.bytes)
        return NULL;
    for (size_t i = 0; i < value.size; i++)
        bits = bits << 8 | value.data[i];
    mysql_cell_uint(cell, bits);
    return at;
}

/* MariaDB sends UUID as text. */
static const uint8_t *read_uuid(struct mysql_cell *cell, const uint8_t *at,
                                const uint8_t *end)
{
    struct bytes value;
    uint8_t uuid[16];

    at = mysql_read_bytes(at, end, &value);
    if (!at || !mysql_cell_parse_uuid(value, uuid))
        return NULL;
    mysql_cell_uuid(cell, uuid);
    return at;
}

/* 0, 4, 7 or 11 bytes: year, month, day; hour, minute, second; microsecond. */
const uint8_t *mysql_read_moment(const uint8_t *at, const uint8_t *end,
                                 struct mysql_moment *moment)
{
    unsigned length;
    uint32_t microsecond = 0;

    memset(moment, 0, sizeof(*moment));
    if (at == end)
        return NULL;
    length = *at++;
    if ((length != 0 && length != 4 && length != 7 && length != 11) ||
        end - at < (ptrdiff_t)length)
        return NULL;
    if (length >= 4) {
        moment->year = at[0] | (unsigned)at[1] << 8;
        moment->month = at[2];
        moment->day = at[3];
    }
    if (length >= 7) {
        moment->hour = at[4];
        moment->minute = at[5];
        moment->second = at[6];
    }
    if (length >= 11)
        memcpy(&microsecond, at + 7, sizeof(microsecond));
    moment->microsecond = microsecond;
    if (moment->year > 9999 || moment->month > 12 || moment->day > 31 ||
        moment->hour > 23 || moment->minute > 59 || moment->second > 59 ||
        microsecond > 999999)
        return NULL;
    return at + length;
}

static const uint8_t *read_date(struct mysql_cell *cell, const uint8_t *at,
                                const uint8_t *end)
{
    struct mysql_moment moment;

    at = mysql_read_moment(at, end, &moment);
    if (at)
        mysql_cell_date(cell, &moment);
    return at;
}

static const uint8_t *read_datetime(struct mysql_cell *cell,
                                    const uint8_t *at, const uint8_t *end)
{
    struct mysql_moment moment;

    at = mysql_read_moment(at, end, &moment);
    if (at)
        mysql_cell_datetime(cell, &moment);
    return at;
}

/* 0, 8 or 12 bytes: sign, days u32, hour, minute, second; microsecond. */
const uint8_t *mysql_read_duration(const uint8_t *at, const uint8_t *end,
                                   int64_t *microseconds)
{
    unsigned length;
    uint32_t days;
    uint32_t fraction = 0;

    *microseconds = 0;
    if (at == end)
        return NULL;
    length = *at++;
    if (length == 0)
        return at;
    if ((length != 8 && length != 12) || end - at < (ptrdiff_t)length)
        return NULL;
    memcpy(&days, at + 1, sizeof(days));
    if (length == 12)
        memcpy(&fraction, at + 8, sizeof(fraction));
    if (at[0] > 1 || days > TIME_DAYS_MAX || at[5] > 23 || at[6] > 59 ||
        at[7] > 59 || fraction > 999999)
        return NULL;
    *microseconds = days * DAY_US +
                    (at[5] * 3600 + at[6] * 60 + at[7]) * INT64_C(1000000) +
                    fraction;
    if (at[0] == 1)
        *microseconds = -*microseconds;
    return at + length;
}

static const uint8_t *read_time(struct mysql_cell *cell, const uint8_t *at,
                                const uint8_t *end)
{
    int64_t microseconds;

    at = mysql_read_duration(at, end, &microseconds);
    if (at)
        mysql_cell_time(cell, microseconds);
    return at;
}

static mysql_read_function *find_int(const struct mysql_type *type)
{
    switch (type->bytes) {
    case 1:
        return type->is_unsigned ? read_uint1 : read_int1;
    case 2:
        return type->is_unsigned ? read_uint2 : read_int2;
    case 3: /* MEDIUMINT comes as 4 bytes */
    case 4:
        return type->is_unsigned ? read_uint4 : read_int4;
    default:
        return type->is_unsigned ? read_uint8 : read_int8;
    }
}

mysql_read_function *mysql_reader_find(const struct mysql_cell *cell)
{
    static mysql_read_function *const readers[] = {
        [MYSQL_BASE_BIT] = read_bit,
        [MYSQL_BASE_DECIMAL] = read_decimal,
        [MYSQL_BASE_FLOAT] = read_float,
        [MYSQL_BASE_DOUBLE] = read_double,
        [MYSQL_BASE_YEAR] = read_uint2,
        [MYSQL_BASE_DATE] = read_date,
        [MYSQL_BASE_TIME] = read_time,
        [MYSQL_BASE_DATETIME] = read_datetime,
        [MYSQL_BASE_TIMESTAMP] = read_datetime,
        [MYSQL_BASE_TEXT] = read_text,
        [MYSQL_BASE_BYTES] = read_binary,
        [MYSQL_BASE_ENUM] = read_text,
        [MYSQL_BASE_SET] = read_text,
        [MYSQL_BASE_JSON] = read_text,
        [MYSQL_BASE_GEOMETRY] = read_binary,
        [MYSQL_BASE_UUID] = read_uuid,
        [MYSQL_BASE_INET4] = read_text,
        [MYSQL_BASE_INET6] = read_text,
        [MYSQL_BASE_UNSUPPORTED] = NULL,
    };

    return cell->type.base == MYSQL_BASE_INT ? find_int(&cell->type)
                                             : readers[cell->type.base];
}
