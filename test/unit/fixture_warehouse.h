#ifndef TIDEMARK_TEST_FIXTURE_WAREHOUSE_H
#define TIDEMARK_TEST_FIXTURE_WAREHOUSE_H

#include <pthread.h>
#include <stdbool.h>

#include "warehouse/warehouse.h"

/* A warehouse that keeps nothing and answers on order. */

/* What the warehouse does with the n-th load (from 0) when it is asked. */
struct script {
    enum status poll[8][4]; /* answers in turn; the last one stays */
    unsigned polls[8];
    enum status put[8];
    enum status finish[8];
    unsigned begun;
    unsigned ended;
    uint64_t rows[8];
    unsigned slow_load; /* its finish waits until others have finished */
    unsigned slow_until; /* so many; 0: one. In vain for 5 s: it fails */
    unsigned finished;
    bool is_slow; /* each put takes some milliseconds */
};

/* All zero: everything is taken at once. Guarded by the mutex. */
extern struct script script;
extern pthread_mutex_t script_mutex;
extern const struct warehouse_ops script_warehouse;

#endif
