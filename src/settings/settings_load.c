/* From a path to settings in which nothing is left to check. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "field.h"
#include "file.h"

struct range {
    size_t at; /* offset of a uint64_t in struct settings */
    uint64_t lowest;
    uint64_t highest;
    const char *problem;
};

#define AT(member) offsetof(struct settings, member)
static const struct range ranges[] = {
    {AT(memory_bytes), (uint64_t)16 << 20, UINT64_MAX,
     "\"memory\" expects a size of at least 16M"},
    {AT(workers), 1, 64, "\"workers\" expects a number from 1 to 64"},
    {AT(chunk_bytes), 1, UINT64_MAX, "\"chunk\" expects a size above 0"},
    {AT(chunk_rows), 1, UINT64_MAX, "\"chunk_rows\" expects at least 1"},
    {AT(warehouse_cpu), 10, 64000,
     "\"warehouse_cpu\" expects a share from 0.01 to 64"},
};
#undef AT

/* The first of the usual places that is there, or NULL; the caller's. */
static char *find_file(void)
{
    const char *home = getenv("HOME");
    char *places[] = {
        memory_text("./tidemark.yml"),
        memory_format("%s/.config/tidemark/tidemark.yml",
                      home == NULL ? "" : home),
        memory_text("/etc/tidemark/tidemark.yml"),
    };
    char *found = NULL;

    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        if (found == NULL && access(places[i], F_OK) == 0)
            found = places[i];
        else
            memory_free(places[i]);
    }
    return found;
}

static enum status refuse_absent(struct error *error)
{
    (void)error_set(error, ERROR_SETTINGS_MISSING,
                    "there is no settings file: ./tidemark.yml, "
                    "~/.config/tidemark/tidemark.yml and "
                    "/etc/tidemark/tidemark.yml do not exist");
    error_next(error, "tidemark init SOURCE-URL WAREHOUSE-URL, or name one "
                      "with --config FILE");
    return error->status;
}

/* The folder of a file, absolute; the caller's. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL
                       ? memory_text(".")
                       : memory_text_part(path, (size_t)(slash - path) + 1);
    char *absolute = realpath(folder, NULL);
    char *result = memory_text(absolute == NULL ? folder : absolute);

    memory_free(absolute);
    memory_free(folder);
    return result;
}

/* The file's name without folder and ending; the caller's. */
static char *stem_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    size_t size = strlen(name);

    if (text_ends(name, ".yml"))
        size -= strlen(".yml");
    else if (text_ends(name, ".yaml"))
        size -= strlen(".yaml");
    return memory_text_part(name, size);
}

/* $STATE_DIRECTORY may list several folders; the first is ours. */
static char *default_state(const struct reader *reader)
{
    const char *listed = getenv("STATE_DIRECTORY");
    char *stem = stem_of(reader->path);
    char *state;

    if (listed == NULL || listed[0] == '\0')
        state = memory_format("%s/%s.db", reader->folder, stem);
    else
        state = memory_format("%.*s/%s.db", (int)strcspn(listed, ":"), listed,
                              stem);
    memory_free(stem);
    return state;
}

/* --state starts at the working folder, the file's own at the file's. */
static enum status settle_state(const struct reader *reader,
                                struct error *error)
{
    struct settings *settings = reader->settings;
    const char *option = reader->options->state;
    char *written = settings->state;

    if (option != NULL) {
        char *folder = folder_of(option);
        const char *slash = strrchr(option, '/');

        settings->state = memory_format(
            "%s/%s", folder, slash == NULL ? option : slash + 1);
        memory_free(folder);
    } else if (written == NULL) {
        settings->state = default_state(reader);
        return STATUS_OK;
    } else if (strstr(written, "://") != NULL) {
        return error_set(error, ERROR_SETTINGS_VALUE,
                         "%s: \"state\" expects a path: a shared state does "
                         "not exist in this build yet", reader->path);
    } else {
        settings->state = reader_path(reader, written);
    }
    memory_free(written);
    return STATUS_OK;
}

static void settle_socket(const struct reader *reader)
{
    struct settings *settings = reader->settings;
    char *written = settings->socket;

    settings->socket = written == NULL
                           ? memory_format("%s.sock", settings->state)
                           : reader_path(reader, written);
    memory_free(written);
}

enum status read_limits(const struct reader *reader, const struct slot *slot,
                        const struct node *node, void *target,
                        struct error *error)
{
    struct reader inner = *reader;
    enum status status;

    inner.about = slot->key->name;
    status = fields_read(&inner, PLACE_LIMITS, node, target, error);
    for (size_t i = 0; status == STATUS_OK && i < ARRAY_COUNT(ranges); i++) {
        uint64_t value = *(uint64_t *)((char *)target + ranges[i].at);

        if (value < ranges[i].lowest || value > ranges[i].highest)
            status = reader_fail(reader, ERROR_SETTINGS_VALUE, node->mark,
                                 error, "%s", ranges[i].problem);
    }
    return status;
}

static enum status read_settings(struct reader *reader, struct bytes text,
                                 struct error *error)
{
    struct node *root;
    enum status status = yaml_read(reader->path, text, &root, error);

    if (status == STATUS_OK)
        status = fields_read(reader, PLACE_LIMITS, NULL, reader->settings,
                             error);
    if (status == STATUS_OK)
        status = fields_read(reader, PLACE_TOP, root, reader->settings, error);
    if (status == STATUS_OK)
        status = settle_state(reader, error);
    if (status == STATUS_OK)
        settle_socket(reader);
    node_free(root);
    return status;
}

static enum status load_file(const struct settings_options *options,
                             struct settings *settings, struct error *error)
{
    struct reader reader = {.path = settings->path, .about = "",
                            .options = options, .settings = settings};
    struct file file;
    char *folder;
    enum status status = file_read(&file, settings->path, YAML_BYTES_MAX,
                                   ERROR_SETTINGS_MISSING, error);

    if (status != STATUS_OK)
        return status;
    folder = folder_of(settings->path);
    reader.folder = folder;
    reader.is_shared = file.is_shared;
    status = read_settings(&reader, buffer_bytes(&file.content), error);
    memory_free(folder);
    file_wipe(&file);
    return status;
}

enum status settings_load(const struct settings_options *options,
                          struct settings **settings, struct error *error)
{
    enum status status;

    *settings = memory_new(1, sizeof(**settings));
    (*settings)->path = options->path == NULL ? find_file()
                                              : memory_text(options->path);
    if ((*settings)->path == NULL)
        status = refuse_absent(error);
    else
        status = load_file(options, *settings, error);
    if (status != STATUS_OK) {
        settings_free(*settings);
        *settings = NULL;
    }
    return status;
}
