/*
 * Streaming compression of uploads. The frame's checksum is on, which the
 * libraries leave off: with it a changed byte is refused by the server instead
 * of being stored.
 */
#include "compress.h"

#include <lz4frame.h>
#include <string.h>
#include <zstd.h>

#include "base/memory.h"

/* What LZ4 is given at once; its output is kept here, since it asks for room
 * for the worst case. */
#define LZ4_INPUT_BYTES ((size_t)256 * 1024)

struct compressor {
    enum compression compression;
    ZSTD_CCtx *zstd;
    LZ4F_cctx *lz4;
    uint8_t *kept; /* LZ4: what did not fit yet */
    size_t kept_room;
    size_t kept_start;
    size_t kept_end;
    bool has_begun;
    bool has_ended;
    bool has_failed;
};

static const LZ4F_preferences_t LZ4_PREFERENCES = {
    .frameInfo = {.blockSizeID = LZ4F_max256KB,
                  .blockMode = LZ4F_blockIndependent,
                  .contentChecksumFlag = LZ4F_contentChecksumEnabled},
};

const char *compression_encoding(enum compression compression)
{
    static const char *const names[] = {NULL, "lz4", "zstd"};
    return names[compression];
}

static void open_zstd(struct compressor *compressor)
{
    compressor->zstd = ZSTD_createCCtx();
    if (!compressor->zstd ||
        ZSTD_isError(ZSTD_CCtx_setParameter(compressor->zstd,
                                            ZSTD_c_compressionLevel, 1)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(compressor->zstd,
                                            ZSTD_c_checksumFlag, 1)))
        compressor->has_failed = true;
}

static void open_lz4(struct compressor *compressor)
{
    if (LZ4F_isError(LZ4F_createCompressionContext(&compressor->lz4,
                                                   LZ4F_VERSION)))
        compressor->has_failed = true;
    compressor->kept_room = LZ4F_HEADER_SIZE_MAX +
                            LZ4F_compressBound(LZ4_INPUT_BYTES,
                                               &LZ4_PREFERENCES);
    compressor->kept = memory_new(compressor->kept_room, 1);
}

struct compressor *compressor_new(enum compression compression)
{
    struct compressor *compressor = memory_new(1, sizeof *compressor);
    compressor->compression = compression;
    if (compression == COMPRESSION_ZSTD)
        open_zstd(compressor);
    else if (compression == COMPRESSION_LZ4)
        open_lz4(compressor);
    return compressor;
}

void compressor_free(struct compressor *compressor)
{
    if (!compressor)
        return;
    (void)ZSTD_freeCCtx(compressor->zstd);
    if (compressor->lz4)
        (void)LZ4F_freeCompressionContext(compressor->lz4);
    memory_free(compressor->kept);
    memory_free(compressor);
}

static size_t pull_none(struct bytes *input, uint8_t *target, size_t room)
{
    size_t size = input->size < room ? input->size : room;
    memcpy(target, input->data, size);
    input->data += size;
    input->size -= size;
    return size;
}

static size_t run_zstd(struct compressor *compressor, struct bytes *input,
                       ZSTD_outBuffer *output, ZSTD_EndDirective directive)
{
    ZSTD_inBuffer source = {input->data, input->size, 0};
    size_t left = ZSTD_compressStream2(compressor->zstd, output, &source,
                                       directive);
    if (ZSTD_isError(left))
        compressor->has_failed = true;
    input->data += source.pos;
    input->size -= source.pos;
    return left;
}

/* Puts kept bytes into `target`. */
static size_t give_kept(struct compressor *compressor, uint8_t *target,
                        size_t room)
{
    struct bytes kept = {compressor->kept + compressor->kept_start,
                         compressor->kept_end - compressor->kept_start};
    size_t given = pull_none(&kept, target, room);
    compressor->kept_start += given;
    return given;
}

static void keep(struct compressor *compressor, size_t written)
{
    if (LZ4F_isError(written))
        compressor->has_failed = true;
    else
        compressor->kept_end += written;
}

static void begin_lz4(struct compressor *compressor)
{
    compressor->kept_start = 0;
    compressor->kept_end = 0;
    if (compressor->has_begun)
        return;
    compressor->has_begun = true;
    keep(compressor, LZ4F_compressBegin(compressor->lz4, compressor->kept,
                                        compressor->kept_room,
                                        &LZ4_PREFERENCES));
}

static size_t pull_lz4(struct compressor *compressor, struct bytes *input,
                       uint8_t *target, size_t room)
{
    size_t given = 0;
    for (;;) {
        given += give_kept(compressor, target + given, room - given);
        if (given == room || input->size == 0 || compressor->has_failed)
            return given;
        begin_lz4(compressor);
        size_t size = input->size < LZ4_INPUT_BYTES ? input->size
                                                    : LZ4_INPUT_BYTES;
        keep(compressor,
             LZ4F_compressUpdate(compressor->lz4,
                                 compressor->kept + compressor->kept_end,
                                 compressor->kept_room - compressor->kept_end,
                                 input->data, size, NULL));
        input->data += size;
        input->size -= size;
    }
}

size_t compressor_pull(struct compressor *compressor, struct bytes *input,
                       uint8_t *target, size_t room)
{
    if (compressor->has_failed)
        return 0;
    if (compressor->compression == COMPRESSION_NONE)
        return pull_none(input, target, room);
    if (compressor->compression == COMPRESSION_LZ4)
        return pull_lz4(compressor, input, target, room);
    ZSTD_outBuffer output = {target, room, 0};
    (void)run_zstd(compressor, input, &output, ZSTD_e_continue);
    return output.pos;
}

static size_t end_lz4(struct compressor *compressor, uint8_t *target,
                      size_t room, bool *is_done)
{
    size_t given = give_kept(compressor, target, room);
    if (compressor->kept_start < compressor->kept_end)
        return given;
    if (!compressor->has_ended) {
        begin_lz4(compressor);
        compressor->has_ended = true;
        keep(compressor,
             LZ4F_compressEnd(compressor->lz4,
                              compressor->kept + compressor->kept_end,
                              compressor->kept_room - compressor->kept_end,
                              NULL));
        given += give_kept(compressor, target + given, room - given);
    }
    *is_done = compressor->kept_start == compressor->kept_end;
    return given;
}

size_t compressor_end(struct compressor *compressor, uint8_t *target,
                      size_t room, bool *is_done)
{
    *is_done = compressor->has_failed ||
               compressor->compression == COMPRESSION_NONE;
    if (*is_done)
        return 0;
    if (compressor->compression == COMPRESSION_LZ4)
        return end_lz4(compressor, target, room, is_done);
    struct bytes nothing = {(const uint8_t *)"", 0};
    ZSTD_outBuffer output = {target, room, 0};
    *is_done = run_zstd(compressor, &nothing, &output, ZSTD_e_end) == 0;
    return output.pos;
}

bool compressor_failed(const struct compressor *compressor)
{
    return compressor->has_failed;
}
