#ifndef TIDEMARK_SYNC_CDC_PACE_H
#define TIDEMARK_SYNC_CDC_PACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * When the rows of a followed table are handed over: so often that all loads
 * together stay within a share of a core of the warehouse. What a load costs
 * is measured. With prices p, rates r and a budget b the mean age of a row is
 * least where table i waits sqrt(p_i / r_i) * sum(sqrt(p r)) / b between two
 * loads, so a table of many rows is loaded more often than one of few. Pure.
 */
#define PACE_LEAST_US INT64_C(100000)
#define PACE_MOST_US INT64_C(5000000)
/* A transaction seldom comes alone. */
#define PACE_LINGER_US INT64_C(5000)

struct pace {
    int64_t due_us;      /* monotonic; 0: nothing is held */
    int64_t loaded_us;   /* when it was last handed over */
    int64_t interval_us; /* 0: not yet reckoned */
    uint64_t rows;       /* since the last reckoning */
    double rate;         /* rows a second, fading */
    _Atomic int64_t price_us; /* of a load; 0: not yet measured */
};

/* A row came at `now_us`. */
void pace_row(struct pace *pace, int64_t now_us);
/* What was held has been handed over. */
void pace_loaded(struct pace *pace, int64_t now_us);
/* A load took so long. One thread at a time. */
void pace_priced(struct pace *pace, int64_t load_us);
int64_t pace_price_us(const struct pace *pace);
/* Before the intervals are reckoned: the rate after another `passed_us`; what
 * the table adds to the sum. */
double pace_weigh(struct pace *pace, int64_t passed_us);
/* `budget`: cores of the warehouse. */
void pace_reckon(struct pace *pace, double sum, double budget);

#endif
