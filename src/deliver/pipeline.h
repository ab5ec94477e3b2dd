#ifndef TIDEMARK_DELIVER_PIPELINE_H
#define TIDEMARK_DELIVER_PIPELINE_H

#include <pthread.h>

#include "deliver/deliver.h"

#define DELIVER_LOADERS_MAX 4

/* One delivery on its way. States, in order, and who makes each transition:
 *
 *   open      deliver_begin     the reader puts batches
 *   sealed    deliver_seal      resume_from is known
 *   finished  load_finish       every byte was sent
 *   accepted  commit_accept     all before it are accepted too
 *   committed commit_delivery   acknowledged and saved; it is freed
 *
 * In a stream of many tables each load is asked for alone: a delivery without
 * a checkpoint is committed when its loads are, whatever comes before it.
 */
struct delivery {
    uint64_t number; /* from 1 in the attempt */
    uint64_t version;
    struct batch **batches; /* waiting for the loader, a ring */
    size_t batch_count;
    size_t batch_capacity;
    bool is_taken; /* by a loader */
    bool is_sealed;
    char *resume_from;
    struct overlap_pair *pairs;
    size_t pair_count;
    bool overlap_reset;
    struct state_request *requests; /* owned, with their texts */
    size_t request_count;
    char *ledger;
    struct deliver_part *parts; /* by table, in the order they were put */
    size_t part_count;
    struct delivery *next;
};

struct deliver {
    struct deliver_plan plan;
    uint64_t place; /* identity_place of the checkpoint it started from */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_mutex_t pending; /* held while one is pended or struck off; taken
                                before `mutex` */
    struct delivery *first; /* not yet committed, in order of number */
    struct delivery *last;
    size_t open_count;
    uint64_t queued_bytes; /* put, and not yet given back by a loader */
    uint64_t begun;     /* number of the last delivery begun */
    uint64_t accepted;  /* number of the last one accepted */
    bool is_closing;
    struct error error; /* the first failure; id ERROR_NONE: none */
    struct deliver_counts counts;
    pthread_t loaders[DELIVER_LOADERS_MAX];
    size_t loader_count;
};

uint64_t delivery_rows(const struct delivery *delivery);
/* Gives its batches back to the pool. */
void delivery_free(struct delivery *delivery);

/* The body of a loader's thread; `argument` is the struct deliver. */
void *load_run(void *argument);

/* A loader gives a batch back that it took from a delivery. */
void deliver_done_with(struct deliver *deliver, struct batch *batch);

/* Remembers the first failure and wakes everybody. */
void deliver_fail(struct deliver *deliver, const struct error *error);
/* Call with the mutex held: has the attempt ended? */
bool deliver_has_ended(const struct deliver *deliver);

#endif
