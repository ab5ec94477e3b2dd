/*
 * The ledger of a source's log: every event since it is followed, by what
 * became of it. It is saved with the checkpoint that it belongs to, so that
 * what was read twice counts once: seen = applied + the sum of filtered.
 */
#include <jansson.h>

#include "base/memory.h"
#include "base/text.h"
#include "sync/cdc.h"

static const char *const NAMES[LOG_FILTER_COUNT] = {
    [FILTERED_TABLE] = "not_followed",
    [FILTERED_STOPPED] = "stopped",
    [FILTERED_KEPT] = "kept",
    [FILTERED_REQUEST] = "read_again",
    [FILTERED_IGNORABLE] = "ignorable",
    [FILTERED_OWN] = "of_the_log",
    [FILTERED_PREPARED] = "prepared",
};

static uint64_t read_number(const json_t *object, const char *name)
{
    json_int_t number = json_integer_value(json_object_get(object, name));
    return number > 0 ? (uint64_t)number : 0;
}

void cdc_ledger_begin(struct cdc *cdc, const char *saved)
{
    const struct log_ops *log = cdc->sync->source->ops->log;
    json_t *object = saved ? json_loads(saved, 0, NULL) : NULL;
    struct log_facts facts;
    struct error error;
    cdc->before.seen = read_number(object, "seen");
    cdc->before.applied = read_number(object, "applied");
    for (size_t i = 0; i < LOG_FILTER_COUNT; i++)
        cdc->before.filtered[i] = read_number(object, NAMES[i]);
    json_decref(object);
    cdc->retention_s = -1;
    /* For the forecast alone; what is wrong with the log is met elsewhere. */
    if (log->facts(cdc->session, &facts, &error) == STATUS_OK)
        cdc->retention_s = facts.retention_s;
    log_facts_release(&facts);
}

static void set_number(json_t *object, const char *name, uint64_t number)
{
    json_object_set_new(object, name, json_integer((json_int_t)number));
}

char *cdc_ledger_text(const struct cdc *cdc)
{
    static const struct log_ledger none;
    const struct log_ledger *now =
        cdc->follow ? cdc->sync->source->ops->log->ledger(cdc->follow)
                    : &none;
    json_t *object = json_object();
    set_number(object, "seen", cdc->before.seen + now->seen);
    set_number(object, "applied", cdc->before.applied + now->applied);
    for (size_t i = 0; i < LOG_FILTER_COUNT; i++)
        set_number(object, NAMES[i],
                   cdc->before.filtered[i] + now->filtered[i]);
    if (cdc->retention_s >= 0)
        set_number(object, "retention_seconds", (uint64_t)cdc->retention_s);
    char *dumped = json_dumps(object, JSON_COMPACT);
    char *text = memory_text(dumped);
    memory_free(dumped);
    json_decref(object);
    return text;
}
