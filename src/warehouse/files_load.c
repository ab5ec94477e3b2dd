/*
 * A load. What must stay true: its parts have names only when all are closed,
 * on the disk and counted; the manifest tells them only when their names are
 * on the disk; poll believes the manifest alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "files.h"

#define LINES_BYTES ((size_t)256 << 20)

struct files_load {
    struct load base;
    struct files_session *session;
    const struct table *table;
    char *folder; /* of the table */
    char reading[FILES_READING_BYTES];
    char name[FILES_NAME_BYTES]; /* of the load; its hash comes at last */
    int directory;               /* of the reading */
    struct files_encoder *encoder;
    struct files_part *parts; /* the last one is written */
    unsigned part_count;
    XXH3_state_t *hashes; /* of the closed parts */
    bool is_named;        /* parts have their last names: they stay */
};

static enum status lock_table(const struct files_load *load,
                              struct error *error)
{
    return files_manifest_open_locked(load->session->files,
                                      &load->session->manifest, load->folder,
                                      error);
}

/* With the lock held: a sweep must not meet a part that is not locked yet. */
static enum status open_part(struct files_load *load, struct error *error)
{
    char name[FILES_NAME_BYTES + 32];
    load->parts = memory_resize(load->parts, load->part_count + 1,
                                sizeof *load->parts);
    (void)snprintf(name, sizeof name, "%s.%u" FILES_UNFINISHED, load->name,
                   load->part_count + 1);
    return files_part_open(&load->parts[load->part_count++], load->directory,
                           name, error);
}

static enum status take_text(void *context, struct bytes text,
                             struct error *error)
{
    struct files_load *load = context;
    return files_part_write(&load->parts[load->part_count - 1], text, error);
}

/* Where the rows go: the live reading, or the copy. */
static enum status choose_reading(struct files_load *load,
                                  const struct load_request *request,
                                  struct error *error)
{
    struct files_manifest *manifest = &load->session->manifest;
    const struct files_reading *reading =
        request->target == LOAD_LIVE ? &manifest->live : &manifest->beside;
    struct warehouse_plan plan = {.count = 0};
    if (request->target == LOAD_BESIDE && reading->name[0] == '\0')
        return error_set(error, ERROR_WAREHOUSE_ANSWER,
                         "could not find the copy of table \"%s\"",
                         load->table->name);
    files_layout_plan(load->table, reading, &plan);
    enum status status = STATUS_OK;
    if (plan.needs_reload) {
        status = error_set(error, ERROR_WAREHOUSE_TABLE,
                           "cannot load table \"%s\": %s",
                           load->table->name, plan.why);
        error_next(error, "set  %s: {mode: full}, run once, then take it out "
                          "again", load->table->name);
    }
    warehouse_plan_release(&plan);
    (void)text_copy(load->reading, sizeof load->reading, reading->name);
    return status;
}

static enum status enter_reading(struct files_load *load, struct error *error)
{
    const struct files_manifest *manifest = &load->session->manifest;
    const char *name = load->reading[0] ? load->reading : ".";
    enum status status = files_folder_enter(manifest->directory, name, false,
                                            &load->directory, error);
    if (status == STATUS_OK && load->directory < 0)
        return error_set(error, ERROR_WAREHOUSE_TABLE,
                         "cannot load table \"%s\": folder \"%s\" of the "
                         "manifest is gone", load->table->name, name);
    return status;
}

static enum status open_load(struct files_load *load,
                             const struct load_request *request,
                             struct error *error)
{
    struct files_manifest *manifest = &load->session->manifest;
    enum status status = lock_table(load, error);
    if (status != STATUS_OK)
        return status;
    status = choose_reading(load, request, error);
    if (status == STATUS_OK)
        status = enter_reading(load, error);
    if (status == STATUS_OK)
        status = files_recover(manifest, load->reading, load->directory,
                               load->table, error);
    if (status == STATUS_OK)
        status = open_part(load, error);
    files_manifest_close(manifest);
    return status;
}

enum status files_begin(struct warehouse_session *session,
                        const struct load_request *request,
                        struct load **load, struct error *error)
{
    char folder[FILES_ENCODED_BYTES];
    struct files_load *opened = memory_new(1, sizeof *opened);
    struct files_sink sink = {take_text, opened};
    files_name(request->table->target, folder);
    opened->base.session = session;
    opened->session = (struct files_session *)session;
    opened->table = request->table;
    opened->folder = memory_text(folder);
    opened->directory = -1;
    files_load_name(&request->identity, opened->name);
    opened->hashes = XXH3_createState();
    (void)XXH3_64bits_reset(opened->hashes);
    opened->encoder = files_encoder_new(request->table, sink);
    enum status status = open_load(opened, request, error);
    if (status != STATUS_OK)
        files_end(&opened->base);
    *load = status == STATUS_OK ? &opened->base : NULL;
    return status;
}

/* Ends the present part behind a whole row. */
static enum status close_part(struct files_load *load, struct error *error)
{
    enum status status = files_encoder_flush(load->encoder, error);
    if (status != STATUS_OK)
        return status;
    return files_part_close(&load->parts[load->part_count - 1], load->hashes,
                            error);
}

static enum status next_part(struct files_load *load, struct error *error)
{
    FAILPOINT("files.load.split", error);
    enum status status = close_part(load, error);
    if (status == STATUS_OK)
        status = lock_table(load, error);
    if (status != STATUS_OK)
        return status;
    status = open_part(load, error);
    files_manifest_close(&load->session->manifest);
    return status;
}

enum status files_put(struct load *base, const struct batch *batch,
                      struct error *error)
{
    struct files_load *load = (struct files_load *)base;
    uint64_t most = load->session->files->max_bytes;
    for (size_t row = 0; row < batch->row_count; row++) {
        struct files_part *part = &load->parts[load->part_count - 1];
        enum status status = STATUS_OK;
        if (part->bytes >= most && part->rows > 0)
            status = next_part(load, error);
        if (status == STATUS_OK)
            status = files_encode(load->encoder, batch, row, error);
        if (status != STATUS_OK)
            return status;
        load->parts[load->part_count - 1].rows++;
    }
    return STATUS_OK;
}

/* With the lock held: was this very load finished before? */
static enum status find_before(struct files_load *load, bool *is_there,
                               struct error *error)
{
    char name[FILES_NAME_BYTES];
    char path[FILES_NAME_BYTES + FILES_READING_BYTES];
    struct stat facts;
    uint64_t rows = 0;
    files_part_name(load->name, 1, load->part_count, name);
    *is_there = false;
    if (fstatat(load->directory, name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
        return STATUS_OK;
    (void)snprintf(path, sizeof path, "%s%s%s", load->reading,
                   load->reading[0] ? "/" : "", load->name);
    return files_manifest_find(&load->session->manifest, path, &rows,
                               is_there, error);
}

static enum status name_parts(struct files_load *load, struct error *error)
{
    FAILPOINT("files.load.before_rename", error);
    /* Whatever happens from here on, files_recover tells or removes them. */
    load->session->manifest.is_mended = false;
    load->is_named = true;
    for (unsigned i = 0; i < load->part_count; i++) {
        char name[FILES_NAME_BYTES];
        files_part_name(load->name, i + 1, load->part_count, name);
        enum status status = files_part_rename(&load->parts[i], name, error);
        if (status != STATUS_OK)
            return status;
        FAILPOINT("files.load.renamed", error);
    }
    if (fsync(load->directory) != 0)
        return files_fail(error, "keep", load->folder);
    FAILPOINT("files.load.named", error);
    return STATUS_OK;
}

static enum status tell_parts(struct files_load *load, struct error *error)
{
    struct buffer layout, lines;
    buffer_init(&layout, LINES_BYTES);
    buffer_init(&lines, LINES_BYTES);
    files_layout_write(load->table, &layout);
    for (unsigned i = 0; i < load->part_count; i++)
        files_part_line_write(&load->parts[i], load->reading,
                              buffer_text(&layout), i + 1, load->part_count,
                              &lines);
    enum status status = files_manifest_append(&load->session->manifest,
                                               &lines, error);
    load->session->manifest.is_mended = status == STATUS_OK;
    buffer_release(&layout);
    buffer_release(&lines);
    return status;
}

/* With the lock held. */
static enum status keep_parts(struct files_load *load, struct error *error)
{
    struct files_manifest *manifest = &load->session->manifest;
    bool is_there = false;
    if (!files_reading_named(manifest, load->reading))
        return error_set(error, ERROR_WAREHOUSE_ANSWER,
                         "could not finish a load of table \"%s\": another "
                         "reading has become live", load->table->name);
    enum status status = find_before(load, &is_there, error);
    if (status != STATUS_OK || is_there)
        return status;
    status = name_parts(load, error);
    return status == STATUS_OK ? tell_parts(load, error) : status;
}

enum status files_finish(struct load *base, char *handle, size_t size,
                         struct error *error)
{
    struct files_load *load = (struct files_load *)base;
    enum status status = close_part(load, error);
    if (status != STATUS_OK)
        return status;
    size_t length = strlen(load->name);
    (void)snprintf(load->name + length, sizeof load->name - length,
                   "-%016" PRIx64,
                   (uint64_t)XXH3_64bits_digest(load->hashes));
    status = lock_table(load, error);
    if (status != STATUS_OK)
        return status;
    status = keep_parts(load, error);
    files_manifest_close(&load->session->manifest);
    (void)snprintf(handle, size, "%s/%s%s%s", load->folder, load->reading,
                   load->reading[0] ? "/" : "", load->name);
    return status;
}

void files_end(struct load *base)
{
    struct files_load *load = (struct files_load *)base;
    for (unsigned i = 0; i < load->part_count; i++)
        files_part_release(&load->parts[i], load->is_named);
    if (load->directory >= 0)
        (void)close(load->directory);
    files_encoder_free(load->encoder);
    (void)XXH3_freeState(load->hashes);
    memory_free(load->parts);
    memory_free(load->folder);
    memory_free(load);
}

static enum status refuse_handle(const char *handle, struct error *error)
{
    return error_set(error, ERROR_WAREHOUSE_ANSWER,
                     "could not find \"%s\" in the manifest", handle);
}

enum status files_poll(struct warehouse_session *session, const char *handle,
                       uint64_t rows, uint64_t *wait_ms, struct error *error)
{
    struct files_session *ours = (struct files_session *)session;
    struct files_manifest *manifest = &ours->manifest;
    char folder[FILES_ENCODED_BYTES];
    const char *slash = strchr(handle, '/');
    uint64_t found = 0;
    bool is_there = false;
    *wait_ms = 0;
    if (!slash || slash == handle || handle[0] == '.' ||
        (size_t)(slash - handle) >= sizeof folder)
        return refuse_handle(handle, error);
    memcpy(folder, handle, (size_t)(slash - handle));
    folder[slash - handle] = '\0';
    enum status status = files_manifest_open_folder(ours->files, manifest,
                                                    folder, false, error);
    if (status != STATUS_OK)
        return status;
    if (manifest->file >= 0 && files_reading_of(manifest, slash + 1))
        status = files_manifest_find(manifest, slash + 1, &found, &is_there,
                                     error);
    files_manifest_close(manifest);
    if (status == STATUS_OK && (!is_there || found != rows))
        return refuse_handle(handle, error);
    return status;
}
