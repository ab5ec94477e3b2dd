/*
 * One gzip member, level 1: by ISA-L, five times as fast, or by zlib where the
 * build is without it.
 */
#ifdef TIDEMARK_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

#include "base/memory.h"
#include "files.h"

#define OUTPUT_BYTES ((size_t)256 << 10)
/* Both libraries count in 32 bits. */
#define INPUT_MAX ((size_t)1 << 30)

#ifdef TIDEMARK_ISAL

struct gzip_writer {
    struct isal_zstream stream;
    uint8_t level[ISAL_DEF_LVL1_DEFAULT];
    uint8_t output[OUTPUT_BYTES];
};

struct gzip_writer *gzip_writer_new(void)
{
    struct gzip_writer *writer = memory_new(1, sizeof *writer);
    isal_deflate_init(&writer->stream);
    writer->stream.level = 1;
    writer->stream.level_buf = writer->level;
    writer->stream.level_buf_size = sizeof writer->level;
    writer->stream.gzip_flag = IGZIP_GZIP;
    return writer;
}

void gzip_writer_free(struct gzip_writer *writer)
{
    memory_free(writer);
}

/* Fills the output once; false after a failure of the library. */
static bool deflate_some(struct gzip_writer *writer, bool ends)
{
    writer->stream.end_of_stream = ends ? 1 : 0;
    return isal_deflate(&writer->stream) == COMP_OK;
}

#else

struct gzip_writer {
    z_stream stream;
    bool has_failed;
    uint8_t output[OUTPUT_BYTES];
};

/* 32 KiB of window, and a gzip header. */
#define WINDOW_BITS (15 + 16)
#define MEMORY_LEVEL 8

struct gzip_writer *gzip_writer_new(void)
{
    struct gzip_writer *writer = memory_new(1, sizeof *writer);
    writer->has_failed = deflateInit2(&writer->stream, 1, Z_DEFLATED,
                                      WINDOW_BITS, MEMORY_LEVEL,
                                      Z_DEFAULT_STRATEGY) != Z_OK;
    return writer;
}

void gzip_writer_free(struct gzip_writer *writer)
{
    if (writer)
        (void)deflateEnd(&writer->stream);
    memory_free(writer);
}

/* Fills the output once; false after a failure of the library. */
static bool deflate_some(struct gzip_writer *writer, bool ends)
{
    return !writer->has_failed &&
           deflate(&writer->stream, ends ? Z_FINISH : Z_NO_FLUSH) !=
               Z_STREAM_ERROR;
}

#endif

/* Compresses what the stream was given, to its end. */
static enum status drain(struct gzip_writer *writer, bool ends,
                         const struct gzip_output *output,
                         struct error *error)
{
    do {
        writer->stream.next_out = writer->output;
        writer->stream.avail_out = (uint32_t)OUTPUT_BYTES;
        if (!deflate_some(writer, ends))
            return error_set(error, ERROR_DEFECT, "could not compress rows");
        struct bytes text = {writer->output,
                             OUTPUT_BYTES - writer->stream.avail_out};
        enum status status = text.size > 0
                                 ? output->write(output->context, text, error)
                                 : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    } while (writer->stream.avail_out == 0);
    return STATUS_OK;
}

enum status gzip_write(struct gzip_writer *writer, struct bytes input,
                       bool ends, const struct gzip_output *output,
                       struct error *error)
{
    enum status status = STATUS_OK;
    do {
        size_t size = input.size < INPUT_MAX ? input.size : INPUT_MAX;
        /* Both take a pointer to what they only read. */
        writer->stream.next_in = (uint8_t *)(uintptr_t)input.data;
        writer->stream.avail_in = (uint32_t)size;
        input.data += size;
        input.size -= size;
        status = drain(writer, ends && input.size == 0, output, error);
    } while (status == STATUS_OK && input.size > 0);
    return status;
}
