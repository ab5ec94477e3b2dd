/* Whose rows the server changes without a word in its log. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_place.h"

static bool is(const char *text, const char *wanted)
{
    return text && text_equal_nocase(text, wanted);
}

/* MySQL logs what its SQL layer does from here on, unless that is left to
 * InnoDB. */
#define CASCADES_LOGGED 90600u

struct children {
    char **names;
    size_t count;
};

static bool take_child(void *context, char **cells,
                       const unsigned long *lengths)
{
    struct children *children = context;

    (void)lengths;
    if (!cells[0])
        return true;
    children->names = memory_resize(children->names, children->count + 1,
                                    sizeof(*children->names));
    children->names[children->count++] = memory_text(cells[0]);
    return true;
}

/* Words of SHOW CREATE TABLE; in a comment they cost a reading, no more. */
static bool take_actions(void *context, char **cells,
                         const unsigned long *lengths)
{
    static const char *const words[] = {
        "ON DELETE CASCADE", "ON DELETE SET NULL", "ON UPDATE CASCADE",
        "ON UPDATE SET NULL"};

    (void)lengths;
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (cells[0] && cells[1] && strstr(cells[1], words[i]))
            *(bool *)context = true;
    return false;
}

static enum status ask_actions(MYSQL *link, const char *name, bool *acts,
                               struct error *error)
{
    struct buffer sql;
    enum status status;

    *acts = false;
    buffer_init(&sql, 1024);
    buffer_add_text(&sql, "SHOW CREATE TABLE ");
    mysql_quote_name(&sql, name);
    status = mysql_query_rows(link, buffer_text(&sql), take_actions, acts,
                              error);
    buffer_release(&sql);
    return status;
}

static bool take_native(void *context, char **cells,
                        const unsigned long *lengths)
{
    (void)lengths;
    *(bool *)context = is(cells[1], "ON");
    return false;
}

/* SELECT alone shows which tables have foreign keys, not what those do. */
static enum status tell_children(MYSQL *link,
                                 void (*tell)(void *context,
                                              const char *table),
                                 void *context, struct error *error)
{
    struct children children = {NULL, 0};
    bool acts = false;
    enum status status = mysql_query_rows(
        link, "SELECT DISTINCT TABLE_NAME FROM"
              " information_schema.KEY_COLUMN_USAGE WHERE"
              " TABLE_SCHEMA = DATABASE() AND"
              " REFERENCED_TABLE_NAME IS NOT NULL",
        take_child, &children, error);

    for (size_t i = 0; i < children.count; i++) {
        if (status == STATUS_OK)
            status = ask_actions(link, children.names[i], &acts, error);
        if (status == STATUS_OK && acts)
            tell(context, children.names[i]);
        memory_free(children.names[i]);
    }
    memory_free(children.names);
    return status;
}

enum status binlog_children(struct source_session *session,
                            void (*tell)(void *context, const char *table),
                            void *context, struct error *error)
{
    const struct mysql_source *source =
        (const struct mysql_source *)session->source;
    bool is_native = false;
    MYSQL *link;
    enum status status = mysql_session_link((struct mysql_session *)session,
                                            &link, error);

    if (status == STATUS_OK)
        status = mysql_query_rows(link, "SHOW GLOBAL VARIABLES LIKE "
                                        "'innodb_native_foreign_keys'",
                                  take_native, &is_native, error);
    if (status != STATUS_OK ||
        (!source->is_mariadb && !is_native &&
         mysql_get_server_version(link) >= CASCADES_LOGGED))
        return status;
    return tell_children(link, tell, context, error);
}
