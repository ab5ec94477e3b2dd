/* Small files that may hold secrets. Room for all of it is taken first: a
 * buffer that grows would leave copies behind that nobody wipes. */

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void buffer_wipe(struct buffer *buffer)
{
    if (buffer->data != NULL)
        explicit_bzero(buffer->data, buffer->capacity);
    buffer_release(buffer);
}

void file_wipe(struct file *file)
{
    buffer_wipe(&file->content);
}

/* 0, or the errno of what failed. */
static int read_all(int descriptor, struct buffer *content)
{
    while (content->size < content->limit) {
        ssize_t got = read(descriptor, content->data + content->size,
                           content->limit - content->size);

        if (got == 0)
            return 0;
        if (got > 0)
            content->size += (size_t)got;
        else if (errno != EINTR)
            return errno;
    }
    return EFBIG;
}

static int read_open(int descriptor, struct file *file)
{
    struct stat facts;

    if (fstat(descriptor, &facts) != 0)
        return errno;
    file->is_shared = (facts.st_mode & (S_IRGRP | S_IROTH)) != 0;
    return read_all(descriptor, &file->content);
}

enum status file_read(struct file *file, const char *path, size_t limit,
                      enum error_id id, struct error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int problem = descriptor < 0 ? errno : 0;

    file->is_shared = false;
    buffer_init(&file->content, limit + 1);
    if (problem == 0 && buffer_reserve(&file->content, limit + 1))
        problem = read_open(descriptor, file);
    if (descriptor >= 0)
        close(descriptor);
    if (problem == 0)
        return STATUS_OK;
    file_wipe(file);
    if (problem == EFBIG)
        return error_set(error, id,
                         "cannot use \"%s\": it is larger than %zu bytes",
                         path, limit);
    return error_set(error, id, "cannot read \"%s\": %s", path,
                     strerror(problem));
}
