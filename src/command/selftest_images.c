/*
 * The rows of a selftest by their canonical keys. Cells of an image, stored
 * columns in order: length + 1 as four bytes, 0 for NULL, then the bytes as
 * they lie in a batch.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cell_show.h"
#include "model/digest.h"
#include "model/key.h"
#include "selftest.h"

#define KEY_BYTES_MAX 65536
#define IMAGE_BYTES ((size_t)3 << 30)

void selftest_images_init(struct selftest *test)
{
    test->bucket_count = 64;
    while (test->bucket_count < 2 * test->row_limit)
        test->bucket_count *= 2;
    test->buckets = memory_new(test->bucket_count, sizeof *test->buckets);
    test->images = memory_new(test->row_limit, sizeof *test->images);
}

static void free_content(struct selftest *test, struct selftest_image *image)
{
    test->bytes -= image->cell_bytes;
    memory_free(image->cells);
    memory_free(image->differs);
    image->cells = NULL;
    image->cell_bytes = 0;
    image->differs = NULL;
}

static void free_image(struct selftest *test, struct selftest_image *image)
{
    free_content(test, image);
    memory_free((void *)(uintptr_t)image->key.data);
    memory_free(image->key_text);
    memory_free(image->filter);
    memory_free(image);
}

static size_t bucket_of(const struct selftest *test, struct bytes key)
{
    return (size_t)key_hash(key) & (test->bucket_count - 1);
}

static void add_to_bucket(struct selftest *test, struct selftest_image *image)
{
    size_t bucket = bucket_of(test, image->key);
    image->next = test->buckets[bucket];
    test->buckets[bucket] = image;
}

void selftest_images_lose(struct selftest *test, enum selftest_reason reason)
{
    size_t kept = 0;
    test->times[reason]++;
    memset(test->buckets, 0, test->bucket_count * sizeof *test->buckets);
    for (size_t i = 0; i < test->count; i++) {
        struct selftest_image *image = test->images[i];
        if (image->verdict != SELFTEST_EQUAL) {
            test->lost[reason]++;
            free_image(test, image);
            continue;
        }
        test->images[kept++] = image;
        add_to_bucket(test, image);
    }
    test->count = kept;
}

void selftest_images_release(struct selftest *test)
{
    for (size_t i = 0; i < test->count; i++)
        free_image(test, test->images[i]);
    memory_free(test->images);
    memory_free(test->buckets);
    test->images = NULL;
    test->buckets = NULL;
    test->count = 0;
}

static struct selftest_image *find(const struct selftest *test,
                                   struct bytes key)
{
    struct selftest_image *image = test->buckets[bucket_of(test, key)];
    while (image && !bytes_equal(image->key, key))
        image = image->next;
    return image;
}

/* --- keys ---------------------------------------------------------------- */

/* 'text' with quotes doubled; false where a C string cannot hold it. */
static bool add_quoted(struct bytes text, struct buffer *target)
{
    buffer_add_byte(target, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\0')
            return false;
        if (text.data[i] == '\'')
            buffer_add_byte(target, '\'');
        buffer_add_byte(target, text.data[i]);
    }
    buffer_add_byte(target, '\'');
    return true;
}

static bool add_constant(const struct batch *batch, size_t column, size_t row,
                         struct buffer *target)
{
    enum kind kind = batch->table->columns[column].kind;
    struct buffer text;
    bool is_good = true;
    if (kind == KIND_FLOAT || kind == KIND_JSON)
        return false;
    buffer_init(&text, KEY_BYTES_MAX);
    cell_show(batch, column, row, &text);
    if (kind == KIND_BYTES && text.size == 2) /* 0x */
        buffer_add_text(target, "''");
    else if (kind == KIND_BYTES || kind == KIND_BOOL || kind == KIND_INT ||
             kind == KIND_UINT || kind == KIND_DECIMAL)
        buffer_add(target, buffer_bytes(&text).data, text.size);
    else
        is_good = add_quoted(buffer_bytes(&text), target);
    is_good &= !text.is_overflown;
    buffer_release(&text);
    return is_good;
}

/* "constant" for a key of one column, else "(`a` = constant AND ...)". */
static char *key_filter(const struct batch *batch, size_t row)
{
    const struct table *table = batch->table;
    bool is_single = table->key_count == 1;
    bool is_good = true;
    struct buffer text;
    buffer_init(&text, 4 * KEY_BYTES_MAX);
    for (size_t i = 0; i < table->key_count && is_good; i++) {
        if (!is_single)
            buffer_add_text(&text, i == 0 ? "(`" : " AND `");
        for (const char *name = table->columns[table->key[i]].name;
             !is_single && *name; name++)
            buffer_add_text(&text, *name == '`' ? "``"
                                                : (char[]){*name, '\0'});
        if (!is_single)
            buffer_add_text(&text, "` = ");
        is_good = add_constant(batch, table->key[i], row, &text);
    }
    if (!is_single)
        buffer_add_byte(&text, ')');
    char *filter = is_good && !text.is_overflown
                       ? memory_text(buffer_text(&text))
                       : NULL;
    buffer_release(&text);
    return filter;
}

/* --- cells --------------------------------------------------------------- */

static void add_cell(const struct batch *batch, size_t column, size_t row,
                     struct buffer *target)
{
    const struct column *about = &batch->table->columns[column];
    uint8_t canonical[DIGEST_CELL_BYTES];
    struct bytes bytes = {canonical, 0};
    uint32_t size = 0;
    if (!batch_is_null(batch, column, row)) {
        if (about->kind == KIND_FLOAT)
            bytes.size = digest_cell_double(batch_double(batch, column, row),
                                            canonical);
        else if (kind_is_variable(about->kind))
            bytes = batch_text(batch, column, row);
        else
            bytes = (struct bytes){batch_cell(batch, column, row),
                                   batch->columns[column].width};
        size = (uint32_t)bytes.size + 1;
    }
    buffer_add(target, &size, sizeof size);
    buffer_add(target, bytes.data, bytes.size);
}

static void write_cells(const struct batch *batch, size_t row,
                        struct buffer *target)
{
    buffer_init(target, IMAGE_BYTES);
    for (size_t i = 0; i < batch->table->column_count; i++)
        if (batch->table->columns[i].is_stored)
            add_cell(batch, i, row, target);
}

/* The cell at *at, which moves behind it; its length stands in front. */
static struct bytes next_cell(const uint8_t **at)
{
    uint32_t size = 0;
    memcpy(&size, *at, sizeof size);
    struct bytes cell = {*at, sizeof size + (size ? size - 1 : 0)};
    *at += cell.size;
    return cell;
}

/* --- from the log -------------------------------------------------------- */

static struct selftest_image *add_image(struct selftest *test, size_t row,
                                        struct bytes key)
{
    struct selftest_image *image = memory_new(1, sizeof *image);
    struct buffer text;
    uint8_t *copy = memory_new(key.size + 1, 1);
    memcpy(copy, key.data, key.size);
    image->key = (struct bytes){copy, key.size};
    buffer_init(&text, KEY_BYTES_MAX);
    key_text(test->batch, row, &text);
    image->key_text = memory_text(buffer_text(&text));
    buffer_release(&text);
    image->filter = key_filter(test->batch, row);
    test->images[test->count++] = image;
    add_to_bucket(test, image);
    return image;
}

/* Has it room for one more row? */
static bool has_room(const struct selftest *test)
{
    return test->takes_new && test->count < test->row_limit &&
           test->bytes < test->byte_limit;
}

static void take_row(struct selftest *test, size_t row)
{
    struct buffer key;
    buffer_init(&key, KEY_BYTES_MAX);
    key_canonical(test->batch, row, &key);
    struct selftest_image *image = find(test, buffer_bytes(&key));
    if (!image && has_room(test))
        image = add_image(test, row, buffer_bytes(&key));
    buffer_release(&key);
    test->seen++;
    /* What was equal stays proved. */
    if (!image || image->verdict == SELFTEST_EQUAL)
        return;
    free_content(test, image);
    image->verdict = SELFTEST_OPEN;
    if (test->batch->deleted[row])
        return;
    struct buffer cells;
    write_cells(test->batch, row, &cells);
    image->cells = memory_new(cells.size + 1, 1);
    memcpy(image->cells, buffer_bytes(&cells).data, cells.size);
    image->cell_bytes = cells.size;
    test->bytes += cells.size;
    image->digest = test->batch->digests[row];
    buffer_release(&cells);
}

void selftest_take(struct selftest *test)
{
    for (size_t i = 0; i < test->batch->row_count; i++)
        take_row(test, i);
    batch_clear(test->batch);
}

/* --- with the SELECT ----------------------------------------------------- */

struct selftest_image *selftest_find(const struct selftest *test, size_t row)
{
    struct buffer key;
    buffer_init(&key, KEY_BYTES_MAX);
    key_canonical(test->batch, row, &key);
    struct selftest_image *image = find(test, buffer_bytes(&key));
    buffer_release(&key);
    return image;
}

static bool *mark_of(const struct selftest *test,
                     struct selftest_image *image)
{
    if (!image->differs)
        image->differs = memory_new(test->work->table->column_count + 2,
                                    sizeof *image->differs);
    image->verdict = SELFTEST_DIFFERENT;
    return image->differs;
}

void selftest_compare_absent(const struct selftest *test,
                             struct selftest_image *image)
{
    image->verdict = SELFTEST_EQUAL;
    if (image->cells)
        mark_of(test, image)[test->work->table->column_count + 1] = true;
}

static void compare_cells(const struct selftest *test,
                          struct selftest_image *image, size_t row)
{
    const struct table *table = test->work->table;
    struct buffer cells;
    write_cells(test->batch, row, &cells);
    const uint8_t *logged = image->cells;
    const uint8_t *selected = buffer_bytes(&cells).data;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].is_stored &&
            !bytes_equal(next_cell(&logged), next_cell(&selected)))
            mark_of(test, image)[i] = true;
    buffer_release(&cells);
}

void selftest_compare(const struct selftest *test,
                      struct selftest_image *image, size_t row)
{
    if (test->batch->deleted[row]) {
        selftest_compare_absent(test, image);
        return;
    }
    image->verdict = SELFTEST_EQUAL;
    if (!image->cells) {
        mark_of(test, image)[test->work->table->column_count + 1] = true;
        return;
    }
    compare_cells(test, image, row);
    if (image->digest != test->batch->digests[row])
        mark_of(test, image)[test->work->table->column_count] = true;
}

size_t selftest_count(const struct selftest *test,
                      enum selftest_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < test->count; i++)
        count += test->images[i]->verdict == verdict;
    return count;
}
