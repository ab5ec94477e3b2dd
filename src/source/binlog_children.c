/*
 * Foreign keys by which InnoDB changes rows without a word in the log. They
 * are read from SHOW CREATE TABLE, for SELECT alone shows nothing else of what
 * they do. One that is not understood is an error: its changes would be lost.
 */
#include <string.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_place.h"

/* MySQL logs what its SQL layer does from here on, unless that is left to
 * InnoDB. */
#define CASCADES_LOGGED 90600u
/* Neither server has keys of more. */
#define COLUMNS_MAX 64
/* So often is asked anew where tables go between the questions. */
#define TRIES 3

/* --- one foreign key ----------------------------------------------------- */

/* What was read of one; texts are owned. */
struct reading {
    const char *at; /* NULL: not understood */
    char *database;
    char *parent;
    char *columns[COLUMNS_MAX];
    char *referenced[COLUMNS_MAX];
    size_t count;
    size_t referenced_count;
};

static void release(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++)
        memory_free(reading->columns[i]);
    for (size_t i = 0; i < reading->referenced_count; i++)
        memory_free(reading->referenced[i]);
    memory_free(reading->database);
    memory_free(reading->parent);
}

static bool skip(struct reading *reading, const char *word)
{
    if (!reading->at || !text_starts(reading->at, word))
        return false;
    reading->at += strlen(word);
    return true;
}

static void expect(struct reading *reading, const char *word)
{
    if (!skip(reading, word))
        reading->at = NULL;
}

/* `name`, backticks in it doubled; the caller frees it. */
static char *take_name(struct reading *reading)
{
    char *name = NULL;
    size_t size = 0;

    expect(reading, "`");
    if (!reading->at)
        return NULL;
    name = memory_new(strlen(reading->at) + 1, 1);
    for (; *reading->at; reading->at++) {
        if (*reading->at == '`' && *++reading->at != '`')
            return name;
        name[size++] = *reading->at;
    }
    reading->at = NULL;
    return name;
}

/* (`a`, `b`) */
static size_t take_names(struct reading *reading, char **names)
{
    size_t count = 0;

    expect(reading, "(");
    while (reading->at && count < COLUMNS_MAX) {
        names[count++] = take_name(reading);
        if (skip(reading, ")"))
            return count;
        expect(reading, ",");
        (void)skip(reading, " ");
    }
    reading->at = NULL;
    return count;
}

static void take_parent(struct reading *reading)
{
    reading->parent = take_name(reading);
    if (!skip(reading, "."))
        return;
    reading->database = reading->parent;
    reading->parent = take_name(reading);
}

static bool acts(const char *rules, const char *event)
{
    static const char *const actions[] = {"CASCADE", "SET NULL",
                                          "SET DEFAULT"};
    const char *found = strstr(rules, event);

    for (size_t i = 0; found && i < ARRAY_COUNT(actions); i++)
        if (text_starts(found + strlen(event), actions[i]))
            return true;
    return false;
}

/* Behind "FOREIGN KEY "; the rules are the rest of the line. */
static bool read_key(const char *database, const char *table,
                     const char *line, binlog_tell_child *tell, void *context)
{
    struct reading reading = {.at = line};
    struct log_child child = {.table = table};

    reading.count = take_names(&reading, reading.columns);
    expect(&reading, " REFERENCES ");
    take_parent(&reading);
    expect(&reading, " ");
    reading.referenced_count = take_names(&reading, reading.referenced);
    if (reading.at && reading.count == reading.referenced_count) {
        child.parent_database =
            reading.database ? reading.database : database;
        child.parent = reading.parent;
        child.columns = (const char *const *)reading.columns;
        child.referenced = (const char *const *)reading.referenced;
        child.count = reading.count;
        child.deletes = strstr(reading.at, "ON DELETE CASCADE") != NULL;
        child.on_delete = acts(reading.at, "ON DELETE ");
        child.on_update = acts(reading.at, "ON UPDATE ");
        if (child.on_delete || child.on_update)
            tell(context, &child);
    }
    release(&reading);
    return reading.at && reading.count == reading.referenced_count;
}

/* "  CONSTRAINT `name` FOREIGN KEY ..": the text behind, or NULL. */
static const char *find_key(const char *line)
{
    struct reading reading = {.at = line};

    if (!skip(&reading, "  CONSTRAINT "))
        return NULL;
    memory_free(take_name(&reading));
    return skip(&reading, " FOREIGN KEY ") ? reading.at : NULL;
}

bool binlog_children_read(const char *database, const char *table,
                          const char *text, binlog_tell_child *tell,
                          void *context)
{
    bool is_good = true;

    /* A line each; no name or comment holds the end of one. */
    while (text && is_good) {
        const char *end = strchr(text, '\n');
        char *line = end ? memory_text_part(text, (size_t)(end - text))
                         : memory_text(text);
        const char *key = find_key(line);
        if (key)
            is_good = read_key(database, table, key, tell, context);
        memory_free(line);
        text = end ? end + 1 : NULL;
    }
    return is_good;
}

/* --- all of a database --------------------------------------------------- */

struct children {
    char **names;
    char **texts; /* what SHOW CREATE TABLE says */
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
    children->texts = memory_resize(children->texts, children->count + 1,
                                    sizeof(*children->texts));
    children->texts[children->count] = NULL;
    children->names[children->count++] = memory_text(cells[0]);
    return true;
}

static bool take_text(void *context, char **cells,
                      const unsigned long *lengths)
{
    (void)lengths;
    if (cells[0] && cells[1])
        *(char **)context = memory_text(cells[1]);
    return false;
}

static enum status ask_child(MYSQL *link, const char *name, char **text,
                             struct error *error)
{
    struct buffer sql;
    enum status status;

    *text = NULL;
    buffer_init(&sql, 1024);
    buffer_add_text(&sql, "SHOW CREATE TABLE ");
    mysql_quote_name(&sql, name);
    status = mysql_query_rows(link, buffer_text(&sql), take_text, text,
                              error);
    buffer_release(&sql);
    return status;
}

static void forget(struct children *children)
{
    for (size_t i = 0; i < children->count; i++) {
        memory_free(children->names[i]);
        memory_free(children->texts[i]);
    }
    memory_free(children->names);
    memory_free(children->texts);
    *children = (struct children){.names = NULL};
}

static enum status ask_children(MYSQL *link, struct children *children,
                                struct error *error)
{
    enum status status = mysql_query_rows(
        link,
        "SELECT DISTINCT TABLE_NAME FROM"
        " information_schema.KEY_COLUMN_USAGE WHERE"
        " TABLE_SCHEMA = DATABASE() AND"
        " REFERENCED_TABLE_NAME IS NOT NULL",
        take_child, children, error);

    if (status != STATUS_OK)
        return status;
    FAILPOINT("children.listed", error);
    for (size_t i = 0; i < children->count && status == STATUS_OK; i++)
        status = ask_child(link, children->names[i], &children->texts[i],
                           error);
    return status;
}

/* A table that goes before it is asked about may be there under another name:
 * all are looked for anew. */
static enum status find_children(MYSQL *link, struct children *children,
                                 struct error *error)
{
    enum status status = ask_children(link, children, error);

    for (size_t i = 1; i < TRIES && status != STATUS_OK &&
                       error->id == ERROR_TABLE_MISSING; i++) {
        forget(children);
        status = ask_children(link, children, error);
    }
    if (status != STATUS_OK && error->id == ERROR_TABLE_MISSING)
        status = error_set(error, ERROR_TABLE_CHANGED,
                           "could not ask for the foreign keys of the "
                           "source: its tables change all the time");
    return status;
}

static enum status tell_children(MYSQL *link, const char *database,
                                 binlog_tell_child *tell, void *context,
                                 struct error *error)
{
    struct children children = {.names = NULL};
    enum status status = mysql_query_rows(
        link, "SET SESSION sql_quote_show_create = 1", NULL, NULL, error);

    if (status == STATUS_OK)
        status = find_children(link, &children, error);
    for (size_t i = 0; i < children.count && status == STATUS_OK; i++)
        if (children.texts[i] &&
            !binlog_children_read(database, children.names[i],
                                  children.texts[i], tell, context))
            status = error_set_status(
                error, ERROR_LOG_UNUSABLE, STATUS_ACTION,
                "cannot understand the foreign keys of table \"%s\"",
                children.names[i]);
    forget(&children);
    return status;
}

static bool take_native(void *context, char **cells,
                        const unsigned long *lengths)
{
    (void)lengths;
    *(bool *)context = cells[1] && text_equal_nocase(cells[1], "ON");
    return false;
}

enum status binlog_children(struct source_session *session,
                            binlog_tell_child *tell, void *context,
                            struct error *error)
{
    const struct mysql_source *source =
        (const struct mysql_source *)session->source;
    MYSQL *link;
    bool is_native = false;
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
    return tell_children(link, source->database, tell, context, error);
}
