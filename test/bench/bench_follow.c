/*
 * What decoding the log costs: rows of all tables of a database through the
 * follower into batches that are dropped, from a place to the present end.
 *
 *     bench_follow URL PLACE
 *
 * URL as in the settings, the password in LAB_PASSWORD; PLACE as a checkpoint
 * of the state has it. Prints rows, seconds of wall clock and of our own CPU.
 * Describing the tables stands outside the clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/stop.h"
#include "settings/url.h"
#include "source/driver.h"

#define BATCH_ROWS 10000
#define BATCH_BYTES ((size_t)256 << 10)

struct dropped {
    struct followed followed;
    struct shape shape;
    struct source_table *described;
    struct batch *batch;
};

struct dropping {
    struct dropped *tables;
    size_t count;
};

static void stop(const struct error *error)
{
    fprintf(stderr, "bench_follow: %s\n", error->what);
    exit(1);
}

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int compare_names(const void *name, const void *table)
{
    return strcmp(name, ((const struct dropped *)table)->described->table
                            ->name);
}

static int compare_tables(const void *left, const void *right)
{
    return compare_names(((const struct dropped *)left)->described->table
                             ->name, right);
}

static struct followed *find(void *context, const char *database,
                             const char *name)
{
    struct dropping *dropping = context;
    struct dropped *table =
        bsearch(name, dropping->tables, dropping->count,
                sizeof(*dropping->tables), compare_names);

    (void)database;
    return table ? &table->followed : NULL;
}

static enum status room(void *context, struct followed *followed,
                        struct batch **batch, struct error *error)
{
    struct dropped *table = followed->context;

    (void)context;
    (void)error;
    if (!table->batch)
        table->batch = batch_new(followed->table, BATCH_ROWS, BATCH_BYTES);
    if (batch_is_full(table->batch))
        batch_clear(table->batch);
    *batch = table->batch;
    return STATUS_OK;
}

static enum status describe(struct source_session *session,
                            struct dropping *dropping, struct error *error)
{
    struct source_name *names = NULL;
    size_t count = 0;
    enum status status = mysql_ops.names(session, &names, &count, error);

    dropping->tables = memory_new(count, sizeof(*dropping->tables));
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct dropped *table = &dropping->tables[dropping->count];
        const char *name = names[i].name;
        status = mysql_ops.describe(session, &name, 1, &table->described,
                                    error);
        if (status != STATUS_OK || !table->described)
            continue;
        table_settle(table->described->table);
        table->followed.table = table->described->table;
        table->followed.shape = &table->shape;
        dropping->count++;
    }
    qsort(dropping->tables, dropping->count, sizeof(*dropping->tables),
          compare_tables);
    for (size_t i = 0; i < dropping->count; i++)
        dropping->tables[i].followed.context = &dropping->tables[i];
    mysql_ops.names_free(names, count);
    return status;
}

static enum status drain(struct source *source, struct dropping *dropping,
                         const char *place, uint64_t *rows,
                         struct error *error)
{
    const struct log_ops *log = mysql_ops.log;
    struct log_request request = {
        .place = place,
        .epoch = 1,
        .stops_at_end = true,
        .sink = {.context = dropping, .find = find, .room = room},
    };
    struct log_item item = {.news = LOG_NOTHING};
    struct follow *follow = NULL;
    enum status status = log->open(source, &request, &follow, error);

    while (status == STATUS_OK && item.news != LOG_END)
        status = log->next(follow, &item, error);
    if (follow)
        *rows = log->ledger(follow)->applied;
    log->close(follow);
    return status;
}

int main(int count, char **words)
{
    struct endpoint_settings settings = {.name = memory_text("main")};
    struct source *source = NULL;
    struct source_session *session = NULL;
    struct dropping dropping = {.count = 0};
    const char *password = getenv("LAB_PASSWORD");
    uint64_t rows = 0;
    struct error error;

    if (count != 3 || !password)
        return 2;
    stop_install();
    if (url_parse(words[1], &settings.url, &settings.password, &error))
        stop(&error);
    settings.password = secret_new(password, strlen(password));
    if (mysql_ops.open(&settings, &source, &error) ||
        mysql_ops.session_open(source, &session, &error) ||
        describe(session, &dropping, &error))
        stop(&error);
    int64_t begin_us = clock_monotonic_us();
    double cpu = cpu_seconds();
    if (drain(source, &dropping, words[2], &rows, &error))
        stop(&error);
    printf("%llu %.6f %.6f\n", (unsigned long long)rows,
           (double)(clock_monotonic_us() - begin_us) / 1e6,
           cpu_seconds() - cpu);
    return 0;
}
