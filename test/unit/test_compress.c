/* Compression of uploads: what goes in comes out, in pieces of any size, and a
 * changed byte is seen. */
#include "unit.h"

#include <lz4frame.h>
#include <string.h>
#include <zstd.h>

#include "base/memory.h"
#include "warehouse/compress.h"

#define PLAIN_BYTES ((size_t)3 * 1024 * 1024 + 7)

static uint8_t *make_plain(void)
{
    uint8_t *plain = memory_new(PLAIN_BYTES, 1);
    uint32_t seed = 7;
    for (size_t i = 0; i < PLAIN_BYTES; i++) {
        seed = seed * 1664525 + 1013904223;
        plain[i] = (uint8_t)(i % 3 ? 'a' + i % 17 : seed >> 24);
    }
    return plain;
}

/* Compresses with inputs of `step` bytes into rooms of `room` bytes. */
static void run(enum compression compression, struct bytes plain, size_t step,
                size_t room, struct buffer *target)
{
    struct compressor *compressor = compressor_new(compression);
    bool is_done = false;
    while (plain.size > 0) {
        struct bytes input = {plain.data,
                              plain.size < step ? plain.size : step};
        plain.data += input.size;
        plain.size -= input.size;
        do {
            assert_true(buffer_reserve(target, room));
            size_t size = compressor_pull(compressor, &input,
                                          target->data + target->size, room);
            assert_true(size <= room);
            target->size += size;
        } while (input.size > 0);
    }
    while (!is_done) {
        assert_true(buffer_reserve(target, room));
        target->size += compressor_end(compressor,
                                       target->data + target->size, room,
                                       &is_done);
    }
    assert_false(compressor_failed(compressor));
    compressor_free(compressor);
}

/* Bytes of the plain text, 0 where it is refused. */
static size_t unpack_lz4(struct bytes packed, uint8_t *plain)
{
    LZ4F_dctx *context = NULL;
    size_t done = 0;
    size_t left = 1;
    assert_false(LZ4F_isError(LZ4F_createDecompressionContext(
        &context, LZ4F_VERSION)));
    while (packed.size > 0 && left != 0) {
        size_t room = PLAIN_BYTES + 1 - done;
        size_t taken = packed.size;
        left = LZ4F_decompress(context, plain + done, &room, packed.data,
                               &taken, NULL);
        if (LZ4F_isError(left))
            break;
        done += room;
        packed.data += taken;
        packed.size -= taken;
    }
    (void)LZ4F_freeDecompressionContext(context);
    return left == 0 ? done : 0;
}

static size_t unpack(enum compression compression, struct bytes packed,
                     uint8_t *plain)
{
    if (compression == COMPRESSION_LZ4)
        return unpack_lz4(packed, plain);
    if (compression == COMPRESSION_ZSTD) {
        size_t size = ZSTD_decompress(plain, PLAIN_BYTES + 1, packed.data,
                                      packed.size);
        return ZSTD_isError(size) ? 0 : size;
    }
    memcpy(plain, packed.data, packed.size);
    return packed.size;
}

static void what_goes_in_comes_out(void **state)
{
    static const size_t sizes[][2] = {{PLAIN_BYTES, 1048564}, {4096, 4096},
                                      {100000, 65536}, {PLAIN_BYTES, 1000}};
    uint8_t *plain = make_plain();
    uint8_t *back = memory_new(PLAIN_BYTES + 1, 1);
    (void)state;
    for (int kind = COMPRESSION_NONE; kind <= COMPRESSION_ZSTD; kind++) {
        for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
            struct buffer packed;
            buffer_init(&packed, 4 * PLAIN_BYTES);
            run((enum compression)kind, (struct bytes){plain, PLAIN_BYTES},
                sizes[i][0], sizes[i][1], &packed);
            assert_int_equal(unpack((enum compression)kind,
                                    buffer_bytes(&packed), back),
                             PLAIN_BYTES);
            assert_memory_equal(back, plain, PLAIN_BYTES);
            if (kind != COMPRESSION_NONE)
                assert_true(packed.size < PLAIN_BYTES);
            buffer_release(&packed);
        }
    }
    memory_free(plain);
    memory_free(back);
}

static void nothing_is_a_frame_too(void **state)
{
    uint8_t back[8];
    (void)state;
    for (int kind = COMPRESSION_LZ4; kind <= COMPRESSION_ZSTD; kind++) {
        struct buffer packed;
        buffer_init(&packed, 1024 * 1024);
        run((enum compression)kind, (struct bytes){back, 0}, 1, 64, &packed);
        assert_true(packed.size > 4);
        buffer_release(&packed);
    }
}

/* The checksum of the frame: without it many of these would pass. */
static void a_changed_byte_is_refused(void **state)
{
    uint8_t *plain = make_plain();
    uint8_t *back = memory_new(PLAIN_BYTES + 1, 1);
    (void)state;
    for (int kind = COMPRESSION_LZ4; kind <= COMPRESSION_ZSTD; kind++) {
        struct buffer packed;
        buffer_init(&packed, 4 * PLAIN_BYTES);
        run((enum compression)kind, (struct bytes){plain, PLAIN_BYTES},
            PLAIN_BYTES, 1000000, &packed);
        for (size_t at = 50; at < packed.size; at += packed.size / 23) {
            packed.data[at] ^= 4;
            assert_int_equal(unpack((enum compression)kind,
                                    buffer_bytes(&packed), back), 0);
            packed.data[at] ^= 4;
        }
        buffer_release(&packed);
    }
    memory_free(plain);
    memory_free(back);
}

static void encodings_have_their_names(void **state)
{
    (void)state;
    assert_null(compression_encoding(COMPRESSION_NONE));
    assert_string_equal(compression_encoding(COMPRESSION_LZ4), "lz4");
    assert_string_equal(compression_encoding(COMPRESSION_ZSTD), "zstd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(nothing_is_a_frame_too),
        cmocka_unit_test(a_changed_byte_is_refused),
        cmocka_unit_test(encodings_have_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
