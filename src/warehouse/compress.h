#ifndef TIDEMARK_WAREHOUSE_COMPRESS_H
#define TIDEMARK_WAREHOUSE_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* What an upload is compressed by: one frame with a checksum of its content,
 * zstd level 1 or an LZ4 frame. */
enum compression { COMPRESSION_NONE, COMPRESSION_LZ4, COMPRESSION_ZSTD };

/* The value of Content-Encoding; NULL for none. */
const char *compression_encoding(enum compression compression);

/* A pull: the receiver has room, the compressor fills it. */
struct compressor;

struct compressor *compressor_new(enum compression compression);
void compressor_free(struct compressor *compressor); /* NULL is allowed */
/*
 * Takes from `input` (which is moved on by what was taken) and returns how
 * many bytes stand in `target`. Where nothing of `input` is left, bytes may
 * still be kept back until more comes.
 */
size_t compressor_pull(struct compressor *compressor, struct bytes *input,
                       uint8_t *target, size_t room);
/* The same after the last input: what was kept back and the frame's end.
 * *is_done when nothing is left; call it until then. */
size_t compressor_end(struct compressor *compressor, uint8_t *target,
                      size_t room, bool *is_done);
/* True after a failure inside the library, which is a defect. */
bool compressor_failed(const struct compressor *compressor);

#endif
