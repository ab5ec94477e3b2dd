/*
 * What reading costs: every row of a table through the scan into batches that
 * are dropped, against mysql_stmt_fetch into bound buffers.
 *
 *     bench_scan HOST PORT USER PASSWORD DATABASE TABLE KEY [fetch|scan]
 *
 * Prints rows, seconds of wall clock and of our own CPU, and the CPU of one
 * million rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "source/mysql.h"

#define BATCH_ROWS 50000
#define CELL_BYTES 1024

static void stop(const char *what)
{
    fprintf(stderr, "bench_scan: %s\n", what);
    exit(1);
}

static MYSQL *connect_server(char **arguments)
{
    MYSQL *link = mysql_init(NULL);
    unsigned port = (unsigned)strtoul(arguments[2], NULL, 10);

    if (!link ||
        !mysql_real_connect(link, arguments[1], arguments[3], arguments[4],
                            arguments[5], port, NULL, 0))
        stop(mysql_error(link));
    if (mysql_query(link, "SET NAMES utf8mb4, time_zone = '+00:00', "
                          "sql_mode = '', character_set_results = NULL"))
        stop(mysql_error(link));
    return link;
}

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static struct table *describe(MYSQL *link, char **arguments)
{
    struct table *table = table_new(arguments[5], arguments[6]);
    char sql[512];
    MYSQL_RES *result = NULL;
    MYSQL_ROW row;
    size_t key;

    snprintf(sql, sizeof(sql),
             "SELECT column_name, column_type, character_set_name, "
             "is_nullable FROM information_schema.columns WHERE "
             "table_schema = '%s' AND table_name = '%s' "
             "ORDER BY ordinal_position", arguments[5], arguments[6]);
    if (mysql_query(link, sql) || !(result = mysql_store_result(link)))
        stop(mysql_error(link));
    while ((row = mysql_fetch_row(result))) {
        struct column *column = table_add_column(table, row[0]);
        column->declared = memory_text(row[1]);
        column->charset = memory_text(row[2]);
        column->is_nullable = text_equal(row[3], "YES");
        if (!mysql_map_column(column))
            stop("a type is not supported");
    }
    mysql_free_result(result);
    key = table_find(table, arguments[7]);
    table_set_key(table, &key, 1);
    table_settle(table);
    return table;
}

static uint64_t run_scan(MYSQL *link, const struct table *table)
{
    struct mysql_source source = {.version = 0};
    struct mysql_session session = {.base.source = &source.base,
                                    .link = link};
    struct scan_request request = {.table = table,
                                   .order = SCAN_BY_KEY,
                                   .cursor_from_us = INT64_MIN,
                                   .cursor_to_us = INT64_MAX};
    struct batch *batch = batch_new(table, BATCH_ROWS, (size_t)16 << 20);
    struct scan *scan;
    struct error error;
    bool is_last = false;
    uint64_t digest = 0;

    pthread_mutex_init(&source.mutex, NULL);
    if (mysql_scan_open(&session.base, &request, &scan, &error))
        stop(error.what);
    while (!is_last) {
        batch_clear(batch);
        if (mysql_scan_next(scan, batch, &is_last, &error))
            stop(error.what);
        for (size_t i = 0; i < batch->row_count; i++)
            digest += batch->digests[i];
    }
    uint64_t rows = mysql_scan_rows(scan);
    printf("position %s, digests %016llx\n", mysql_scan_position(scan),
           (unsigned long long)digest);
    mysql_scan_close(scan);
    mysql_charsets_free(source.charsets);
    batch_free(batch);
    return rows;
}

static uint64_t run_fetch(MYSQL *link, const struct table *table)
{
    MYSQL_STMT *statement = mysql_stmt_init(link);
    MYSQL_BIND *binds = memory_new(table->column_count, sizeof(*binds));
    char *cells = memory_new(table->column_count, CELL_BYTES);
    unsigned long *lengths = memory_new(table->column_count, sizeof(*lengths));
    uint64_t rows = 0;
    char sql[512];

    snprintf(sql, sizeof(sql), "SELECT * FROM `%s`.`%s`", table->database,
             table->name);
    if (mysql_stmt_prepare(statement, sql, strlen(sql)) ||
        mysql_stmt_execute(statement))
        stop(mysql_stmt_error(statement));
    for (size_t i = 0; i < table->column_count; i++) {
        binds[i].buffer_type = statement->fields[i].type;
        binds[i].buffer = cells + i * CELL_BYTES;
        binds[i].buffer_length = CELL_BYTES;
        binds[i].length = &lengths[i];
        binds[i].is_unsigned = 1;
    }
    if (mysql_stmt_bind_result(statement, binds))
        stop(mysql_stmt_error(statement));
    while (!mysql_stmt_fetch(statement))
        rows++;
    mysql_stmt_close(statement);
    memory_free(binds);
    memory_free(cells);
    memory_free(lengths);
    return rows;
}

int main(int count, char **arguments)
{
    if (count != 9)
        stop("HOST PORT USER PASSWORD DATABASE TABLE KEY fetch|scan");
    MYSQL *link = connect_server(arguments);
    struct table *table = describe(link, arguments);
    bool is_scan = text_equal(arguments[8], "scan");
    int64_t started_us = clock_monotonic_us();
    double cpu = cpu_seconds();
    uint64_t rows = is_scan ? run_scan(link, table) : run_fetch(link, table);

    cpu = cpu_seconds() - cpu;
    printf("%s: %llu rows, wall %.2f s, CPU %.3f s, a million rows %.3f s\n",
           arguments[8], (unsigned long long)rows,
           (double)(clock_monotonic_us() - started_us) / 1e6, cpu,
           rows == 0 ? 0 : cpu / (double)rows * 1e6);
    table_free(table);
    mysql_close(link);
    return 0;
}
