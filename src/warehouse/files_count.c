/*
 * What a closed part holds, by reading it from its first byte to its last: a
 * part is named and told only after that. zlib reads what ISA-L wrote.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>

#include "base/memory.h"
#include "files.h"

#define BLOCK_BYTES ((size_t)256 << 10)
#define WINDOW_BITS (15 + 16)
#define START_BYTES (sizeof FILES_ROW_START - 1)
/* A version has at most 19 digits. */
#define DIGITS_MAX 20u

struct counter {
    struct files_count *count;
    XXH3_state_t *whole; /* of the file */
    XXH3_state_t *load;  /* of all files of the load; borrowed */
    z_stream stream;
    uint8_t *block;
    uint8_t *text;
    size_t column;    /* of the next byte in its line */
    size_t digits;    /* of the version that were read */
    uint64_t version; /* of the line */
    bool is_done;     /* the member ended */
    bool is_sound;
};

static void end_line(struct counter *counter)
{
    struct files_count *count = counter->count;
    if (counter->digits == 0)
        counter->is_sound = false;
    if (count->rows == 0 || counter->version < count->lowest)
        count->lowest = counter->version;
    if (counter->version > count->highest)
        count->highest = counter->version;
    count->rows++;
    counter->column = 0;
    counter->digits = 0;
    counter->version = 0;
}

/* A byte of the start of a line; false once the version is over. */
static bool take_start(struct counter *counter, uint8_t byte)
{
    if (counter->column < START_BYTES) {
        if (byte != (uint8_t)FILES_ROW_START[counter->column])
            counter->is_sound = false;
        return true;
    }
    if (counter->column > START_BYTES + counter->digits || byte < '0' ||
        byte > '9' || counter->digits >= DIGITS_MAX)
        return false;
    counter->version = counter->version * 10 + (uint64_t)(byte - '0');
    counter->digits++;
    return true;
}

static void count_lines(struct counter *counter, size_t size)
{
    size_t at = 0;
    while (at < size) {
        while (at < size && counter->text[at] != '\n' &&
               take_start(counter, counter->text[at])) {
            counter->column++;
            at++;
        }
        const uint8_t *end = memchr(counter->text + at, '\n', size - at);
        size_t rest = end ? (size_t)(end - counter->text) - at : size - at;
        counter->column += rest;
        at += rest;
        if (end) {
            end_line(counter);
            at++;
        }
    }
}

static void count_block(struct counter *counter, size_t size)
{
    counter->stream.next_in = counter->block;
    counter->stream.avail_in = (uInt)size;
    while (counter->is_sound && !counter->is_done) {
        counter->stream.next_out = counter->text;
        counter->stream.avail_out = (uInt)BLOCK_BYTES;
        int code = inflate(&counter->stream, Z_NO_FLUSH);
        counter->is_done = code == Z_STREAM_END;
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            counter->is_sound = false;
        count_lines(counter, BLOCK_BYTES - counter->stream.avail_out);
        if (counter->stream.avail_out > 0)
            break;
    }
    /* One member is a part; nothing stands behind it. */
    if (counter->stream.avail_in > 0)
        counter->is_sound = false;
}

static enum status count_file(struct counter *counter, int file,
                              struct error *error)
{
    struct files_count *count = counter->count;
    for (;;) {
        ssize_t size = pread(file, counter->block, BLOCK_BYTES,
                             (off_t)count->bytes);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return files_fail(error, "read back", "a part");
        if (size == 0)
            return STATUS_OK;
        (void)XXH3_64bits_update(counter->whole, counter->block,
                                 (size_t)size);
        (void)XXH3_64bits_update(counter->load, counter->block,
                                 (size_t)size);
        count->bytes += (uint64_t)size;
        count_block(counter, (size_t)size);
    }
}

enum status files_count_part(int file, void *hashes,
                             struct files_count *count, bool *is_sound,
                             struct error *error)
{
    struct counter counter = {
        .count = count,
        .whole = XXH3_createState(),
        .load = hashes,
        .block = memory_new(BLOCK_BYTES, 1),
        .text = memory_new(BLOCK_BYTES, 1),
    };
    memset(count, 0, sizeof *count);
    (void)XXH3_64bits_reset(counter.whole);
    counter.is_sound = inflateInit2(&counter.stream, WINDOW_BITS) == Z_OK;
    enum status status = count_file(&counter, file, error);
    count->hash = XXH3_64bits_digest(counter.whole);
    *is_sound = counter.is_sound && counter.is_done && counter.column == 0;
    (void)inflateEnd(&counter.stream);
    (void)XXH3_freeState(counter.whole);
    memory_free(counter.block);
    memory_free(counter.text);
    return status;
}
