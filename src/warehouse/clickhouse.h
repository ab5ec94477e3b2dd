#ifndef TIDEMARK_WAREHOUSE_CLICKHOUSE_H
#define TIDEMARK_WAREHOUSE_CLICKHOUSE_H

#include "base/buffer.h"
#include "base/error.h"
#include "http.h"
#include "warehouse/warehouse.h"

/* Behind the view's name: the stored table, and the copy of a reload. */
#define CLICKHOUSE_STORED "__tm"
#define CLICKHOUSE_BESIDE "__tm_reload"

/* What an ALTER or INSERT is for, so that a refusal is judged rightly. */
enum clickhouse_doing { DOING_OPEN, DOING_QUERY, DOING_LOAD };

/* One server and one database of it. Constant after open. */
struct clickhouse {
    struct warehouse base;
    struct http_place place;
    char *database;
    enum deletes_mode deletes;
    enum compression compression;
    char *load_settings; /* settings of an INSERT, "&a=1&b=2" */
    bool has_token;       /* insert_deduplicate and its token */
    bool has_deduplicate; /* deduplicate_insert, which overrules it (26.2) */
    bool has_time64;
    size_t name_bytes_max; /* of a table, as clickhouse_name_bytes counts */
    int64_t lowest_day; /* that Date32 keeps */
    int64_t highest_day;
    int64_t lowest_us; /* that DateTime64(6) keeps */
    int64_t highest_us;
    int64_t opened_us; /* monotonic */
    struct warehouse_facts facts;
};

/* A stored column, as the server tells it. */
struct clickhouse_column {
    char *name;
    char *type;
    char *comment;
    uint64_t place; /* from 1 */
};

/* A table as it stands in the server; name NULL: it is not there. */
struct clickhouse_table {
    char *name;
    char *engine;      /* "ReplacingMergeTree", "View" */
    char *engine_full; /* with arguments, ORDER BY and SETTINGS */
    char *sorting_key; /* "id, day" */
    char *uuid;
    char *comment;
    char *select; /* of a view */
    uint64_t rows;
    uint64_t bytes;
    bool has_dependents; /* materialized views count their rows too */
    struct clickhouse_column *columns;
    size_t column_count;
};

struct clickhouse_session {
    struct warehouse_session base;
    struct clickhouse *house;
    struct http *http;
    /* The table loaded last, so that a load need not ask again; dropped by
     * whatever changes tables in this session. */
    struct clickhouse_table known;
};

/* Rows of an answer in TabSeparated, NULL as "\N". */
struct clickhouse_rows {
    struct buffer text;
    char **cells;
    size_t column_count;
    size_t row_count;
};

/* clickhouse_query.c */
enum status clickhouse_query(struct clickhouse_session *session,
                             struct buffer *sql,
                             struct clickhouse_rows *rows,
                             struct error *error) MUST_CHECK;
/* The answer is the body of session->http, until the next request. */
enum status clickhouse_ask(struct clickhouse_session *session,
                           struct buffer *sql, struct error *error)
    MUST_CHECK;
enum status clickhouse_execute(struct clickhouse_session *session,
                               struct buffer *sql, struct error *error)
    MUST_CHECK;
/* As execute, for an ALTER that goes on after the answer. */
enum status clickhouse_execute_behind(struct clickhouse_session *session,
                                      struct buffer *sql, struct error *error)
    MUST_CHECK;
/* As execute, for a statement that must not run twice. */
enum status clickhouse_execute_once(struct clickhouse_session *session,
                                    struct buffer *sql, struct error *error)
    MUST_CHECK;
const char *clickhouse_cell(const struct clickhouse_rows *rows, size_t row,
                            size_t column);
void clickhouse_rows_release(struct clickhouse_rows *rows);
/* False where the text is no run of full rows. Takes `body` apart. */
bool clickhouse_rows_parse(struct bytes body, struct clickhouse_rows *rows);

/* clickhouse_sql.c: pieces of statements, appended. */
void sql_name(struct buffer *sql, const char *name); /* `..` */
void sql_text(struct buffer *sql, const char *text); /* '..' */
/* `database`.`name`, with `suffix` behind the name. */
void sql_table(struct buffer *sql, const struct clickhouse *house,
               const char *name, const char *suffix);
void sql_init(struct buffer *sql);
/* Bytes of a name in the names of the server's files, where what is no letter,
 * digit or underscore takes three a byte. */
size_t clickhouse_name_bytes(const char *name);

/* clickhouse_error.c */
/* STATUS_OK where the answer is whole and holds no failure. */
enum status clickhouse_judge(const struct http *http,
                             const struct http_place *place,
                             enum clickhouse_doing doing,
                             struct error *error) MUST_CHECK;
/* The code of a failure in header or text; 0 where there is none. */
int clickhouse_code(const char *header, struct bytes body);
/* Of the last answer. */
int clickhouse_answer_code(const struct http *http);
/* Codes that are no failure of a whole run. */
#define CODE_NO_SUCH_COLUMN 16
#define CODE_UNKNOWN_IDENTIFIER 47
#define CODE_TABLE_EXISTS 57
#define CODE_UNKNOWN_TABLE 60
#define CODE_UNKNOWN_DATABASE 81

/* clickhouse_connect.c */
enum status clickhouse_open(const struct settings *settings,
                            struct warehouse **warehouse,
                            struct error *error) MUST_CHECK;
void clickhouse_close(struct warehouse *warehouse);
enum status clickhouse_session_open(struct warehouse *warehouse,
                                    struct warehouse_session **session,
                                    struct error *error) MUST_CHECK;
void clickhouse_session_close(struct warehouse_session *session);
/* clickhouse_learn.c: what this server has. */
enum status clickhouse_learn(struct clickhouse *house,
                             struct clickhouse_session *session,
                             struct error *error) MUST_CHECK;

/* clickhouse_type.c */
/* The type of a column, "Nullable(Int32)"; appended. */
void clickhouse_type(const struct clickhouse *house,
                     const struct column *column, struct buffer *target);
/* The type under which cells are sent: without LowCardinality. */
void clickhouse_sent_type(const char *type, struct buffer *target);
/* A TIME whose table was made before the server had Time64: the same cells. */
bool clickhouse_is_number_of_time(const struct column *column,
                                  const char *type);
/* "tidemark seed=NAME; COMMENT" and back: NULL where there is none. */
void clickhouse_comment(const struct column *column, struct buffer *target);
char *clickhouse_comment_seed(const char *comment);
enum status clickhouse_fit(struct warehouse *warehouse, struct table *table,
                           struct error *error) MUST_CHECK;

/* clickhouse_catalog.c */
/* Tables of the database by name, in one request for 25; tables[i].name is
 * NULL where names[i] is not there. */
enum status clickhouse_catalog(struct clickhouse_session *session,
                               const char *const *names, size_t count,
                               struct clickhouse_table *tables,
                               struct error *error) MUST_CHECK;
/* One of them, by the parts of its name. */
enum status clickhouse_describe(struct clickhouse_session *session,
                                const char *name, const char *suffix,
                                struct clickhouse_table *table,
                                struct error *error) MUST_CHECK;
void clickhouse_table_release(struct clickhouse_table *table);
const struct clickhouse_column *
clickhouse_table_find(const struct clickhouse_table *table, const char *name);

/* clickhouse_ddl.c: `verb` begins the statement. */
#define CREATE_TABLE "CREATE TABLE "
#define CREATE_TABLE_WHERE_NONE "CREATE TABLE IF NOT EXISTS "
#define CREATE_VIEW "CREATE VIEW "
#define CREATE_OR_REPLACE_VIEW "CREATE OR REPLACE VIEW "
void clickhouse_create_sql(const struct clickhouse *house, const char *verb,
                           const struct table *table, struct buffer *sql);
/* The same table under another suffix and with another comment. */
void clickhouse_copy_sql(const struct clickhouse *house,
                         const struct table *table, const char *suffix,
                         const char *comment, struct buffer *sql);
void clickhouse_view_sql(const struct clickhouse *house, const char *verb,
                         const struct table *table, struct buffer *sql);

/* clickhouse_load.c */
enum status clickhouse_begin(struct warehouse_session *session,
                             const struct load_request *request,
                             struct load **load, struct error *error)
    MUST_CHECK;
enum status clickhouse_put(struct load *load, const struct batch *batch,
                           struct error *error) MUST_CHECK;
enum status clickhouse_finish(struct load *load, char *handle, size_t size,
                              struct error *error) MUST_CHECK;
void clickhouse_end(struct load *load);
enum status clickhouse_poll(struct warehouse_session *session,
                            const char *handle, uint64_t rows,
                            uint64_t *wait_ms, struct error *error)
    MUST_CHECK;

#endif
