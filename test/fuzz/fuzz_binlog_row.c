/*
 * A rows event of any bytes for columns of any types: every image is counted
 * once, or the event is refused; nothing beyond it is read. Built with clang
 * -fsanitize=fuzzer,address,undefined.
 *
 * Input: kind of event and options, number of columns (1 to 16) and four more
 * options, for each column a byte that chooses its type; then the event's body
 * with its post-header. The mutator makes events whose bitmaps and lengths are
 * right.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "batch_hash.h"
#include "made_json.h"
#include "source/binlog_event.h"
#include "source/binlog_row.h"
#include "source/mysql_charset_table.h"

#define COLUMNS_MAX 16
#define ROWS 4
#define LABEL_COUNT 3

/* In the byte of the number of columns. */
enum more {
    ASKS = 16,     /* a shape that drops some rows */
    FILTERS = 32,  /* a filter of the first column */
    IS_WIDE = 64,  /* labels and texts in UCS-2, UTF-16LE, UTF-32 */
    IS_SCARCE = 128 /* no room for long texts */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t labels[] = {4, 0, 0, 0, 'a', 4, 0, 'b', 0, 0, 2, 0, 'c'};

static const struct {
    const char *declared;
    struct binlog_column column;
} TYPES[] = {
    {"tinyint(4)", {.code = 1}},
    {"smallint unsigned", {.code = 2}},
    {"mediumint(9)", {.code = 9}},
    {"int(11)", {.code = 3}},
    {"bigint unsigned", {.code = 8}},
    {"float", {.code = 4, .meta = {4}}},
    {"double", {.code = 5, .meta = {8}}},
    {"bit(12)", {.code = 16, .meta = {4, 1}}},
    {"bit(64)", {.code = 16, .meta = {0, 8}}},
    {"decimal(4,2)", {.code = 246, .meta = {4, 2}}},
    {"decimal(65,30)", {.code = 246, .meta = {65, 30}}},
    {"year(4)", {.code = 13}},
    {"date", {.code = 10}},
    {"time", {.code = 11}},
    {"time(6)", {.code = 19, .meta = {6}}},
    {"time(1)", {.code = 19, .meta = {1}}},
    {"datetime", {.code = 12}},
    {"datetime(3)", {.code = 18, .meta = {3}}},
    {"timestamp", {.code = 7}},
    {"timestamp(6)", {.code = 17, .meta = {6}}},
    {"char(9)", {.code = 254, .meta = {254, 36}}},
    {"char(100)", {.code = 254, .meta = {0xee, 0x90}}},
    {"varchar(20)", {.code = 15, .meta = {80, 0}}},
    {"varchar(400)", {.code = 15, .meta = {64, 6}}},
    {"longtext", {.code = 252, .meta = {4}}},
    {"binary(16)", {.code = 254, .meta = {254, 16}}},
    {"varbinary(9)", {.code = 15, .meta = {9, 0}}},
    {"tinyblob", {.code = 252, .meta = {1}}},
    {"enum('a','b')", {.code = 247, .meta = {247, 1}}},
    {"set('a','b','c')", {.code = 248, .meta = {248, 1}}},
    {"json", {.code = 245, .meta = {4}}},
    {"point", {.code = 255, .meta = {4}}},
    {"uuid", {.code = 254, .meta = {254, 16}}},
    {"inet4", {.code = 254, .meta = {254, 4}}},
    {"inet6", {.code = 254, .meta = {254, 16}}},
    {NULL, {.code = 242, .meta = {4}}}, /* not in the table */
    {"enum('a','b','c')",
     {.code = 247, .meta = {247, 1}, .labels = {labels, sizeof(labels)},
      .label_count = LABEL_COUNT}},
    {"set('a','b','c')",
     {.code = 248, .meta = {248, 8}, .labels = {labels, sizeof(labels)},
      .label_count = LABEL_COUNT}},
};

static const struct mysql_charset sets[] = {
    {.form = FORM_UTF8, .is_ascii_plain = true},
    {.form = FORM_UCS2},
    {.form = FORM_UTF16LE},
    {.form = FORM_UTF32}};

struct world {
    struct table *table;
    struct batch *batch;
    struct shape shape;
    struct followed followed;
    struct binlog_map map;
    struct binlog_resolution resolution;
    uint64_t hash; /* of all rows and of what else became of the event */
};

static bool admits(void *context, const struct batch *batch,
                   uint64_t key_hash, bool is_deleted)
{
    (void)context;
    (void)batch;
    return (key_hash + is_deleted) % 3 != 0;
}

static enum status room(void *context, struct followed *followed,
                        struct batch **batch, struct error *error)
{
    struct world *world = context;

    (void)followed;
    (void)error;
    if (batch_is_full(world->batch)) {
        world->hash = batch_hash(world->batch, world->hash);
        batch_clear(world->batch);
    }
    *batch = world->batch;
    return STATUS_OK;
}

static void add_column(struct world *world, uint8_t type)
{
    char name[] = {(char)('a' + world->table->column_count), '\0'};
    size_t at = world->map.column_count++;
    size_t chosen = type % ARRAY_COUNT(TYPES);
    struct column *column;

    world->map.columns[at] = TYPES[chosen].column;
    world->resolution.columns[at] = BINLOG_NO_COLUMN;
    if (!TYPES[chosen].declared)
        return;
    world->resolution.columns[at] = world->table->column_count;
    column = table_add_column(world->table, name);
    column->declared = memory_text(TYPES[chosen].declared);
    if (strstr(column->declared, "char") || strstr(column->declared, "text"))
        column->charset = memory_text("utf8mb4");
    column->is_nullable = world->table->column_count > 1;
    if (!mysql_map_column(column))
        abort();
}

static void read_rows(struct world *world, const uint8_t *options,
                      struct bytes body)
{
    const struct mysql_charset *charsets[COLUMNS_MAX];
    struct binlog_rows rows = {.kind = options[0] % 4u,
                               .has_extra = (options[0] & 4) != 0,
                               .post_bytes = options[0] & 4 ? 10 : 8,
                               .body = body,
                               .epoch = 1,
                               .clock = 7};
    struct log_sink sink = {.context = world, .room = room};
    struct binlog_rows_result result = {.seen = 0};
    struct binlog_table table;
    struct error error;
    char reason[128];

    for (size_t i = 0; i < COLUMNS_MAX; i++)
        charsets[i] = &sets[options[1] & IS_WIDE ? 1 + i % 3 : 0];
    if (!binlog_table_init(&table, &world->followed, &world->map,
                           &world->resolution, charsets, reason))
        abort();
    enum status status =
        binlog_rows_read(&table, &rows, &sink, &result, &error);
    if (status == STATUS_OK &&
        result.seen != result.rows + result.kept + result.walked +
                           result.key_only + result.unknown)
        abort();
    world->hash = batch_hash(world->batch, world->hash) + status;
    world->hash = XXH3_64bits_withSeed(
        &result, offsetof(struct binlog_rows_result, keys), world->hash);
    world->hash = XXH3_64bits_withSeed(result.keys.data, result.keys.size,
                                       world->hash);
    binlog_rows_result_release(&result);
    binlog_table_release(&table);
}

static void make_shape(struct world *world, uint8_t options, uint8_t more)
{
    struct error error;

    world->shape.keeps_last_values = (options & 32) != 0;
    world->shape.keeps_rows = (options & 64) != 0;
    if (more & ASKS)
        world->shape.admits = admits;
    if (more & FILTERS && filter_parse("a IS NULL OR a > 1",
                                       &world->shape.rows, &error) !=
                              STATUS_OK)
        abort();
    /* Texts and the like cannot be compared with numbers. */
    if (shape_bind(&world->shape, world->table, &error) != STATUS_OK) {
        filter_free(world->shape.rows);
        world->shape.rows = NULL;
    }
}

static void make_world(struct world *world, const uint8_t *types,
                       size_t count, const uint8_t *more)
{
    size_t key = 0;
    uint8_t options = more[0];

    world->table = table_new("d", "t");
    world->map.columns = memory_new(count, sizeof(*world->map.columns));
    world->resolution.columns =
        memory_new(count, sizeof(*world->resolution.columns));
    world->resolution.column_count = count;
    world->resolution.row_end = options & 8 ? 0 : BINLOG_NO_COLUMN;
    for (size_t i = 0; i < count; i++)
        add_column(world, types[i]);
    if (world->table->column_count > 0 && !(options & 16))
        table_set_key(world->table, &key, 1);
    table_settle(world->table);
    make_shape(world, options, more[1]);
    world->followed = (struct followed){
        .table = world->table,
        .shape = options & 128 ? NULL : &world->shape};
    world->batch = batch_new(world->table, ROWS, 1 << 20);
    for (size_t i = 0; more[1] & IS_SCARCE && i < world->table->column_count;
         i++)
        world->batch->columns[i].text.limit = 16;
}

/* `is_parent`: rows are not made while their images are cut, for the values
 * are wanted, too; nobody is there to be told of them. */
static uint64_t read_event(const uint8_t *data, size_t count,
                           struct bytes body, bool is_parent)
{
    static const struct followed_reference parent = {.columns = NULL};
    struct world world = {.table = NULL};

    make_world(&world, data + 2, count, data);
    world.followed.references = &parent;
    world.followed.reference_count = is_parent;
    read_rows(&world, data, body);
    shape_release(&world.shape);
    batch_free(world.batch);
    memory_free(world.resolution.columns);
    binlog_map_release(&world.map);
    table_free(world.table);
    return world.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct binlog_rows rows;
    struct bytes body;
    uint64_t hash;
    size_t count;
    uint8_t *exact;

    if (size < 2)
        return 0;
    if (binlog_rows_kind(data[1], &rows) !=
        binlog_type_is_rows(binlog_type_plain(data[1])))
        abort();
    count = data[1] % COLUMNS_MAX + 1u;
    if (size < 2 + count)
        return 0;
    exact = memory_new(size - 2 - count, 1);
    memcpy(exact, data + 2 + count, size - 2 - count);
    body = (struct bytes){exact, size - 2 - count};
    hash = read_event(data, count, body, false);
    /* Without room, not even a NULL finds its place. */
    if (!(data[1] & IS_SCARCE) && read_event(data, count, body, true) != hash)
        abort();
    memory_free(exact);
    return 0;
}

/* --- the mutator ---------------------------------------------------------- */

static uint64_t make_clock(struct made *made)
{
    return made_draw(made, 25) << 12 | made_draw(made, 61) << 6 |
           made_draw(made, 61);
}

static uint64_t make_day(struct made *made)
{
    if (made_once(made, 6))
        return 0;
    return made_draw(made, 3000) * 13 + made_draw(made, 13);
}

static void make_fraction(struct made *made, const struct binlog_column *column)
{
    static const uint32_t limits[] = {1, 100, 10000, 1000000};
    size_t bytes = (column->meta[0] + 1u) / 2;

    made_big(made, made_draw(made, limits[bytes] + 1), bytes);
}

static void make_time(struct made *made, const struct binlog_column *column)
{
    uint64_t date;

    switch (column->code) {
    case MYSQL_TYPE_DATE:
        made_number(made, made_draw(made, 10001) << 9 |
                              made_draw(made, 14) << 5 | made_draw(made, 32),
                    3);
        break;
    case MYSQL_TYPE_TIME:
        made_number(made, (made_once(made, 2) ? 1 : UINT64_MAX) *
                              (made_draw(made, 839) * 10000 +
                               made_draw(made, 62) * 100 +
                               made_draw(made, 62)), 3);
        break;
    case MYSQL_TYPE_TIME2:
        date = made_draw(made, 840) << 12 | (make_clock(made) & 0xfff);
        made_big(made, made_once(made, 2) ? 0x800000 + date : 0x800000 - date,
                 3);
        make_fraction(made, column);
        break;
    case MYSQL_TYPE_DATETIME:
        date = made_draw(made, 10001) * 10000 + made_draw(made, 13) * 100 +
               made_draw(made, 32);
        made_number(made, date * 1000000 + made_draw(made, 24) * 10000 +
                              made_draw(made, 61) * 100 +
                              made_draw(made, 61), 8);
        break;
    case MYSQL_TYPE_DATETIME2:
        date = make_day(made) << 5 | made_draw(made, 32);
        made_big(made, (UINT64_C(1) << 39) + (date << 17) + make_clock(made),
                 5);
        make_fraction(made, column);
        break;
    default: /* TIMESTAMP, TIMESTAMP2 */
        made_big(made, made_once(made, 4) ? 0 : made_draw(made, UINT32_MAX),
                 4);
        if (column->code == MYSQL_TYPE_TIMESTAMP2)
            make_fraction(made, column);
    }
}

static void make_text(struct made *made, const struct binlog_column *column,
                      size_t prefix)
{
    size_t at = made->size;

    made_number(made, 0, prefix);
    if (column->code == MYSQL_TYPE_JSON)
        made_json(made);
    else if (made_once(made, 4))
        made_random(made, made_draw(made, 18));
    else
        made_words(made, 200);
    made_patch(made, at, made->size - at - prefix, prefix);
}

static void make_value(struct made *made, const struct binlog_column *column)
{
    static const uint8_t sizes[] = {[1] = 1, [13] = 1, [2] = 2, [9] = 3,
                                    [3] = 4, [8] = 8, [4] = 4, [5] = 8};

    switch (column->code) {
    case MYSQL_TYPE_BIT:
        made_random(made, column->meta[1] + (column->meta[0] > 0));
        break;
    case MYSQL_TYPE_NEWDECIMAL:
        made_big(made, made_once(made, 2) ? made_draw(made, 2) * 0x8000 : 1,
                 binlog_decimal_bytes(column->meta[0], column->meta[1]));
        break;
    case MYSQL_TYPE_ENUM:
    case MYSQL_TYPE_SET:
        made_number(made, made_draw(made, made_once(made, 5) ? 256 : 4),
                    column->meta[1]);
        break;
    case MYSQL_TYPE_STRING:
        make_text(made, column, binlog_string_bytes(column) > 255 ? 2 : 1);
        break;
    case MYSQL_TYPE_VARCHAR:
        make_text(made, column, column->meta[1] > 0 ? 2 : 1);
        break;
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_JSON:
    case MYSQL_TYPE_GEOMETRY:
    case BINLOG_VECTOR:
        make_text(made, column, column->meta[0]);
        break;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_TIME2:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_DATETIME2:
    case MYSQL_TYPE_TIMESTAMP:
    case MYSQL_TYPE_TIMESTAMP2:
        make_time(made, column);
        break;
    default:
        made_number(made, made_edge(made), sizes[column->code]);
    }
}

/* What the images of an event have in common. */
struct made_rows {
    uint8_t types[COLUMNS_MAX];
    size_t count;
    uint32_t present; /* bits */
    bool is_maximum;  /* the first column is a row_end of today */
};

static void make_image(struct made *made, const struct made_rows *rows)
{
    uint32_t nulls = made_once(made, 2) ? 0 : (uint32_t)made_edge(made);
    size_t present = 0;
    size_t bit = 0;

    for (size_t i = 0; i < rows->count; i++)
        present += rows->present >> i & 1;
    made_number(made, nulls & ~1u, (present + 7) / 8);
    for (size_t i = 0; i < rows->count; i++) {
        const struct binlog_column *column =
            &TYPES[rows->types[i] % ARRAY_COUNT(TYPES)].column;

        if (!(rows->present >> i & 1))
            continue;
        if ((nulls & ~1u) >> bit++ & 1)
            continue;
        if (i == 0 && rows->is_maximum &&
            column->code == MYSQL_TYPE_TIMESTAMP2)
            made_bytes(made, "\x7f\xff\xff\xff\x0f\x42\x3f", 7);
        else
            make_value(made, column);
    }
}

/* Options and the bits of documents in front of a partial after image. */
static void make_options(struct made *made, const struct made_rows *rows)
{
    size_t documents = 0;

    for (size_t i = 0; i < rows->count; i++)
        documents += TYPES[rows->types[i] % ARRAY_COUNT(TYPES)].column.code ==
                     MYSQL_TYPE_JSON;
    made_byte(made, !made_once(made, 4));
    if (made->size > 0 && made->data[made->size - 1] == 1)
        made_number(made, made_edge(made), (documents + 7) / 8);
}

static void make_rows(struct made *made)
{
    struct made_rows rows = {.count = 1 + made_draw(made, 6)};
    uint8_t options = (uint8_t)made_draw(made, 256);
    uint8_t kind = options % 4;
    uint32_t second;

    made_byte(made, options);
    made_byte(made, (uint8_t)(rows.count - 1 +
                              16 * made_draw(made, made_once(made, 2) ? 1
                                                                      : 16)));
    for (size_t i = 0; i < rows.count; i++) {
        rows.types[i] = (uint8_t)made_draw(made, ARRAY_COUNT(TYPES));
        if (i == 0 && options & 8 && made_once(made, 2))
            rows.types[i] = 19; /* timestamp(6) */
        made_byte(made, rows.types[i]);
    }
    made_number(made, 7, 8);
    if (options & 4) {
        bool has_more = made_once(made, 4);
        made_number(made, has_more ? 4 : 2, 2);
        made_number(made, 0, has_more ? 2 : 0);
    }
    made_lenenc(made, rows.count);
    rows.present = made_once(made, 3) ? (uint32_t)made_edge(made) : UINT32_MAX;
    second = made_once(made, 2) ? rows.present : (uint32_t)made_edge(made);
    made_number(made, rows.present, (rows.count + 7) / 8);
    if (kind % 2 == 1)
        made_number(made, second, (rows.count + 7) / 8);
    for (size_t left = made_draw(made, 5); left > 0; left--) {
        struct made_rows after = rows;
        struct made again = *made;

        rows.is_maximum = after.is_maximum = made_once(made, 2);
        after.present = second;
        make_image(made, &rows);
        if (kind % 2 == 0)
            continue;
        if (kind == 3)
            make_options(made, &rows);
        /* The same values once more, so that keys are equal. */
        if (made_once(made, 2))
            made->state = again.state;
        make_image(made, &after);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    return made_mutate(data, size, max_size, seed, make_rows);
}
