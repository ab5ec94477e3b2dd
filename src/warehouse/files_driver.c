/*
 * The driver for a folder of files: one folder a table, parts of NDJSON in
 * gzip, and a manifest that says which of them count.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "driver.h"
#include "files.h"

static const struct key KEYS_LIST[] = {
    {"max_bytes", KEY_SIZE, PLACE_WAREHOUSE, "3G", NULL,
     "A file ends with the row that passes this compressed size; what is "
     "loaded at once may be several files. 0 is no limit.", "512M"},
};

static const struct key_table KEYS = {
    .driver = "files",
    .schemes = "files",
    .keys = KEYS_LIST,
    .count = ARRAY_COUNT(KEYS_LIST),
};

/* A folder that is not there is made when the first table is prepared. */
static enum status check_root(const char *root, struct error *error)
{
    struct stat facts;
    if (stat(root, &facts) != 0)
        return errno == ENOENT ? STATUS_OK
                               : files_fail(error, "open", root);
    if (!S_ISDIR(facts.st_mode))
        return error_set(error, ERROR_WAREHOUSE_QUERY,
                         "cannot use \"%s\": it is no folder", root);
    if (access(root, R_OK | W_OK | X_OK) != 0)
        return files_fail(error, "write into", root);
    return STATUS_OK;
}

static enum status files_open(const struct settings *settings,
                              struct warehouse **warehouse,
                              struct error *error)
{
    const struct endpoint_settings *endpoint = &settings->warehouse;
    uint64_t most = 0;
    *warehouse = NULL;
    enum status status = check_root(endpoint->url.path, error);
    if (status != STATUS_OK)
        return status;
    (void)text_to_size(endpoint_value(endpoint, "max_bytes"), &most);
    struct files *files = memory_new(1, sizeof *files);
    files->base.ops = &files_warehouse_ops;
    files->root = memory_text(endpoint->url.path);
    files->max_bytes = most == 0 ? UINT64_MAX : most;
    files->facts = (struct warehouse_facts){
        .product = memory_text("files"),
        .tls = memory_text("none"),
        .powers = {.swaps = true, .reads_back = true, .alters = true},
    };
    *warehouse = &files->base;
    return STATUS_OK;
}

static void files_close(struct warehouse *warehouse)
{
    struct files *files = (struct files *)warehouse;
    memory_free(files->facts.product);
    memory_free(files->facts.tls);
    memory_free(files->root);
    memory_free(files);
}

static const struct warehouse_facts *files_facts(struct warehouse *warehouse)
{
    return &((struct files *)warehouse)->facts;
}

static enum status files_session_open(struct warehouse *warehouse,
                                      struct warehouse_session **session,
                                      struct error *error)
{
    struct files_session *opened = memory_new(1, sizeof *opened);
    (void)error;
    opened->base.warehouse = warehouse;
    opened->files = (struct files *)warehouse;
    *session = &opened->base;
    return STATUS_OK;
}

static void files_session_close(struct warehouse_session *session)
{
    struct files_session *ours = (struct files_session *)session;
    files_manifest_forget(&ours->manifest);
    memory_free(ours);
}

static void files_grants(const struct endpoint_settings *settings,
                         struct buffer *target)
{
    buffer_add_text(target, "install -d -m 0700 -o tidemark '");
    for (const char *at = settings->url.path; *at != '\0'; at++) {
        if (*at == '\'')
            buffer_add_text(target, "'\\'");
        buffer_add_byte(target, (uint8_t)*at);
    }
    buffer_add_text(target, "'\n");
}

const struct warehouse_ops files_warehouse_ops = {
    .name = "files",
    .keys = &KEYS,
    .open = files_open,
    .close = files_close,
    .facts = files_facts,
    .session_open = files_session_open,
    .session_close = files_session_close,
    .fit = files_fit,
    .plan = files_plan,
    .prepare = files_prepare,
    .seeds = files_seeds,
    .highest_version = files_highest,
    .size = files_size,
    .begin = files_begin,
    .put = files_put,
    .finish = files_finish,
    .end = files_end,
    .poll = files_poll,
    .beside = files_beside,
    .swap = files_swap,
    .grants = files_grants,
};
