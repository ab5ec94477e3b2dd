#ifndef TIDEMARK_SETTINGS_FILE_H
#define TIDEMARK_SETTINGS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* A small file read whole. Its content may be secret: always wipe it. */
struct file {
    struct buffer content;
    bool is_shared; /* group or world can read it */
};

/* At most `limit` bytes, one read at a time from one open file, so that the
 * mode is that of the bytes. A failure is reported under `id`; the file is
 * then empty and needs no wipe. */
enum status file_read(struct file *file, const char *path, size_t limit,
                      enum error_id id, struct error *error) MUST_CHECK;
void file_wipe(struct file *file);
/* The buffer's bytes are overwritten, then freed. */
void buffer_wipe(struct buffer *buffer);

#endif
