/*
 * The MySQL driver by hand, for tests against real servers:
 *
 *     source_probe URL facts
 *     source_probe URL names
 *     source_probe URL describe TABLE...
 *     source_probe URL bound [SECONDS BETWEEN]
 *     source_probe URL maxima CURSOR TABLE...
 *     source_probe URL strays TABLE CURSOR FUTURE_US
 *     source_probe URL pages TABLE ROWS key|null|cursor [CURSOR [KEY..]]
 *     source_probe URL many ROWS TABLE...
 *     source_probe URL filters TABLE FILTER...
 *     source_probe URL grants
 *
 * The password stands in the environment as LAB_PASSWORD, the path of an
 * authority as PROBE_CA; PROBE_TLS is "verify" or "off". `pages` prints how
 * many rows came, how many distinct positions, and how many index entries the
 * server read at most beyond the rows of a page.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "source/mysql.h"

struct probe {
    struct endpoint_settings settings;
    const struct source_ops *ops;
    struct source *source;
    struct source_session *session;
};

static int fail(const struct error *error)
{
    printf("error=%s status=%s what=%s\n", error_id_text(error->id),
           status_name(error->status), error->what);
    if (error->next[0] != '\0')
        printf("next=%s\n", error->next);
    fflush(stdout);
    return 1;
}

static int show_facts(struct probe *probe)
{
    const struct source_facts *facts = probe->ops->facts(probe->source);
    printf("product=%s\nidentity=%s\ntls=%s\nzone=%s\nproved=%d\nnote=%s\n"
           "offset_us=%lld\n",
           facts->product, facts->identity, facts->tls, facts->zone,
           facts->is_bound_proved, facts->bound_note,
           (long long)facts->clock_offset_us);
    return 0;
}

static int show_names(struct probe *probe)
{
    struct source_name *names = NULL;
    size_t count = 0;
    struct error error;
    if (probe->ops->names(probe->session, &names, &count, &error) !=
        STATUS_OK)
        return fail(&error);
    for (size_t i = 0; i < count; i++)
        printf("%s%s\n", names[i].name, names[i].is_view ? " view" : "");
    probe->ops->names_free(names, count);
    return 0;
}

static void show_table(const struct source_table *found)
{
    const struct table *table = found->table;
    printf("table=%s changing=%d index=%s\n", table->name,
           found->is_changing,
           table->key_index == NULL ? "-" : table->key_index);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        printf("  column %s %s width=%d precision=%d scale=%d null=%d few=%d "
               "fixed=%u key=%d\n",
               column->name, kind_name(column->kind), column->width,
               column->precision, column->scale, column->is_nullable,
               column->has_few_values, column->fixed_length,
               table_is_key(table, i));
    }
    for (size_t i = 0; i < table->key_count; i++)
        printf("  key %s\n", table->columns[table->key[i]].name);
    for (size_t i = 0; i < found->unusable_count; i++)
        printf("  unusable %s %s\n", found->unusable[i],
               found->unusable_types[i]);
    for (size_t i = 0; i < found->hidden_count; i++)
        printf("  note %s\n", found->hidden[i]);
    for (size_t i = 0; i < found->cursor_count; i++) {
        const struct source_cursor *cursor = &found->cursors[i];
        printf("  cursor %s likely=%d index=%s unit=%d zone=%d\n",
               cursor->column, cursor->is_likely,
               cursor->index == NULL ? "-" : cursor->index, cursor->unit,
               cursor->has_zone);
    }
}

static int describe(struct probe *probe, char **names, size_t count,
                    struct source_table **tables)
{
    struct error error;
    if (probe->ops->describe(probe->session, (const char *const *)names, count,
                             tables, &error) != STATUS_OK)
        return fail(&error);
    return 0;
}

static int show_tables(struct probe *probe, char **names, size_t count)
{
    struct source_table **tables = memory_new(count, sizeof(*tables));
    int result = describe(probe, names, count, tables);
    for (size_t i = 0; i < count; i++) {
        if (tables[i] == NULL)
            printf("missing=%s\n", names[i]);
        else
            show_table(tables[i]);
        probe->ops->table_free(tables[i]);
    }
    memory_free(tables);
    return result;
}

static int show_bound(struct probe *probe)
{
    struct source_bound bound;
    struct error error;
    if (probe->ops->bound(probe->source, &bound, &error) != STATUS_OK)
        return fail(&error);
    printf("lag_us=%lld proved=%d held=%d held_us=%lld holder=%s note=%s\n",
           (long long)(bound.now_us - bound.bound_us), bound.is_proved,
           bound.is_held, (long long)bound.held_us, bound.holder, bound.note);
    return 0;
}

static const struct source_cursor *
find_cursor(const struct source_table *found, const char *name)
{
    for (size_t i = 0; i < found->cursor_count; i++)
        if (text_equal(found->cursors[i].column, name))
            return &found->cursors[i];
    return NULL;
}

static void fill_request(struct scan_request *request,
                         const struct source_table *found, const char *cursor)
{
    memset(request, 0, sizeof(*request));
    request->table = found->table;
    request->cursor_from_us = INT64_MIN;
    request->cursor_to_us = INT64_MAX;
    request->cursor = cursor;
    const struct source_cursor *known =
        cursor == NULL ? NULL : find_cursor(found, cursor);
    if (known != NULL) {
        request->cursor_index = known->index;
        request->cursor_unit = known->unit;
    }
}

static int show_maxima(struct probe *probe, char **names, size_t count)
{
    const char *cursor = names[0];
    size_t tables_count = count - 1;
    struct source_table **tables = memory_new(count, sizeof(*tables));
    struct scan_request *requests = memory_new(count, sizeof(*requests));
    int64_t *maxima = memory_new(count, sizeof(*maxima));
    struct error error;
    int result = describe(probe, names + 1, tables_count, tables);
    for (size_t i = 0; i < tables_count && result == 0; i++)
        fill_request(&requests[i], tables[i], cursor);
    if (result == 0 &&
        probe->ops->cursor_maxima(probe->session, requests, tables_count,
                                  maxima, &error) != STATUS_OK)
        result = fail(&error);
    for (size_t i = 0; i < tables_count && result == 0; i++)
        printf("%s %lld\n", names[i + 1], (long long)maxima[i]);
    for (size_t i = 0; i < tables_count; i++)
        probe->ops->table_free(tables[i]);
    memory_free(tables);
    memory_free(requests);
    memory_free(maxima);
    return result;
}

static int show_strays(struct probe *probe, char **names)
{
    struct source_table *table = NULL;
    struct scan_request request;
    struct error error;
    struct source_strays strays = {0, 0, 0};
    int result = describe(probe, names, 1, &table);
    if (result == 0) {
        fill_request(&request, table, names[1]);
        if (probe->ops->strays(probe->session, &request,
                               strtoll(names[2], NULL, 10), &strays,
                               &error) != STATUS_OK)
            result = fail(&error);
        printf("nulls=%llu zeros=%llu futures=%llu\n",
               (unsigned long long)strays.nulls,
               (unsigned long long)strays.zeros,
               (unsigned long long)strays.futures);
    }
    probe->ops->table_free(table);
    return result;
}

/* --- pages --- */

static bool add_reads(void *context, char **cells,
                      const unsigned long *lengths)
{
    (void)lengths;
    /* SHOW STATUS itself reads rows of a temporary table. */
    if (!text_starts(cells[0], "Handler_read_r"))
        *(uint64_t *)context += strtoull(cells[1], NULL, 10);
    return true;
}

static bool add_warnings(void *context, char **cells,
                         const unsigned long *lengths)
{
    (void)lengths;
    *(uint64_t *)context += strtoull(cells[1], NULL, 10);
    return true;
}

/* How many rows pass a filter: sent to the server as `where`, or tried on
 * every row of the table. */
static uint64_t count_passing(struct probe *probe,
                              const struct table *table,
                              const struct filter *filter, bool is_sent)
{
    struct scan_request request;
    struct scan *scan = NULL;
    struct error error;
    struct batch *batch = batch_new(table, 1000, 1 << 24);
    uint64_t count = 0;
    bool is_last = false;
    memset(&request, 0, sizeof(request));
    request.table = table;
    request.order = SCAN_WHOLE;
    request.where = is_sent ? filter : NULL;
    request.cursor_from_us = INT64_MIN;
    request.cursor_to_us = INT64_MAX;
    if (probe->ops->scan_open(probe->session, &request, &scan, &error) !=
        STATUS_OK)
        exit(fail(&error));
    if (getenv("PROBE_SQL") != NULL)
        printf("%s\n", probe->ops->scan_sql(scan));
    while (!is_last) {
        if (probe->ops->scan_next(scan, batch, &is_last, &error) != STATUS_OK)
            exit(fail(&error));
        for (size_t i = 0; i < batch->row_count; i++)
            count += is_sent || filter_passes(filter, batch, i);
        batch_clear(batch);
    }
    probe->ops->scan_close(scan);
    batch_free(batch);
    return count;
}

/* For each filter: does the server's preselection lose a row? */
static int try_filters(struct probe *probe, char **words, size_t count)
{
    struct source_table *found = NULL;
    struct error error;
    if (describe(probe, words, 1, &found) != 0 || found == NULL)
        return 1;
    for (size_t i = 1; i < count; i++) {
        struct filter *filter = NULL;
        if (filter_parse(words[i], &filter, &error) != STATUS_OK ||
            filter_bind(filter, found->table, &error) != STATUS_OK)
            return fail(&error);
        printf("sent=%llu tried=%llu filter=%s\n",
               (unsigned long long)count_passing(probe, found->table, filter,
                                                 true),
               (unsigned long long)count_passing(probe, found->table, filter,
                                                 false),
               words[i]);
        filter_free(filter);
    }
    probe->ops->table_free(found);
    return 0;
}

static uint64_t count_status(struct probe *probe, const char *sql,
                             mysql_row_function *row)
{
    uint64_t count = 0;
    struct error error;
    MYSQL *link = ((struct mysql_session *)probe->session)->link;
    if (mysql_query_rows(link, sql, row, &count, &error) != STATUS_OK)
        exit(fail(&error));
    return count;
}

static const char READS[] = "SHOW SESSION STATUS LIKE 'Handler_read%'";
static const char SORTS[] = "SHOW SESSION STATUS LIKE 'Sort_rows'";

struct pages {
    uint64_t rows;
    uint64_t pages;
    uint64_t excess; /* entries read beyond the rows, at most, in a page */
    uint64_t sorted;
};

/* One page; false at the end. */
static bool read_page(struct probe *probe, struct scan_request *request,
                      char **position, struct pages *pages)
{
    struct error error;
    struct scan *scan = NULL;
    bool is_last = false;
    struct batch *batch = batch_new(request->table, 1000, 1 << 24);
    uint64_t before = pages->rows;
    uint64_t reads = count_status(probe, READS, add_reads);
    if (probe->ops->scan_open(probe->session, request, &scan, &error) !=
        STATUS_OK)
        exit(fail(&error));
    if (getenv("PROBE_SQL") != NULL)
        printf("%s\n", probe->ops->scan_sql(scan));
    while (!is_last) {
        if (probe->ops->scan_next(scan, batch, &is_last, &error) != STATUS_OK)
            exit(fail(&error));
        pages->rows += batch->row_count;
        batch_clear(batch);
    }
    if (probe->ops->scan_position(scan) != NULL) {
        memory_free(*position);
        *position = memory_text(probe->ops->scan_position(scan));
    }
    probe->ops->scan_close(scan);
    batch_free(batch);
    reads = count_status(probe, READS, add_reads) - reads;
    /* The first page has no condition, and reads the server's charsets. */
    if (request->after == NULL)
        reads = 0;
    uint64_t came = pages->rows - before;
    if (reads > came && reads - came > pages->excess)
        pages->excess = reads - came;
    pages->pages++;
    return came > 0;
}

/* As `zero_dates: text` does, where the table's name asks for it. */
static void take_zero_dates(struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        struct column *column = &table->columns[i];
        if (strstr(table->name, "zero") == NULL ||
            (column->kind != KIND_DATE && column->kind != KIND_DATETIME))
            continue;
        column->kind = KIND_TEXT;
        column->width = 0;
        column->date_policy = DATES_TEXT;
    }
}

static int read_pages(struct probe *probe, char **names, size_t count)
{
    struct source_table *found = NULL;
    struct scan_request request;
    struct pages pages = {0, 0, 0, 0};
    struct error error;
    char *position = NULL;
    if (describe(probe, names, 1, &found) != 0 || found == NULL)
        return 1;
    if (count > 4 &&
        probe->ops->choose_key(probe->session, found->table,
                               (const char *const *)&names[4], count - 4,
                               &error) != STATUS_OK)
        return fail(&error);
    take_zero_dates(found->table);
    fill_request(&request, found, count > 3 ? names[3] : NULL);
    request.row_limit = strtoull(names[1], NULL, 10);
    request.order = text_equal(names[2], "cursor") ? SCAN_BY_CURSOR
                    : text_equal(names[2], "null") ? SCAN_NULL_CURSOR
                                                   : SCAN_BY_KEY;
    if (found->table->key_count == 0)
        request.order = SCAN_WHOLE;
    uint64_t sorted = count_status(probe, SORTS, add_warnings);
    while (read_page(probe, &request, &position, &pages) &&
           request.order != SCAN_WHOLE)
        request.after = position;
    sorted = count_status(probe, SORTS, add_warnings) - sorted;
    printf("rows=%llu pages=%llu excess=%llu sorted=%llu last=%s\n",
           (unsigned long long)pages.rows, (unsigned long long)pages.pages,
           (unsigned long long)pages.excess, (unsigned long long)sorted,
           position == NULL ? "-" : position);
    memory_free(position);
    probe->ops->table_free(found);
    return 0;
}

/* `pages` by key of each table, a line each. */
static int read_many(struct probe *probe, char **names, size_t count)
{
    int result = 0;
    for (size_t i = 1; i < count && result == 0; i++) {
        char *words[] = {names[i], names[0], memory_text("key")};
        printf("table=%s ", names[i]);
        result = read_pages(probe, words, ARRAY_COUNT(words));
        memory_free(words[2]);
    }
    return result;
}

static int run(struct probe *probe, int count, char **words)
{
    size_t rest = (size_t)count - 1;
    if (text_equal(words[0], "facts"))
        return show_facts(probe);
    if (text_equal(words[0], "names"))
        return show_names(probe);
    if (text_equal(words[0], "describe"))
        return show_tables(probe, words + 1, rest);
    if (text_equal(words[0], "bound"))
        return show_bound(probe);
    if (text_equal(words[0], "maxima") && rest > 1)
        return show_maxima(probe, words + 1, rest);
    if (text_equal(words[0], "strays") && rest == 3)
        return show_strays(probe, words + 1);
    if (text_equal(words[0], "pages") && rest > 2)
        return read_pages(probe, words + 1, rest);
    if (text_equal(words[0], "filters"))
        return try_filters(probe, words + 1, rest);
    if (text_equal(words[0], "many"))
        return read_many(probe, words + 1, rest);
    fprintf(stderr, "unknown: %s\n", words[0]);
    return 2;
}

static void settle(struct probe *probe)
{
    const char *password = getenv("LAB_PASSWORD");
    const char *ca = getenv("PROBE_CA");
    const char *mode = getenv("PROBE_TLS");
    struct endpoint_settings *settings = &probe->settings;
    settings->name = memory_text("main");
    if (settings->password == NULL && password != NULL)
        settings->password = secret_new(password, strlen(password));
    settings->tls.ca = memory_text(ca);
    if (mode != NULL)
        settings->tls.mode = text_equal(mode, "off") ? TLS_OFF : TLS_VERIFY;
}

int main(int count, char **words)
{
    struct probe probe;
    struct error error;
    struct buffer grants;
    memset(&probe, 0, sizeof(probe));
    if (count < 3)
        return 2;
    stop_install();
    if (url_parse(words[1], &probe.settings.url, &probe.settings.password,
                  &error) != STATUS_OK)
        return fail(&error);
    settle(&probe);
    probe.ops = source_find(probe.settings.url.scheme);
    if (text_equal(words[2], "grants")) {
        buffer_init(&grants, 4096);
        probe.ops->grants(&probe.settings, false, &grants);
        printf("%s", buffer_text(&grants));
        return 0;
    }
    if (probe.ops->open(&probe.settings, &probe.source, &error) !=
            STATUS_OK ||
        probe.ops->session_open(probe.source, &probe.session, &error) !=
            STATUS_OK)
        return fail(&error);
    int result = run(&probe, count - 2, words + 2);
    probe.ops->session_close(probe.session);
    probe.ops->close(probe.source);
    url_release(&probe.settings.url);
    secret_free(probe.settings.password);
    memory_free(probe.settings.name);
    memory_free(probe.settings.tls.ca);
    return result;
}
