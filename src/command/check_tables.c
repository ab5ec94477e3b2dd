/*
 * Findings of tables. A wall clock says nothing of its zone; but a greatest
 * value hours ahead of now can only be one of another zone.
 */
#include "check_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#define MINUTE_US INT64_C(60000000)
#define QUARTER_US (15 * MINUTE_US)
/* Zones reach from -12 to +14 hours. */
#define AHEAD_MAX_US (14 * 60 * MINUTE_US)
#define BEHIND_MAX_US (12 * 60 * MINUTE_US)
/* So near a whole quarter of an hour is taken as the zone's. */
#define NEAR_US (2 * MINUTE_US)

/* The cursor as it was described; NULL where there is none. */
static const struct source_cursor *cursor_of(const struct work *work)
{
    for (size_t i = 0; work->cursor && i < work->described->cursor_count; i++)
        if (text_equal(work->described->cursors[i].column, work->cursor))
            return &work->described->cursors[i];
    return NULL;
}

/* A day tells no hour: its end lies ahead of now in every zone. */
static bool has_open_zone(const struct work *work)
{
    const struct source_cursor *cursor =
        work->problem.id == ERROR_NONE ? cursor_of(work) : NULL;
    return cursor && cursor->has_zone && !work->settings->cursor_zone &&
           table_column(work->table, work->cursor)->kind != KIND_DATE;
}

static struct scan_request request_of(const struct work *work)
{
    return (struct scan_request){
        .table = work->table,
        .shape = &work->shape,
        .order = SCAN_BY_CURSOR,
        .cursor = work->cursor,
        .cursor_index = work->cursor_index,
        .cursor_unit = work->cursor_unit,
        .cursor_from_us = INT64_MIN,
        .cursor_to_us = INT64_MAX,
    };
}

/* The offset to UTC that a greatest value speaks for; 0: none. Behind now a
 * table may just be idle: only a value near a whole hour of a server that has
 * another zone is taken. */
static int64_t offset_of(int64_t maximum_us, int64_t now_us, bool is_elsewhere)
{
    int64_t distance = maximum_us - now_us;
    if (maximum_us == INT64_MIN || distance > AHEAD_MAX_US + NEAR_US ||
        distance < -BEHIND_MAX_US - NEAR_US)
        return 0;
    int64_t quarters = (distance + (distance < 0 ? -1 : 1) * QUARTER_US / 2) /
                       QUARTER_US;
    bool is_near = llabs(distance - quarters * QUARTER_US) <= NEAR_US;
    if (distance > QUARTER_US)
        return (is_near ? quarters : distance / QUARTER_US + 1) * QUARTER_US;
    return is_elsewhere && is_near ? quarters * QUARTER_US : 0;
}

static void propose_zone(const struct work *work, int64_t offset_us,
                         struct findings *findings)
{
    long long minutes = llabs((long long)(offset_us / MINUTE_US));
    char sign = offset_us < 0 ? '-' : '+';
    char *text = memory_format(
        "the greatest %s is %lld:%02lld h %s now: its clock seems not to be "
        "UTC", work->cursor, minutes / 60, minutes % 60,
        offset_us < 0 ? "behind" : "ahead of");
    char *hint = memory_format(
        "set  %s: {cursor_zone: \"%c%02lld:%02lld\"}  or the name of the "
        "zone", work->name, sign, minutes / 60, minutes % 60);
    findings_remark(findings, work->name, text, hint);
    memory_free(text);
    memory_free(hint);
}

static enum status check_zones(const struct opening *opening,
                               struct source_session *session,
                               struct findings *findings,
                               struct error *error)
{
    struct source *source = opening->sync->source;
    const char *zone = source->ops->facts(source)->zone;
    bool is_elsewhere = zone && zone[0] && !text_equal(zone, "UTC");
    int64_t now_us = clock_utc_us();
    struct scan_request *requests = memory_new(opening->count,
                                               sizeof *requests);
    int64_t *maxima = memory_new(opening->count, sizeof *maxima);
    size_t count = 0;
    for (size_t i = 0; i < opening->count; i++)
        if (has_open_zone(&opening->works[i]))
            requests[count++] = request_of(&opening->works[i]);
    enum status status = STATUS_OK;
    if (count > 0)
        status = source->ops->cursor_maxima(session, requests, count, maxima,
                                            error);
    count = 0;
    for (size_t i = 0; i < opening->count && status == STATUS_OK; i++) {
        if (!has_open_zone(&opening->works[i]))
            continue;
        int64_t offset_us = offset_of(maxima[count++], now_us, is_elsewhere);
        if (offset_us != 0)
            propose_zone(&opening->works[i], offset_us, findings);
    }
    memory_free(requests);
    memory_free(maxima);
    return status;
}

/* What every run costs without an index. */
static void remark_index(const struct work *work, struct findings *findings)
{
    char rows[32];
    if (work->mode != MODE_INCREMENTAL || work->cursor_index)
        return;
    char *text = memory_format(
        "cursor \"%s\" has no index: every run reads the whole table, about "
        "%s rows", work->cursor,
        text_grouped(rows, work->table->estimated_rows));
    char *hint = memory_format("create an index that begins with %s at the "
                               "source, or set  %s: {mode: full}",
                               work->cursor, work->name);
    findings_remark(findings, work->name, text, hint);
    memory_free(text);
    memory_free(hint);
}

static void check_work(const struct work *work, struct findings *findings)
{
    if (work->problem.id != ERROR_NONE) {
        findings_problem(findings, work->name, &work->problem);
        return;
    }
    remark_index(work, findings);
    for (size_t i = 0; i < work->remark_count; i++)
        if (!strstr(work->remarks[i], "has no index") &&
            !text_starts(work->remarks[i], "not from the log"))
            findings_remark(findings, work->name, work->remarks[i], NULL);
    for (size_t i = 0; i < work->described->hidden_count; i++)
        findings_remark(findings, work->name, work->described->hidden[i],
                        NULL);
}

static void check_layout(const struct work *work,
                         const struct warehouse_plan *plan,
                         struct findings *findings)
{
    struct error problem;
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->changes[i].kind != 'x')
            continue;
        (void)error_set(&problem, ERROR_WAREHOUSE_TABLE, "%s",
                        plan->changes[i].text);
        error_next(&problem, "set  %s: {to: ANOTHER_NAME}, or move away what "
                   "is there", work->name);
        findings_problem(findings, work->name, &problem);
    }
    if (!plan->needs_reload)
        return;
    char *text = memory_format("the next run reads the whole table into a "
                               "new one: %s", plan->why ? plan->why : "");
    findings_remark(findings, work->name, text, "tidemark plan");
    memory_free(text);
}

static enum status check_layouts(const struct opening *opening,
                                 struct findings *findings,
                                 struct error *error)
{
    struct warehouse_plan *plans = NULL;
    enum status status = opening_plans(opening, &plans, error);
    for (size_t i = 0; i < opening->count && status == STATUS_OK; i++)
        check_layout(&opening->works[i], &plans[i], findings);
    opening_plans_free(opening, plans);
    return status;
}

enum status check_tables(const struct opening *opening,
                         struct findings *findings, struct error *error)
{
    struct source *source = opening->sync->source;
    struct source_session *session = NULL;
    for (size_t i = 0; i < opening->count; i++)
        check_work(&opening->works[i], findings);
    enum status status = source->ops->session_open(source, &session, error);
    if (status == STATUS_OK)
        status = check_zones(opening, session, findings, error);
    if (status == STATUS_OK)
        status = check_log(opening, session, findings, error);
    if (session)
        source->ops->session_close(session);
    if (status == STATUS_OK)
        status = check_layouts(opening, findings, error);
    return status;
}
