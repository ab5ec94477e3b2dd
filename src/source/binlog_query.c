/*
 * What must stay true: a variable whose length is not known ends the reading
 * of variables, never that of the schema and the text behind them.
 */
#include "source/binlog_query.h"

#include <string.h>

#include "source/binlog_cut.h"

#define FIXED_BYTES 13
#define MODE_ANSI_QUOTES ((uint64_t)4)
#define MODE_NO_BACKSLASH_ESCAPES ((uint64_t)1 << 20)

/* Codes of the status variables: MySQL's statement_events.h, MariaDB's
 * log_event.h. */
enum variable {
    FLAGS2 = 0,
    SQL_MODE = 1,
    CATALOG = 2,
    AUTO_INCREMENT = 3,
    CHARSET = 4,
    TIME_ZONE = 5,
    CATALOG_NZ = 6,
    LC_TIME_NAMES = 7,
    CHARSET_DATABASE = 8,
    TABLE_MAP_FOR_UPDATE = 9,
    MASTER_DATA_WRITTEN = 10,
    INVOKER = 11,
    UPDATED_SCHEMAS = 12,
    MICROSECONDS = 13,
    EXPLICIT_DEFAULTS = 16,
    DDL_XID = 17,
    DEFAULT_COLLATION = 18,
    REQUIRE_PRIMARY_KEY = 19,
    DEFAULT_ENCRYPTION = 20,
    HRNOW = 128,
    XID = 129
};

/* Bytes of those that are not wanted; 0: not known. */
static size_t fixed_bytes(uint8_t code)
{
    switch (code) {
    case EXPLICIT_DEFAULTS:
    case REQUIRE_PRIMARY_KEY:
    case DEFAULT_ENCRYPTION:
        return 1;
    case LC_TIME_NAMES:
    case CHARSET_DATABASE:
    case DEFAULT_COLLATION:
        return 2;
    case MICROSECONDS:
    case HRNOW:
        return 3;
    case FLAGS2:
    case AUTO_INCREMENT:
    case MASTER_DATA_WRITTEN:
        return 4;
    case TABLE_MAP_FOR_UPDATE:
    case DDL_XID:
    case XID:
        return 8;
    default:
        return 0;
    }
}

static struct bytes cut_text(struct binlog_cut *cut)
{
    return binlog_cut_bytes(cut, binlog_cut_u8(cut));
}

static void cut_updated(struct binlog_cut *cut, struct binlog_query *query)
{
    const uint8_t *start;
    uint8_t count = binlog_cut_u8(cut);

    start = cut->at;
    for (uint8_t i = 0; i < count && count != BINLOG_UPDATED_MANY; i++) {
        const uint8_t *end = cut->left == 0
                                 ? NULL
                                 : memchr(cut->at, '\0', cut->left);
        if (!end) {
            cut->is_short = true;
            return;
        }
        binlog_cut_bytes(cut, (uint64_t)(end - cut->at) + 1);
    }
    query->updated_count = count;
    query->updated = (struct bytes){start, (size_t)(cut->at - start)};
}

/* False where the length of the variable is not known. */
static bool cut_variable(struct binlog_cut *cut, uint8_t code,
                         struct binlog_query *query)
{
    size_t size;

    switch (code) {
    case SQL_MODE:
        query->sql_mode = binlog_cut_u64(cut);
        return true;
    case CHARSET:
        query->charset = binlog_cut_u16(cut);
        binlog_cut_bytes(cut, 4);
        return true;
    case TIME_ZONE:
        query->time_zone = cut_text(cut);
        return true;
    case CATALOG:
        cut_text(cut);
        binlog_cut_u8(cut);
        return true;
    case CATALOG_NZ:
        cut_text(cut);
        return true;
    case INVOKER:
        cut_text(cut);
        cut_text(cut);
        return true;
    case UPDATED_SCHEMAS:
        cut_updated(cut, query);
        return true;
    default:
        size = fixed_bytes(code);
        binlog_cut_bytes(cut, size);
        return size > 0;
    }
}

bool binlog_query_parse(const struct binlog_format *format,
                        struct bytes body, struct binlog_query *query)
{
    struct binlog_cut cut = binlog_cut_of(body);
    struct binlog_cut variables;
    size_t fixed = format->post[BINLOG_QUERY_EVENT];
    uint8_t schema_bytes;
    uint16_t variable_bytes;

    memset(query, 0, sizeof(*query));
    if (fixed < FIXED_BYTES)
        return false;
    query->thread_id = binlog_cut_u32(&cut);
    binlog_cut_u32(&cut);
    schema_bytes = binlog_cut_u8(&cut);
    query->error_code = binlog_cut_u16(&cut);
    variable_bytes = binlog_cut_u16(&cut);
    binlog_cut_bytes(&cut, fixed - FIXED_BYTES);
    variables = binlog_cut_of(binlog_cut_bytes(&cut, variable_bytes));
    query->schema = binlog_cut_bytes(&cut, schema_bytes);
    binlog_cut_u8(&cut);
    query->text = binlog_cut_rest(&cut);
    if (cut.is_short)
        return false;
    while (variables.left > 0 && !variables.is_short)
        if (!cut_variable(&variables, binlog_cut_u8(&variables), query))
            break;
    return !variables.is_short;
}

void binlog_query_dialect(const struct binlog_format *format,
                          const struct binlog_query *query,
                          struct binlog_dialect *dialect)
{
    dialect->is_mariadb = format->is_mariadb;
    dialect->version = format->version;
    dialect->has_ansi_quotes = (query->sql_mode & MODE_ANSI_QUOTES) != 0;
    dialect->has_no_backslash =
        (query->sql_mode & MODE_NO_BACKSLASH_ESCAPES) != 0;
    dialect->charset = query->charset;
}
