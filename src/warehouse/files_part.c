/*
 * One file that is being written. What must stay true: under its last name
 * stands only what was closed, is on the disk and was counted again.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "files.h"

enum status files_part_open(struct files_part *part, int directory,
                            const char *name, struct error *error)
{
    memset(part, 0, sizeof *part);
    part->directory = directory;
    part->file = openat(directory, name,
                        O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                        0600);
    if (part->file < 0)
        return files_fail(error, "make", name);
    (void)text_copy(part->name, sizeof part->name, name);
    part->gzip = gzip_writer_new();
    if (flock(part->file, LOCK_EX | LOCK_NB) != 0)
        return files_fail(error, "lock", name);
    return STATUS_OK;
}

static enum status write_out(void *context, struct bytes text,
                             struct error *error)
{
    struct files_part *part = context;
    while (text.size > 0) {
        ssize_t size = write(part->file, text.data, text.size);
        if (size < 0 && errno != EINTR)
            return files_fail(error, "write", part->name);
        if (size > 0) {
            text.data += size;
            text.size -= (size_t)size;
            part->bytes += (uint64_t)size;
        }
    }
    return STATUS_OK;
}

enum status files_part_write(struct files_part *part, struct bytes text,
                             struct error *error)
{
    struct gzip_output output = {write_out, part};
    return gzip_write(part->gzip, text, false, &output, error);
}

static enum status compare(const struct files_part *part, bool is_sound,
                           struct error *error)
{
    if (is_sound && part->count.rows == part->rows &&
        part->count.bytes == part->bytes)
        return STATUS_OK;
    return error_set(error, ERROR_WAREHOUSE_ANSWER,
                     "could not keep \"%s\": %" PRIu64 " rows were written, "
                     "%" PRIu64 " can be read", part->name, part->rows,
                     part->count.rows);
}

enum status files_part_close(struct files_part *part, void *hashes,
                             struct error *error)
{
    struct gzip_output output = {write_out, part};
    struct bytes nothing = {(const uint8_t *)"", 0};
    bool is_sound = false;
    enum status status = gzip_write(part->gzip, nothing, true, &output,
                                    error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("files.part.closed", error);
    if (fsync(part->file) != 0)
        return files_fail(error, "keep", part->name);
    FAILPOINT("files.part.synced", error);
    status = files_count_part(part->file, hashes, &part->count, &is_sound,
                              error);
    if (status == STATUS_OK)
        status = compare(part, is_sound, error);
    gzip_writer_free(part->gzip);
    part->gzip = NULL;
    return status;
}

enum status files_part_rename(struct files_part *part, const char *name,
                              struct error *error)
{
    if (renameat(part->directory, part->name, part->directory, name) != 0)
        return files_fail(error, "rename", part->name);
    (void)text_copy(part->name, sizeof part->name, name);
    return STATUS_OK;
}

void files_part_release(struct files_part *part, bool keeps)
{
    if (!keeps && part->name[0] != '\0')
        (void)unlinkat(part->directory, part->name, 0);
    if (part->file >= 0)
        (void)close(part->file);
    gzip_writer_free(part->gzip);
    memset(part, 0, sizeof *part);
    part->file = -1;
}

void files_part_line_write(const struct files_part *part,
                           const char *reading, const char *layout,
                           unsigned number, unsigned count,
                           struct buffer *target)
{
    const struct files_count *found = &part->count;
    buffer_add_format(target, "{\"name\":\"%s%s%s\"", reading,
                      reading[0] ? "/" : "", part->name);
    buffer_add_format(target,
                      ",\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64
                      ",\"xxh3\":\"%016" PRIx64 "\"",
                      found->rows, found->bytes, found->hash);
    buffer_add_format(target,
                      ",\"lowest_version\":%" PRIu64
                      ",\"highest_version\":%" PRIu64
                      ",\"part\":%u,\"parts\":%u,",
                      found->lowest, found->highest, number, count);
    buffer_add_text(target, layout);
    buffer_add_text(target, "}\n");
}
