/*
 * A row packet of any bytes for columns of any types: decoded or refused,
 * never read beyond. Built with clang -fsanitize=fuzzer,address,undefined.
 *
 * Input: number of columns (1 to 16), for each a byte that chooses its type
 * and one of options; then the packet.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/shape.h"
#include "source/mysql_charset_table.h"
#include "source/mysql_position_write.h"

#define COLUMNS_MAX 16
#define ROWS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const DECLARED[] = {
    "tinyint(4)",         "tinyint(3) unsigned", "smallint(6)",
    "smallint unsigned",  "mediumint(9)",        "mediumint unsigned",
    "int(11)",            "int(10) unsigned",    "bigint(20)",
    "bigint unsigned",    "bit(1)",              "bit(12)",
    "bit(64)",            "decimal(4,2)",        "decimal(18,18)",
    "decimal(30,10)",     "decimal(65,30)",      "decimal(5,0)",
    "float",              "double",              "year(4)",
    "date",               "time",                "time(6)",
    "datetime",           "datetime(3)",         "timestamp(6)",
    "char(9)",            "varchar(20)",         "longtext",
    "binary(16)",         "varbinary(9)",        "longblob",
    "enum('a','b')",      "set('a','b')",        "json",
    "point",              "uuid",                "inet4",
    "inet6",
};

/* Kinds that a column may be given; the first leaves it as it is. */
static const struct {
    enum kind kind;
    uint8_t width;
    uint8_t precision;
    uint8_t scale;
} KINDS[] = {
    {KIND_COUNT, 0, 0, 0}, {KIND_COUNT, 0, 0, 0}, {KIND_TEXT, 0, 0, 0},
    {KIND_BYTES, 0, 0, 0}, {KIND_INT, 1, 0, 0},   {KIND_INT, 8, 0, 0},
    {KIND_UINT, 2, 0, 0},  {KIND_UINT, 8, 0, 0},  {KIND_FLOAT, 8, 0, 0},
    {KIND_DECIMAL, 4, 5, 2}, {KIND_DECIMAL, 16, 38, 9}, {KIND_UUID, 16, 0, 0},
};

static struct mysql_charset sets[FORM_TABLE + 1];

static void make_sets(void)
{
    struct mysql_charset *table = &sets[FORM_TABLE];

    if (table->singles)
        return;
    for (int i = 0; i <= FORM_TABLE; i++)
        sets[i].form = (enum mysql_charset_form)i;
    sets[FORM_UTF8].is_ascii_plain = true;
    table->singles = memory_new(256, sizeof(uint32_t));
    table->doubles = memory_new(65536, sizeof(uint32_t));
    table->triples = memory_new(65536, sizeof(uint32_t));
    table->fours = memory_new(FOUR_BYTE_CODES, sizeof(uint32_t));
    for (uint32_t i = 0; i < 65536; i++) {
        if (i < 256)
            table->singles[i] = i < 128 ? i : CODE_NONE;
        table->doubles[i] = i % 3 ? CODE_NONE : i;
        table->triples[i] = i % 5 ? CODE_NONE : i;
        if (i < FOUR_BYTE_CODES)
            table->fours[i] = i % 2 ? CODE_NONE : i;
    }
}

static void add_column(struct table *table, uint8_t type, uint8_t options)
{
    char name[] = {(char)('a' + table->column_count), '\0'};
    struct column *column = table_add_column(table, name);
    size_t kind = options % 16;

    column->declared = memory_text(DECLARED[type % ARRAY_COUNT(DECLARED)]);
    if (strstr(column->declared, "char") || strstr(column->declared, "text"))
        column->charset = memory_text("utf8mb4");
    if (!mysql_map_column(column))
        abort();
    if (kind < ARRAY_COUNT(KINDS) && KINDS[kind].kind != KIND_COUNT) {
        column->kind = KINDS[kind].kind;
        column->width = KINDS[kind].width;
        column->precision = KINDS[kind].precision;
        column->scale = KINDS[kind].scale;
    }
    column->is_nullable = (options & 16) != 0;
    column->is_stored = (options & 32) == 0;
    column->text_policy = options & 64 ? TEXT_REPLACE : TEXT_STOP;
    if (options & 128) {
        column->date_policy = DATES_NULL;
        column->is_nullable = true;
        column->highest = 20000;
    }
}

static void decode(const struct table *table, size_t extra_count,
                   struct bytes packet)
{
    const struct mysql_charset *charsets[COLUMNS_MAX];
    struct batch *batch = batch_new(table, ROWS, 1 << 20);
    struct scan_request request = {.table = table, .order = SCAN_BY_KEY};
    struct mysql_position position;
    struct mysql_rows rows;
    struct error error;

    for (size_t i = 0; i < table->column_count; i++)
        charsets[i] = &sets[packet.size > i ? packet.data[i] %
                                                  (FORM_TABLE + 1u) : 0];
    mysql_rows_init(&rows, table, extra_count, charsets);
    memset(rows.extra_bytes, 8, extra_count);
    mysql_position_init(&position, &request);
    for (int i = 0; i < 2; i++) {
        enum mysql_row_result result =
            mysql_rows_decode(&rows, batch, packet);
        if (result == ROW_MADE) {
            if (mysql_position_note(&position, &rows))
                shape_end_row(NULL, batch);
            else
                batch_drop_row(batch);
        } else if (result == ROW_FAILED) {
            mysql_cell_error(&rows.row, &error);
            batch_drop_row(batch);
        }
    }
    mysql_position_text(&position);
    mysql_position_release(&position);
    mysql_rows_release(&rows);
    batch_free(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct table *table;
    size_t count;
    size_t key = 0;
    size_t extra_count = 0;
    uint8_t *exact;

    if (size < 1)
        return 0;
    count = data[0] % COLUMNS_MAX + 1u;
    if (size < 1 + 2 * count)
        return 0;
    make_sets();
    table = table_new("d", "t");
    for (size_t i = 0; i < count; i++)
        add_column(table, data[1 + 2 * i], data[2 + 2 * i]);
    if (!table->columns[0].is_nullable) {
        table_set_key(table, &key, 1);
        if (strchr(table->columns[0].declared, '\''))
            extra_count = 1;
    }
    table_settle(table);
    data += 1 + 2 * count;
    size -= 1 + 2 * count;
    exact = malloc(size + (size == 0));
    memcpy(exact, data, size);
    decode(table, extra_count, (struct bytes){exact, size});
    free(exact);
    table_free(table);
    return 0;
}
