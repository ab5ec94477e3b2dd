/* How far back the log of the server reaches, file by file. */
#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_place.h"

/* Behind the magic bytes of a file. */
#define FIRST_OFFSET 4

struct log_file {
    char *name;
    uint64_t bytes;
};
struct log_files {
    struct log_file *files;
    size_t count;
};

static bool take_file(void *context, char **cells,
                      const unsigned long *lengths)
{
    struct log_files *list = context;
    struct log_file file = {.bytes = 0};

    (void)lengths;
    if (!cells[0] || !cells[1] || !text_to_u64(cells[1], &file.bytes))
        return true;
    file.name = memory_text(cells[0]);
    list->files = memory_resize(list->files, list->count + 1,
                                sizeof(*list->files));
    list->files[list->count++] = file;
    return true;
}

static void note_extent(const struct log_files *list, size_t first,
                        struct log_extent *extent)
{
    *extent = (struct log_extent){.files = list->count - first,
                                  .is_all = first == 0};
    (void)text_copy(extent->first, sizeof(extent->first),
                    list->files[first].name);
    for (size_t i = first; i < list->count; i++)
        extent->bytes += list->files[i].bytes;
}

static char *place_of(const struct mysql_source *source, const char *file)
{
    struct binlog_place place = {
        .server = memory_text(source->facts.identity),
        .file = memory_text(file),
        .offset = FIRST_OFFSET,
    };
    char *text;

    gtid_set_init(&place.set, source->is_mariadb);
    text = binlog_place_text(&place);
    binlog_place_release(&place);
    return text;
}

enum status binlog_back(struct source_session *session, size_t files,
                        char **place, struct log_extent *extent,
                        struct error *error)
{
    struct log_files list = {NULL, 0};
    MYSQL *link;
    enum status status = mysql_session_link((struct mysql_session *)session,
                                            &link, error);

    *place = NULL;
    *extent = (struct log_extent){.files = 0};
    if (status == STATUS_OK)
        status = mysql_query_rows(link, "SHOW BINARY LOGS", take_file, &list,
                                  error);
    if (status == STATUS_OK && list.count == 0)
        status = error_set(error, ERROR_LOG_OFF, "the server has no log");
    if (status == STATUS_OK) {
        size_t first = files < list.count ? list.count - files : 0;
        note_extent(&list, first, extent);
        *place = place_of((struct mysql_source *)session->source,
                          list.files[first].name);
    }
    for (size_t i = 0; i < list.count; i++)
        memory_free(list.files[i].name);
    memory_free(list.files);
    return status;
}
