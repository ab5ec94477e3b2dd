/*
 * Where a round begins. What must stay true: the epoch steps, and is saved,
 * before anything is loaded under it, whenever the same clock might mean
 * another log; a place that the log no longer holds costs a copy of every
 * table, never a silent hole.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "model/version.h"
#include "sync/cdc.h"

/* A prepared transaction is named when it is that old. */
#define WAITING_S 3600

static const struct log_ops *log_of(const struct cdc *cdc)
{
    return cdc->sync->source->ops->log;
}

/* Saved before anything is read behind it, with requests for what lies before:
 * a crash must find both or none. */
static enum status save_place(struct cdc *cdc, struct error *error)
{
    char *ledger = cdc_ledger_text(cdc);
    struct deliver_seal seal = {
        .resume_from = cdc->place,
        .ledger = ledger,
        .requests = cdc->requests,
        .request_count = cdc->request_count,
    };
    cdc->deliveries++;
    enum status status = deliver_begin(cdc->deliver, 0, error);
    if (status == STATUS_OK)
        status = deliver_seal(cdc->deliver, &seal, error);
    if (status == STATUS_OK)
        status = deliver_drain(cdc->deliver, error);
    cdc_requests_drop(cdc);
    memory_free(ledger);
    return status;
}

/* Nothing that was read before leads to the rows behind the new place. */
static enum status forget_copies(struct cdc *cdc, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < cdc->count && status == STATUS_OK; i++)
        status = cdc_forget_copies(cdc, cdc->state,
                                   cdc->tables[i].work->name, error);
    return status;
}

/* Begins at the end of the log, as it was asked before the tables were
 * described. */
static enum status begin_anew(struct cdc *cdc, uint64_t clock,
                              const char *reason, struct error *error)
{
    const char *end = cdc->run->log_end;
    enum status status = STATUS_OK;
    memory_free(cdc->place);
    cdc->place = NULL;
    if (end && log_of(cdc)->clock(end) == clock)
        cdc->place = memory_text(end);
    else
        status = log_of(cdc)->end(cdc->session, clock, &cdc->place, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < cdc->count; i++)
        cdc_request_table(cdc, cdc->tables[i].work,
                          version_make(cdc->epoch, clock, 0), reason);
    status = forget_copies(cdc, error);
    return status == STATUS_OK ? save_place(cdc, error) : status;
}

static enum status step_epoch(struct cdc *cdc, struct error *error)
{
    enum status status = state_epoch_step(cdc->state,
                                          cdc->sync->endpoint->name,
                                          cdc->epoch + 1, error);
    if (status == STATUS_OK)
        cdc->epoch++;
    return status;
}

/* What was loaded from behind the saved place may be of transactions that the
 * other server never had; nobody takes those back but a copy. */
static enum status request_beyond(struct cdc *cdc, struct cdc_table *table,
                                  struct error *error)
{
    const struct warehouse_ops *ops = cdc->sync->warehouse->ops;
    uint64_t clock = log_of(cdc)->clock(cdc->place);
    uint64_t highest = version_make(cdc->epoch, VERSION_CLOCK_MAX, 0);
    enum status status = STATUS_OK;
    if (ops->facts(cdc->sync->warehouse)->powers.reads_back)
        status = ops->highest_version(cdc->warehouse, table->work->table,
                                      &highest, error);
    if (status == STATUS_OK && version_clock(highest) > clock)
        cdc_request_table(cdc, table->work,
                          version_make(cdc->epoch, clock, 0),
                          "another server may lack what was loaded last");
    return status;
}

/* Saved at once: each look at the old place would step the epoch again. */
static enum status move_place(struct cdc *cdc, struct error *error)
{
    char *moved = NULL;
    enum status status = log_of(cdc)->move(cdc->session, cdc->place, &moved,
                                           error);
    if (status != STATUS_OK)
        return status;
    memory_free(cdc->place);
    cdc->place = moved;
    for (size_t i = 0; i < cdc->count && status == STATUS_OK; i++)
        status = request_beyond(cdc, &cdc->tables[i], error);
    if (status == STATUS_OK)
        status = cdc_request_ahead(
            cdc, version_make(cdc->epoch, log_of(cdc)->clock(cdc->place), 0),
            error);
    if (status == STATUS_OK)
        status = forget_copies(cdc, error);
    return status == STATUS_OK ? save_place(cdc, error) : status;
}

static const char *const REASONS[] = {
    [LOG_PURGED] = "the server dropped a part of the log unread",
    [LOG_MOVED] = "another server goes on with the log",
    [LOG_FORKED] = "another server answers, and its changes are not those that "
                   "were read",
    [LOG_ANOTHER] = "this is another log than the one that was read",
    [LOG_SHORTENED] = "the log ends before the place that was read",
};

/* The saved place, or what stands in for it. */
static enum status settle_place(struct cdc *cdc, struct error *error)
{
    enum log_loss loss = LOG_THERE;
    uint64_t clock = log_of(cdc)->clock(cdc->place);
    enum status status = log_of(cdc)->loss(cdc->session, cdc->place, &loss,
                                           error);
    if (status != STATUS_OK || loss == LOG_THERE)
        return status;
    log_line(LOG_WARNING, cdc->name, "%s", REASONS[loss]);
    if (loss == LOG_PURGED) /* the same log: its clock goes on */
        return begin_anew(cdc, clock + 1, REASONS[loss], error);
    status = step_epoch(cdc, error);
    if (status != STATUS_OK)
        return status;
    return loss == LOG_MOVED ? move_place(cdc, error)
                             : begin_anew(cdc, 0, REASONS[loss], error);
}

/* No copy may be older than what the warehouse holds of its table. */
static enum status rise_above(struct cdc *cdc, struct cdc_table *table,
                              struct error *error)
{
    const struct warehouse_ops *ops = cdc->sync->warehouse->ops;
    uint64_t clock = log_of(cdc)->clock(cdc->place);
    uint64_t highest = 0;
    enum status status = cdc_prepare(table, error);
    if (status == STATUS_OK)
        status = state_seed_write(cdc->state, cdc->sync->endpoint->name,
                                  table->work->table, error);
    if (status == STATUS_OK && !table->is_new &&
        ops->facts(cdc->sync->warehouse)->powers.reads_back)
        status = ops->highest_version(cdc->warehouse, table->work->table,
                                      &highest, error);
    if (status != STATUS_OK ||
        highest <= version_make(cdc->epoch, clock, VERSION_READING_MAX))
        return status;
    cdc->epoch = version_epoch_above(highest) - 1;
    return step_epoch(cdc, error);
}

/* Windows of the same source may have stepped the epoch meanwhile: rows of the
 * log must not lose against the copies. */
static enum status number_copies(struct cdc *cdc, struct error *error)
{
    const char *source = cdc->sync->endpoint->name;
    uint64_t clock = log_of(cdc)->clock(cdc->place);
    enum status status = state_scan_take(cdc->state, source, clock,
                                         &cdc->scan, error);
    if (status == STATUS_OK && cdc->scan == 0) {
        status = step_epoch(cdc, error);
        if (status == STATUS_OK)
            status = state_scan_take(cdc->state, source, clock, &cdc->scan,
                                     error);
    }
    if (status == STATUS_OK && cdc->scan != 0)
        cdc->epoch = version_epoch(cdc->scan);
    return status;
}

/* Which of them must be made beside the table that is there? */
static enum status find_besides(struct cdc *cdc, struct error *error)
{
    const struct warehouse_ops *ops = cdc->sync->warehouse->ops;
    const struct table **tables = memory_new(cdc->count, sizeof *tables);
    struct warehouse_plan *plans = memory_new(cdc->count, sizeof *plans);
    struct cdc_table **asked = memory_new(cdc->count, sizeof(*asked));
    enum status status = STATUS_OK;
    size_t count = 0;
    for (size_t i = 0; i < cdc->count; i++) {
        struct cdc_table *table = &cdc->tables[i];
        table->is_beside = !ops->tombstones_below;
        if (!table->needs_copy || table->is_beside || table->work->is_absent)
            continue;
        asked[count] = table;
        tables[count++] = table->work->table;
    }
    if (count > 0)
        status = ops->plan(cdc->warehouse, tables, count, plans, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        asked[i]->is_beside = plans[i].needs_reload;
        warehouse_plan_release(&plans[i]);
    }
    memory_free(asked);
    memory_free(plans);
    memory_free(tables);
    return status;
}

static enum status ready_copies(struct cdc *cdc, struct error *error)
{
    enum status status = find_besides(cdc, error);
    size_t count = 0;
    if (cdc->stay)
        stay_put_off(cdc);
    for (size_t i = 0; i < cdc->count && status == STATUS_OK; i++) {
        if (!cdc->tables[i].needs_copy)
            continue;
        status = rise_above(cdc, &cdc->tables[i], error);
        if (status == STATUS_TABLE) {
            cdc->tables[i].needs_copy = false;
            cdc->tables[i].waits = true;
            cdc_stop_table(&cdc->tables[i], error);
            error_clear(error);
            status = cdc_forget_copies(cdc, cdc->state,
                                       cdc->tables[i].work->name, error);
            continue;
        }
        count++;
    }
    if (status == STATUS_OK && count > 0)
        status = number_copies(cdc, error);
    if (status == STATUS_OK && count > 0)
        status = cdc_wait_visible(cdc->sync, cdc->session, cdc->place, NULL,
                                  error);
    return status;
}

/* The server may not drop what such a one needs; nobody else sees it. */
static void tell_waiting(const struct cdc *cdc)
{
    struct log_waiting waiting;
    int64_t age_s;
    if (!log_of(cdc)->waiting(cdc->place, &waiting))
        return;
    age_s = clock_utc_us() / 1000000 - waiting.since_s;
    if (age_s >= WAITING_S)
        log_line(LOG_WARNING, cdc->name,
                 "XA transaction %s is prepared for %" PRId64
                 " h and not ended: the log is needed from there (%s)",
                 waiting.name, age_s / 3600,
                 error_id_text(ERROR_LOG_PREPARED));
}

enum status cdc_place(struct cdc *cdc, struct error *error)
{
    struct state_source saved;
    enum status status = state_source(cdc->state, cdc->sync->endpoint->name,
                                      &saved, error);
    if (status != STATUS_OK)
        return status;
    cdc->epoch = saved.epoch;
    FAILPOINT("cdc.place", error);
    status = cdc_children(cdc, error);
    if (status != STATUS_OK)
        return status;
    status = cdc->place ? settle_place(cdc, error)
                        : begin_anew(cdc, 0, "the log is followed from now "
                                             "on", error);
    if (status == STATUS_OK)
        tell_waiting(cdc);
    if (status == STATUS_OK)
        status = cdc_requests_read(cdc, error);
    return status == STATUS_OK ? ready_copies(cdc, error) : status;
}
