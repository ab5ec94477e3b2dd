/*
 * `selftest`: the rows of a table by SELECT and from the log, cell by cell.
 * Nothing is written, neither to the warehouse nor to the state.
 */
#include "base/memory.h"
#include "base/text.h"
#include "commands.h"
#include "opening.h"
#include "selftest.h"

#define ROWS_DEFAULT 1000
#define BATCH_ROWS 4096
#define BATCH_BYTES (8U << 20)
/* How often rows that change meanwhile are looked at again. */
#define ATTEMPTS 4

static enum status check_work(const struct opening *opening,
                              struct error *error)
{
    const struct work *work = &opening->works[0];
    if (!opening->sync->source->ops->log) {
        return error_set_status(error, ERROR_LOG_UNUSABLE, STATUS_USAGE,
                                "this source has no log to compare with");
    }
    if (work->problem.id != ERROR_NONE) {
        *error = work->problem;
        return error->status;
    }
    if (work->table->key_count > 0)
        return STATUS_OK;
    (void)error_set(error, ERROR_KEY_UNUSABLE,
                    "cannot compare rows of table \"%s\": it has no key that "
                    "identifies them%s%s", work->name,
                    work->described->key_flaw ? ": " : "",
                    work->described->key_flaw ? work->described->key_flaw
                                              : "");
    return error->status;
}

static enum status check_log(const struct opening *opening,
                             struct error *error)
{
    const struct log_look *look = NULL;
    enum status status = sync_log_look(opening->sync, &look, error);
    if (status != STATUS_OK || look->refusal.id == ERROR_NONE)
        return status;
    *error = look->refusal;
    error_effect(error, "Nothing was compared.");
    return error->status;
}

static enum status nothing_found(const struct selftest *test,
                                 struct error *error)
{
    char bytes[16];
    const char *name = test->work->name;
    if (test->seen == 0)
        (void)error_set(error, ERROR_LOG_EMPTY,
                        "the log from %s on (%s) holds no changed row of "
                        "table \"%s\"", test->extent.first,
                        text_bytes(bytes, test->extent.bytes), name);
    else
        (void)error_set(error, ERROR_LOG_EMPTY,
                        "no row of table \"%s\" that the log holds can be "
                        "compared", name);
    error_effect(error, "Nothing was compared.");
    error_next(error, "change some rows of it, or wait until they change; "
               "then  tidemark selftest %s", name);
    return error->status;
}

/* Until every row is settled, or a few times. */
static enum status compare(struct selftest *test, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ATTEMPTS && status == STATUS_OK; i++) {
        if (i > 0 && selftest_count(test, SELFTEST_OPEN) == 0)
            break;
        status = selftest_select(test, error);
        if (status == STATUS_OK &&
            selftest_count(test, SELFTEST_DIFFERENT) > 0)
            status = selftest_read_on(test, error);
    }
    size_t open = selftest_count(test, SELFTEST_OPEN);
    if (status == STATUS_OK && open > 0) {
        test->lost[SELFTEST_BUSY] = open;
        test->times[SELFTEST_BUSY] = 1;
    }
    return status;
}

static enum status run(struct selftest *test, const struct command_line *line,
                       struct error *error)
{
    enum status status = selftest_walk(test, line, error);
    if (status == STATUS_OK)
        status = compare(test, error);
    if (status != STATUS_OK)
        return status;
    bool is_empty = selftest_count(test, SELFTEST_EQUAL) +
                        selftest_count(test, SELFTEST_DIFFERENT) == 0;
    if (line->json)
        selftest_print_json(line, test);
    else if (!is_empty)
        selftest_print(line, test);
    return is_empty && !line->json ? nothing_found(test, error) : STATUS_OK;
}

/* As settings make them, but every row is told: a row that leaves the filter
 * is a deleted one on both roads. */
static void plain_shape(const struct work *work, struct shape *shape)
{
    *shape = work->shape;
    shape->keeps_last_values = false;
    shape->drops_refused = false;
    shape->keeps_rows = false;
    shape->admits = NULL;
}

static enum status test_table(const struct opening *opening,
                              const struct command_line *line, int *exit_code,
                              struct error *error)
{
    const struct work *work = &opening->works[0];
    struct selftest test = {
        .source = opening->sync->source,
        .database = opening->sync->endpoint->url.path,
        .work = work,
        .row_limit = line->rows ? line->rows : ROWS_DEFAULT,
        .byte_limit = opening->settings->memory_bytes,
    };
    plain_shape(work, &test.shape);
    test.followed = (struct followed){.table = work->table,
                                      .shape = &test.shape};
    enum status status = test.source->ops->session_open(
        test.source, &test.session, error);
    if (status != STATUS_OK)
        return status;
    test.batch = batch_new(work->table, BATCH_ROWS, BATCH_BYTES);
    status = run(&test, line, error);
    if (status == STATUS_OK && selftest_count(&test, SELFTEST_DIFFERENT) > 0)
        *exit_code = status_exit_code(STATUS_DIFFERENCES);
    else if (status == STATUS_OK &&
             selftest_count(&test, SELFTEST_EQUAL) == 0)
        *exit_code = status_exit_code(STATUS_TABLE);
    selftest_images_release(&test);
    batch_free(test.batch);
    memory_free(test.place);
    test.source->ops->session_close(test.session);
    return status;
}

enum status command_selftest(const struct command_line *line, int *exit_code,
                             struct error *error)
{
    struct opening opening = {.settings = NULL};
    if (line->argument_count != 1 || text_is_pattern(line->arguments[0])) {
        (void)error_set(error, ERROR_USAGE,
                        "selftest needs the name of one table");
        error_next(error, "tidemark selftest TABLE");
        return error->status;
    }
    enum status status = opening_connect(&opening, line, false, error);
    if (status == STATUS_OK)
        status = check_work(&opening, error);
    if (status == STATUS_OK)
        status = check_log(&opening, error);
    if (status == STATUS_OK)
        status = test_table(&opening, line, exit_code, error);
    opening_close(&opening);
    return status;
}
