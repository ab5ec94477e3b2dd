/*
 * A full reading beside the live rows, then one line that makes it the table.
 * What must stay true: a reading's name is never used twice; nothing is
 * removed that the manifest says is live.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "files.h"

#define LINE_BYTES ((size_t)32 << 20)

static enum status lock_table(struct files_session *session,
                              const struct table *table, struct error *error)
{
    char folder[FILES_ENCODED_BYTES];
    files_name(table->target, folder);
    return files_manifest_open_locked(session->files, &session->manifest,
                                      folder, error);
}

/* Removes what is not live: other readings and, where a reading is live, the
 * parts beside the manifest. */
static enum status remove_stale(void *context, const char *name,
                                struct error *error)
{
    const struct files_manifest *manifest = context;
    bool is_part = text_ends(name, FILES_SUFFIX) ||
                   text_ends(name, FILES_UNFINISHED);
    if (files_is_reading(name) && !text_equal(name, manifest->live.name))
        return files_folder_remove(manifest->directory, name, error);
    if (is_part && manifest->live.name[0] != '\0' &&
        unlinkat(manifest->directory, name, 0) != 0)
        return files_fail(error, "remove", name);
    return STATUS_OK;
}

static enum status is_folder_there(const struct files_manifest *manifest,
                                   const char *name, bool *is_there,
                                   struct error *error)
{
    int folder = -1;
    enum status status = files_folder_enter(manifest->directory, name, false,
                                            &folder, error);
    *is_there = folder >= 0;
    if (folder >= 0)
        (void)close(folder);
    return status;
}

/* Is there a copy that was begun with the same layout? */
static enum status is_usable(const struct files_manifest *manifest,
                             const struct table *table, bool *is_there,
                             struct error *error)
{
    *is_there = false;
    if (manifest->beside.name[0] == '\0')
        return STATUS_OK;
    json_t *layout = files_layout_of(table);
    bool is_same = json_equal(layout, manifest->beside.layout);
    json_decref(layout);
    return is_same ? is_folder_there(manifest, manifest->beside.name,
                                     is_there, error)
                   : STATUS_OK;
}

static enum status begin_reading(struct files_manifest *manifest,
                                 const struct table *table,
                                 struct error *error)
{
    char name[FILES_READING_BYTES];
    struct buffer line;
    int folder = -1;
    enum status status = files_folder_each(manifest->directory, remove_stale,
                                           manifest, error);
    if (status != STATUS_OK)
        return status;
    files_reading_name(name);
    FAILPOINT("files.beside.before", error);
    status = files_folder_enter(manifest->directory, name, true, &folder,
                                error);
    if (status != STATUS_OK)
        return status;
    (void)close(folder);
    FAILPOINT("files.beside.made", error);
    buffer_init(&line, LINE_BYTES);
    buffer_add_format(&line, "{\"begin\":\"%s\",", name);
    files_layout_write(table, &line);
    buffer_add_text(&line, "}\n");
    status = files_manifest_append(manifest, &line, error);
    buffer_release(&line);
    return status;
}

enum status files_beside(struct warehouse_session *session,
                         const struct table *table, bool keeps, char *token,
                         size_t size, struct error *error)
{
    struct files_session *ours = (struct files_session *)session;
    struct files_manifest *manifest = &ours->manifest;
    bool is_there = false;
    enum status status = lock_table(ours, table, error);
    if (status != STATUS_OK)
        return status;
    if (keeps)
        status = is_usable(manifest, table, &is_there, error);
    if (status == STATUS_OK && !is_there)
        status = begin_reading(manifest, table, error);
    if (status == STATUS_OK && !text_copy(token, size, manifest->beside.name))
        status = error_set(error, ERROR_DEFECT, "the token is too long");
    files_manifest_close(manifest);
    return status;
}

static enum status make_current(struct files_manifest *manifest,
                                const struct table *table, const char *token,
                                struct error *error)
{
    struct buffer line;
    bool is_there = false;
    enum status status = STATUS_OK;
    if (text_equal(manifest->beside.name, token) && token[0] != '\0')
        status = is_folder_there(manifest, token, &is_there, error);
    if (status != STATUS_OK)
        return status;
    if (!is_there)
        return error_set(error, ERROR_WAREHOUSE_TABLE,
                         "cannot swap table \"%s\": the copy that was loaded "
                         "is gone", table->name);
    FAILPOINT("files.swap.before", error);
    buffer_init(&line, LINE_BYTES);
    buffer_add_format(&line, "{\"current\":\"%s\"}\n", token);
    status = files_manifest_append(manifest, &line, error);
    buffer_release(&line);
    if (status == STATUS_OK)
        FAILPOINT("files.swap.told", error);
    return status;
}

enum status files_swap(struct warehouse_session *session,
                       const struct table *table, const char *token,
                       struct error *error)
{
    struct files_session *ours = (struct files_session *)session;
    struct files_manifest *manifest = &ours->manifest;
    enum status status = lock_table(ours, table, error);
    if (status != STATUS_OK)
        return status;
    if (!text_equal(manifest->live.name, token))
        status = make_current(manifest, table, token, error);
    if (status == STATUS_OK)
        status = files_folder_each(manifest->directory, remove_stale,
                                   manifest, error);
    files_manifest_close(manifest);
    return status;
}
