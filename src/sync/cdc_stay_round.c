/*
 * A round of a daemon: the log is read on while copies run beside it. What
 * must stay true: no request is served before the rows that lie before its
 * cause are loaded; the checkpoint is moved at ends of transactions alone; a
 * round that is asked to end still reads the log while its copies come to
 * their next step.
 */
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "sync/cdc_stay_reading.h"

#define TICK_US INT64_C(1000000)
/* The next tick comes by then. */
#define TOLD_MS 2000
#define SECOND_US INT64_C(1000000)
/* A full hand-over with a checkpoint, where rows have come. */
#define SAVE_LEAST_US INT64_C(1000000)
#define SAVE_MOST_US INT64_C(5000000)
/* A checkpoint where all that came was filtered; the renewal of the lease. */
#define SAVE_FILTERED_US INT64_C(20000000)
#define SAVE_IDLE_US INT64_C(240000000)
/* A transaction that does not end is handed over all the same. */
#define OPEN_MOST_US INT64_C(500000)
/* How long the end of a round waits for the end of a transaction. */
#define END_MOST_US INT64_C(3000000)
#define BESIDE_STEP_MS 100
#define STALE_STEP_MS 10

static const struct log_ops *log_of(const struct reading *reading)
{
    return reading->cdc->sync->source->ops->log;
}

/* --- handing over -------------------------------------------------------- */

static void pay(struct reading *reading)
{
    uint64_t put_bytes = reading->cdc->put_bytes;
    steer_pay(reading->stay->steer, put_bytes - reading->paid_bytes);
    reading->paid_bytes = put_bytes;
}

/* Everything that is held, with a checkpoint where no transaction is open. */
static enum status save(struct reading *reading, struct error *error)
{
    struct cdc *cdc = reading->cdc;
    bool is_whole = cdc->is_between;
    enum status status = cdc_flush(cdc, error);
    if (status != STATUS_OK)
        return status;
    if (is_whole) {
        reading->has_rows = false;
        reading->saved_us = reading->now_us;
        if (reading->sealed == 0) {
            reading->sealed = cdc->deliveries;
            reading->sealed_at_us = reading->commit_at_us;
        }
    }
    pay(reading);
    return STATUS_OK;
}

/* With all that lies before them. */
static enum status serve_requests(struct reading *reading,
                                  struct error *error)
{
    bool is_open = false;
    enum status status = deliver_drain(reading->cdc->deliver, error);
    return status == STATUS_OK
               ? cdc_requests_serve(reading->cdc, &is_open, error)
               : status;
}

/* With the next table that is due, if that is soon: each hand-over costs the
 * warehouse an insert. */
static bool must_save(const struct reading *reading)
{
    const struct cdc *cdc = reading->cdc;
    int64_t since_us = reading->now_us - reading->saved_us;
    if (!cdc->is_between)
        return false;
    if (cdc->has_moved && reading->has_rows)
        return since_us >= 2 * reading->save_each_us ||
               (since_us >= reading->save_each_us &&
                cdc->next_due_us <= reading->now_us);
    return since_us >= (cdc->has_moved ? SAVE_FILTERED_US : SAVE_IDLE_US);
}

static enum status save_and_serve(struct reading *reading,
                                  struct error *error)
{
    enum status status = save(reading, error);
    return status == STATUS_OK ? serve_requests(reading, error) : status;
}

static enum status hand_over(struct reading *reading, struct error *error)
{
    struct cdc *cdc = reading->cdc;
    int64_t due_us = cdc->next_due_us;
    if (cdc->held_rows > 0 || cdc->pending_count > 0)
        reading->has_rows = true;
    if (cdc->is_between && cdc->request_count > 0)
        return save_and_serve(reading, error);
    if (cdc_is_full(cdc) || must_save(reading))
        return save(reading, error);
    if (due_us != 0 && !cdc->is_between)
        due_us += OPEN_MOST_US;
    if (due_us == 0 || due_us > reading->now_us)
        return STATUS_OK;
    enum status status = cdc_flush_due(cdc, reading->now_us, error);
    pay(reading);
    return status;
}

/* --- once a second ------------------------------------------------------- */

static void reckon_pace(struct reading *reading, int64_t passed_us)
{
    struct cdc *cdc = reading->cdc;
    double budget = (double)cdc->sync->settings->warehouse_cpu / 1000;
    double sum = 0;
    int64_t full_us = 0;
    for (size_t i = 0; i < cdc->count; i++) {
        struct pace *pace = &cdc->tables[i].pace;
        sum += pace_weigh(pace, passed_us);
        if (pace->rate > 0)
            full_us += pace_price_us(pace);
    }
    for (size_t i = 0; i < cdc->count; i++)
        pace_reckon(&cdc->tables[i].pace, sum, budget);
    full_us = (int64_t)((double)full_us / budget);
    reading->save_each_us = full_us < SAVE_LEAST_US  ? SAVE_LEAST_US
                            : full_us > SAVE_MOST_US ? SAVE_MOST_US
                                                     : full_us;
}

/* Copies that came to an end: their requests are struck off. */
static enum status look_at_copies(struct reading *reading,
                                  struct error *error)
{
    struct cdc *cdc = reading->cdc;
    bool is_open = false;
    size_t ended = 0;
    for (size_t i = 0; i < cdc->count; i++)
        ended += atomic_load(&cdc->tables[i].has_ended) ? 1 : 0;
    if (ended != reading->ended_copies) {
        reading->ended_copies = ended;
        enum status status = cdc_requests_serve(cdc, &is_open, error);
        if (status != STATUS_OK)
            return status;
    }
    if (reading->copies.cdc && stay_copies_have_ended(&reading->copies))
        return stay_copies_join(&reading->copies, error);
    return STATUS_OK;
}

/* Rows that are read again beside the log; what that leaves open may want a
 * round. */
static enum status look_at_repair(struct reading *reading,
                                  struct error *error)
{
    bool has_ended = false;
    bool is_open = false;
    enum status status = stay_repair_look(&reading->repair, reading->cdc,
                                          &has_ended, error);
    return status == STATUS_OK && has_ended
               ? cdc_requests_serve(reading->cdc, &is_open, error)
               : status;
}

/* Up to which moment is everything loaded? */
static void reckon_lag(struct reading *reading)
{
    struct cdc *cdc = reading->cdc;
    struct deliver_counts counts;
    if (reading->sealed != 0) {
        deliver_counts(cdc->deliver, &counts);
        if (counts.deliveries < reading->sealed)
            return;
        if (reading->sealed_at_us > reading->lag_from_us)
            reading->lag_from_us = reading->sealed_at_us;
        reading->sealed = 0;
    }
    if (!reading->has_rows && cdc->held_rows == 0 &&
        reading->now_us - reading->heard_us > SECOND_US)
        reading->lag_from_us = clock_utc_us();
}

bool reading_is_current(const struct cdc_table *table)
{
    return !table->is_stopped && !table->waits &&
           (!table->needs_copy || atomic_load(&table->is_copied));
}

static void tell(struct reading *reading)
{
    const struct cdc *cdc = reading->cdc;
    struct steer_figures figures = {.tables = cdc->count, .lag_ms = -1};
    if (reading->lag_from_us > 0)
        figures.lag_ms = (clock_utc_us() - reading->lag_from_us) / 1000;
    for (size_t i = 0; i < cdc->count; i++)
        figures.tables_on_time += reading_is_current(&cdc->tables[i]) &&
            figures.lag_ms <= (int64_t)cdc->tables[i].work->late_ms;
    (void)text_copy(figures.note, sizeof figures.note,
                    reading->copies.cdc ? "follows the log, copies beside it"
                                        : "follows the log");
    steer_tell(reading->stay->steer, STEER_FOLLOWER, &figures);
    steer_progress(reading->stay->steer, STEER_FOLLOWER);
    steer_wait(reading->stay->steer, STEER_FOLLOWER, TOLD_MS);
}

static enum status tick(struct reading *reading, struct error *error)
{
    struct stay *stay = reading->stay;
    FAILPOINT("stay.tick", error);
    reckon_pace(reading, reading->now_us - reading->ticked_us);
    reading->ticked_us = reading->now_us;
    reading_look_at_steer(reading);
    reading_look_at_problems(reading);
    enum status status = look_at_copies(reading, error);
    if (status == STATUS_OK)
        status = look_at_repair(reading, error);
    if (status == STATUS_OK && stay->round_at_us != 0 &&
        reading->now_us >= stay->round_at_us)
        reading_end(reading, "a table must be described anew");
    reckon_lag(reading);
    if (status == STATUS_OK)
        status = reading_look_aside(reading, error);
    tell(reading);
    return status;
}

/* --- reading ------------------------------------------------------------- */

static void be_patient(struct reading *reading)
{
    const struct cdc *cdc = reading->cdc;
    int64_t until_us = reading->ticked_us + TICK_US;
    if (cdc->next_due_us != 0 && cdc->next_due_us < until_us)
        until_us = cdc->next_due_us;
    int64_t wait_us = until_us - reading->now_us;
    log_of(reading)->patience(cdc->follow,
                              wait_us < 1000 ? 1 : (unsigned)(wait_us / 1000));
}

static bool is_over(const struct reading *reading)
{
    if (reading->ending_us == 0 || (reading->copies.cdc &&
        !stay_copies_have_ended(&reading->copies)))
        return false;
    return reading->cdc->is_between ||
           reading->now_us - reading->ending_us > END_MOST_US;
}

/* No row may be read by columns that are no longer those of its table: the
 * log waits until the copies have come to their next step. What was read of it
 * does not, nor does a load that is open. */
static enum status wait_for_copies(struct reading *reading,
                                   struct error *error)
{
    reading_end(reading, "a table has other columns");
    (void)clock_sleep_ms(STALE_STEP_MS);
    reading->now_us = clock_monotonic_us();
    enum status status = hand_over(reading, error);
    if (status == STATUS_OK &&
        reading->now_us - reading->ticked_us >= TICK_US)
        status = tick(reading, error);
    return status;
}

static enum status step(struct reading *reading, struct error *error)
{
    struct log_item item;
    if (reading->cdc->is_stale && reading->cdc->is_between)
        return wait_for_copies(reading, error);
    be_patient(reading);
    enum status status = log_of(reading)->next(reading->cdc->follow, &item,
                                               error);
    if (status == STATUS_OK)
        status = cdc_take(reading->cdc, &item, error);
    if (status != STATUS_OK)
        return status;
    reading->now_us = clock_monotonic_us();
    if (item.news != LOG_IDLE)
        reading->heard_us = reading->now_us;
    if (item.news == LOG_COMMIT && item.at_us != 0)
        reading->commit_at_us = item.at_us;
    status = hand_over(reading, error);
    if (status == STATUS_OK &&
        reading->now_us - reading->ticked_us >= TICK_US)
        status = tick(reading, error);
    return status;
}

/* What was read is loaded, and the place saved. */
static enum status finish(struct reading *reading, struct error *error)
{
    struct cdc *cdc = reading->cdc;
    /* The place lies before the transaction that is open. */
    if (cdc->request_count == 0 && cdc->pending_count == 0)
        cdc->is_between = true;
    enum status status = STATUS_OK;
    if (cdc->is_between && (cdc->has_moved || cdc->held_rows > 0))
        status = save(reading, error);
    if (status == STATUS_OK)
        status = deliver_drain(cdc->deliver, error);
    bool is_open = false;
    return status == STATUS_OK ? cdc_requests_serve(cdc, &is_open, error)
                               : status;
}

/* The first failure stays. */
static enum status join_all(struct reading *reading, struct error *error)
{
    struct error later;
    enum status status = stay_repair_join(&reading->repair, error);
    enum status second = stay_copies_join(
        &reading->copies, status == STATUS_OK ? error : &later);
    if (status == STATUS_OK)
        status = second;
    second = reading_join_aside(reading,
                                status == STATUS_OK ? error : &later);
    return status == STATUS_OK ? second : status;
}

static enum status read_on(struct reading *reading, struct error *error)
{
    enum status status = STATUS_OK;
    struct error later;
    while (status == STATUS_OK && !stop_is_requested() && !is_over(reading))
        status = step(reading, error);
    atomic_store(&reading->stay->is_ending, true);
    if (stop_is_requested() && status == STATUS_STOPPED)
        status = STATUS_OK;
    enum status second = join_all(reading, status == STATUS_OK ? error
                                                                : &later);
    if (status == STATUS_OK)
        status = second;
    if (status == STATUS_OK)
        return finish(reading, error);
    second = cdc_land(reading->cdc, &later);
    if (second == STATUS_INTERNAL)
        *error = later;
    return status_worse(status, second == STATUS_INTERNAL ? second : status);
}

static enum status open_log(struct reading *reading, struct error *error)
{
    enum status status = cdc_open(reading->cdc, false, error);
    if (status == STATUS_OK)
        status = stay_copies_start(&reading->copies, reading->cdc, false,
                                   error);
    reading->now_us = reading->began_us = reading->ticked_us =
        reading->saved_us = reading->heard_us = reading->named_us =
            clock_monotonic_us();
    reading->save_each_us = SAVE_LEAST_US;
    return status == STATUS_OK ? read_on(reading, error) : status;
}

/* Tables made beside the warehouse's: the log waits for them. */
static enum status make_besides(struct reading *reading, struct error *error)
{
    struct stay *stay = reading->stay;
    struct cdc *cdc = reading->cdc;
    bool is_open = false;
    enum status status = stay_copies_start(&reading->copies, cdc, true,
                                           error);
    while (status == STATUS_OK &&
           !stay_copies_have_ended(&reading->copies)) {
        steer_wait(stay->steer, STEER_FOLLOWER, 60000);
        (void)steer_sleep(stay->steer, stay->generation, BESIDE_STEP_MS);
        reading_look_at_steer(reading);
    }
    enum status joined = stay_copies_join(&reading->copies, error);
    if (status == STATUS_OK)
        status = joined;
    if (status == STATUS_OK)
        status = stop_check(error);
    return status == STATUS_OK ? cdc_requests_serve(cdc, &is_open, error)
                               : status;
}

enum status stay_round(struct stay *stay, struct cdc *cdc,
                       struct error *error)
{
    struct reading reading = {.stay = stay, .cdc = cdc};
    enum status status = make_besides(&reading, error);
    if (status != STATUS_OK || reading.ending_us != 0)
        return status;
    status = cdc_settle_copies(cdc, error);
    return status == STATUS_OK ? open_log(&reading, error) : status;
}
