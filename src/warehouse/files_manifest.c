/*
 * The manifest of a table. What must stay true: lines are only appended, and
 * whole ones are never changed; what is appended is on the disk before the
 * call returns, or is cut off again; only its lock's holder appends or cuts.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "files.h"

#define BLOCK_BYTES ((size_t)64 << 10)
#define LINE_LIMIT ((size_t)32 << 20)
/* Where a load that was just finished stands. */
#define RECENT_BYTES ((uint64_t)256 << 10)

static void forget_reading(struct files_reading *reading)
{
    json_decref(reading->layout);
    memset(reading, 0, sizeof *reading);
}

/* What was read is read again from the start. */
static void rewind_manifest(struct files_manifest *manifest)
{
    forget_reading(&manifest->live);
    forget_reading(&manifest->beside);
    manifest->offset = 0;
    manifest->is_mended = false;
}

void files_manifest_close(struct files_manifest *manifest)
{
    if (!manifest->folder)
        return;
    if (manifest->file >= 0)
        (void)close(manifest->file);
    if (manifest->directory >= 0)
        (void)close(manifest->directory);
    manifest->file = -1;
    manifest->directory = -1;
}

void files_manifest_forget(struct files_manifest *manifest)
{
    files_manifest_close(manifest);
    rewind_manifest(manifest);
    memory_free(manifest->folder);
    memset(manifest, 0, sizeof *manifest);
}

/* A run of lines from `offset` on, in the order of the file. */
struct run {
    struct files_manifest *manifest;
    uint64_t offset; /* of the next line */
    struct buffer text;
    bool (*take)(void *context, const json_t *line);
    void *context;
};

static enum status refuse_line(const struct run *run, struct error *error)
{
    return error_set(error, ERROR_WAREHOUSE_TABLE,
                     "cannot read \"%s/" FILES_MANIFEST "\": the line at "
                     "byte %llu is not one of a manifest",
                     run->manifest->folder, (unsigned long long)run->offset);
}

/* Takes the whole lines of run->text and keeps the rest. */
static enum status take_lines(struct run *run, struct error *error)
{
    size_t start = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        const uint8_t *text = run->text.data + start;
        const uint8_t *end = memchr(text, '\n', run->text.size - start);
        if (!end)
            break;
        size_t size = (size_t)(end - text);
        json_t *line = json_loadb((const char *)text, size,
                                  JSON_REJECT_DUPLICATES, NULL);
        if (!line || !run->take(run->context, line))
            status = refuse_line(run, error);
        json_decref(line);
        start += size + 1;
        run->offset += size + 1;
    }
    memmove(run->text.data, run->text.data + start, run->text.size - start);
    run->text.size -= start;
    return status;
}

static enum status run_lines(struct run *run, struct error *error)
{
    enum status status = STATUS_OK;
    buffer_init(&run->text, LINE_LIMIT);
    while (status == STATUS_OK) {
        if (!buffer_reserve(&run->text, BLOCK_BYTES)) {
            status = refuse_line(run, error);
            break;
        }
        ssize_t got = pread(run->manifest->file,
                            run->text.data + run->text.size, BLOCK_BYTES,
                            (off_t)(run->offset + run->text.size));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = files_fail(error, "read", FILES_MANIFEST);
        if (got <= 0)
            break;
        run->text.size += (size_t)got;
        status = take_lines(run, error);
    }
    buffer_release(&run->text);
    return status;
}

/* Reading on into what is known. */
struct reading_on {
    struct run run;
    uint64_t whole; /* where the last whole load or line ends */
    bool is_whole;
};

static bool take_known(void *context, const json_t *line)
{
    struct reading_on *on = context;
    /* The line that was taken last was whole: all before this one is. */
    if (on->is_whole)
        on->whole = on->run.offset;
    return files_line_take(on->run.manifest, line, &on->is_whole);
}

static enum status read_on(struct files_manifest *manifest,
                           struct error *error)
{
    struct reading_on on = {
        .run = {.manifest = manifest, .offset = manifest->offset,
                .take = take_known},
        .whole = manifest->offset,
        .is_whole = true,
    };
    on.run.context = &on;
    enum status status = run_lines(&on.run, error);
    if (status == STATUS_OK)
        manifest->offset = on.is_whole ? on.run.offset : on.whole;
    else
        rewind_manifest(manifest);
    return status;
}

/* Another file than before, or a shorter one, is read from its start. */
static enum status look_at_file(struct files_manifest *manifest,
                                struct error *error)
{
    struct stat facts;
    if (fstat(manifest->file, &facts) != 0)
        return files_fail(error, "look at", manifest->folder);
    if (!S_ISREG(facts.st_mode))
        return error_set(error, ERROR_WAREHOUSE_TABLE,
                         "cannot use \"%s/" FILES_MANIFEST "\": it is no "
                         "file", manifest->folder);
    if (manifest->inode != (uint64_t)facts.st_ino ||
        manifest->offset > (uint64_t)facts.st_size)
        rewind_manifest(manifest);
    manifest->inode = (uint64_t)facts.st_ino;
    return STATUS_OK;
}

static enum status open_file(struct files_manifest *manifest, bool makes,
                             struct error *error)
{
    manifest->file = openat(manifest->directory, FILES_MANIFEST,
                            O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
                                (makes ? O_CREAT : 0), 0600);
    if (manifest->file < 0 && errno == ENOENT && !makes)
        return STATUS_OK;
    if (manifest->file < 0)
        return files_fail(error, "open", FILES_MANIFEST);
    if (makes && fsync(manifest->directory) != 0)
        return files_fail(error, "keep", manifest->folder);
    return look_at_file(manifest, error);
}

enum status files_manifest_open_folder(const struct files *files,
                                       struct files_manifest *manifest,
                                       const char *folder, bool makes,
                                       struct error *error)
{
    if (!manifest->folder || !text_equal(manifest->folder, folder)) {
        files_manifest_forget(manifest);
        manifest->folder = memory_text(folder);
    }
    manifest->file = -1;
    enum status status = files_folder_open(files, folder, makes,
                                           &manifest->directory, error);
    if (status == STATUS_OK && manifest->directory >= 0)
        status = open_file(manifest, makes, error);
    if (status == STATUS_OK && manifest->file < 0)
        rewind_manifest(manifest);
    else if (status == STATUS_OK)
        status = read_on(manifest, error);
    if (status != STATUS_OK)
        files_manifest_close(manifest);
    return status;
}

enum status files_manifest_open(const struct files *files,
                                struct files_manifest *manifest,
                                const struct table *table, bool makes,
                                struct error *error)
{
    char folder[FILES_ENCODED_BYTES];
    files_name(table->target, folder);
    return files_manifest_open_folder(files, manifest, folder, makes, error);
}

/* Cuts what is behind the last whole line or load: a crash left it. */
static enum status cut(struct files_manifest *manifest, struct error *error)
{
    struct stat facts;
    if (fstat(manifest->file, &facts) != 0)
        return files_fail(error, "look at", FILES_MANIFEST);
    if ((uint64_t)facts.st_size <= manifest->offset)
        return STATUS_OK;
    if (ftruncate(manifest->file, (off_t)manifest->offset) != 0 ||
        fsync(manifest->file) != 0)
        return files_fail(error, "mend", FILES_MANIFEST);
    return STATUS_OK;
}

enum status files_manifest_lock(struct files_manifest *manifest,
                                struct error *error)
{
    while (flock(manifest->file, LOCK_EX) != 0)
        if (errno != EINTR)
            return files_fail(error, "lock", FILES_MANIFEST);
    enum status status = look_at_file(manifest, error);
    if (status == STATUS_OK)
        status = read_on(manifest, error);
    return status == STATUS_OK ? cut(manifest, error) : status;
}

enum status files_manifest_open_locked(const struct files *files,
                                       struct files_manifest *manifest,
                                       const char *folder,
                                       struct error *error)
{
    enum status status = files_manifest_open_folder(files, manifest, folder,
                                                    false, error);
    if (status != STATUS_OK)
        return status;
    if (manifest->file < 0)
        status = error_set(error, ERROR_WAREHOUSE_REACH,
                           "could not find folder \"%s\" and its "
                           FILES_MANIFEST, folder);
    else
        status = files_manifest_lock(manifest, error);
    if (status != STATUS_OK)
        files_manifest_close(manifest);
    return status;
}

static bool write_all(int file, const struct buffer *lines, uint64_t offset)
{
    for (size_t done = 0; done < lines->size;) {
        ssize_t size = pwrite(file, lines->data + done, lines->size - done,
                              (off_t)(offset + done));
        if (size < 0 && errno != EINTR)
            return false;
        done += size > 0 ? (size_t)size : 0;
    }
    return true;
}

static enum status append(struct files_manifest *manifest,
                          const struct buffer *lines, struct error *error)
{
    FAILPOINT("files.manifest.before", error);
    if (!write_all(manifest->file, lines, manifest->offset))
        return files_fail(error, "write", FILES_MANIFEST);
    FAILPOINT("files.manifest.written", error);
    if (fsync(manifest->file) != 0)
        return files_fail(error, "keep", FILES_MANIFEST);
    return STATUS_OK;
}

enum status files_manifest_append(struct files_manifest *manifest,
                                  const struct buffer *lines,
                                  struct error *error)
{
    if (lines->is_overflown)
        return error_set(error, ERROR_WAREHOUSE_TABLE,
                         "cannot write \"%s/" FILES_MANIFEST "\": too many "
                         "columns", manifest->folder);
    enum status status = append(manifest, lines, error);
    if (status == STATUS_OK)
        return read_on(manifest, error);
    /* Should this fail too, the next holder of the lock finds whole lines of
     * rows that are there, or cuts. */
    if (ftruncate(manifest->file, (off_t)manifest->offset) != 0)
        rewind_manifest(manifest);
    return status;
}

enum status files_manifest_each(struct files_manifest *manifest,
                                uint64_t from,
                                bool (*take)(void *context,
                                             const json_t *line),
                                void *context, struct error *error)
{
    struct run run = {.manifest = manifest, .offset = from, .take = take,
                      .context = context};
    char before = '\n';
    /* On to the start of a line. */
    while (run.offset > 0 &&
           pread(manifest->file, &before, 1, (off_t)run.offset - 1) == 1 &&
           before != '\n')
        run.offset++;
    return run_lines(&run, error);
}

struct search {
    const char *load;
    uint64_t rows;
    bool has_first; /* part */
    bool is_whole;
};

static bool take_searched(void *context, const json_t *line)
{
    struct search *search = context;
    struct files_part_line part;
    if (!files_line_read(line, &part) ||
        !files_line_is_of(&part, search->load))
        return true;
    search->has_first = search->has_first || part.part == 1;
    search->rows = part.part == 1 ? part.rows : search->rows + part.rows;
    search->is_whole = search->has_first && part.part == part.parts;
    return true;
}

enum status files_manifest_find(struct files_manifest *manifest,
                                const char *load, uint64_t *rows,
                                bool *is_there, struct error *error)
{
    uint64_t from = manifest->offset > RECENT_BYTES
                        ? manifest->offset - RECENT_BYTES
                        : 0;
    struct search search = {.load = load};
    enum status status = files_manifest_each(manifest, from, take_searched,
                                             &search, error);
    if (status == STATUS_OK && from > 0 && !search.is_whole) {
        search = (struct search){.load = load};
        status = files_manifest_each(manifest, 0, take_searched, &search,
                                     error);
    }
    *rows = search.rows;
    *is_there = search.is_whole;
    return status;
}
