/*
 * The floor of reading: every row of a table over one connection, by the
 * binary protocol into bound buffers, and dropped.
 *
 *     floor_read HOST PORT USER PASSWORD DATABASE TABLE
 *
 * Prints rows, seconds of wall clock and of CPU. Connecting and preparing
 * stand outside the clock.
 */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "floor.h"

#define CELL_BYTES 65536

static void stop(const char *what)
{
    fprintf(stderr, "floor_read: %s\n", what);
    exit(1);
}

static MYSQL *connect_server(char **arguments)
{
    MYSQL *link = mysql_init(NULL);
    unsigned port = (unsigned)strtoul(arguments[2], NULL, 10);

    if (!link)
        stop("no memory");
    mysql_options(link, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (!mysql_real_connect(link, arguments[1], arguments[3], arguments[4],
                            arguments[5], port, NULL, 0))
        stop(mysql_error(link));
    return link;
}

static MYSQL_STMT *prepare(MYSQL *link, const char *table)
{
    MYSQL_STMT *statement = mysql_stmt_init(link);
    char sql[512];

    snprintf(sql, sizeof(sql), "SELECT * FROM `%s`", table);
    if (!statement || mysql_stmt_prepare(statement, sql, strlen(sql)))
        stop(mysql_error(link));
    return statement;
}

/* Buffers of each cell's own type; a longer value is read, but cut. */
static void bind_cells(MYSQL_STMT *statement)
{
    MYSQL_RES *meta = mysql_stmt_result_metadata(statement);
    unsigned count = mysql_stmt_field_count(statement);
    MYSQL_FIELD *fields = meta ? mysql_fetch_fields(meta) : NULL;
    MYSQL_BIND *binds = calloc(count, sizeof(*binds));
    char *cells = calloc(count, CELL_BYTES);
    unsigned long *lengths = calloc(count, sizeof(*lengths));
    my_bool *nulls = calloc(count, sizeof(*nulls));

    if (!fields || !binds || !cells || !lengths || !nulls)
        stop("no memory");
    for (unsigned i = 0; i < count; i++) {
        binds[i].buffer_type = fields[i].type;
        binds[i].buffer = cells + (size_t)i * CELL_BYTES;
        binds[i].buffer_length = CELL_BYTES;
        binds[i].length = &lengths[i];
        binds[i].is_null = &nulls[i];
        binds[i].is_unsigned = (fields[i].flags & UNSIGNED_FLAG) != 0;
    }
    if (mysql_stmt_bind_result(statement, binds))
        stop(mysql_stmt_error(statement));
    mysql_free_result(meta);
}

int main(int count, char **arguments)
{
    unsigned long long rows = 0;
    int code;

    if (count != 7)
        stop("HOST PORT USER PASSWORD DATABASE TABLE");
    MYSQL *link = connect_server(arguments);
    MYSQL_STMT *statement = prepare(link, arguments[6]);
    double begin = now_s();
    double cpu = cpu_s();
    if (mysql_stmt_execute(statement))
        stop(mysql_stmt_error(statement));
    bind_cells(statement);
    while ((code = mysql_stmt_fetch(statement)) == 0 ||
           code == MYSQL_DATA_TRUNCATED)
        rows++;
    if (code != MYSQL_NO_DATA)
        stop(mysql_stmt_error(statement));
    printf("%llu %.6f %.6f\n", rows, now_s() - begin, cpu_s() - cpu);
    mysql_stmt_close(statement);
    mysql_close(link);
    return 0;
}
