/*
 * The pace of a followed table. What must stay true: a row waits no longer
 * than PACE_MOST_US, whatever the price.
 */
#include "sync/cdc_pace.h"

#include <math.h>

#define PRICE_GUESS_US 5000
#define FADING 0.7
/* The warehouse tells no CPU of a load, and waiting only adds to its time: the
 * price follows shorter loads at once and longer ones slowly. */
#define RISE 16
/* Below it a table is asleep: one row in some minutes. */
#define RATE_LEAST 0.002

void pace_row(struct pace *pace, int64_t now_us)
{
    int64_t interval_us = pace->interval_us ? pace->interval_us
                                            : PACE_LEAST_US;
    int64_t soon_us = now_us + PACE_LINGER_US;
    int64_t due_us = pace->loaded_us + interval_us;
    pace->rows++;
    if (pace->due_us == 0)
        pace->due_us = due_us > soon_us ? due_us : soon_us;
}

void pace_loaded(struct pace *pace, int64_t now_us)
{
    pace->due_us = 0;
    pace->loaded_us = now_us;
}

void pace_priced(struct pace *pace, int64_t load_us)
{
    int64_t before_us = atomic_load(&pace->price_us);
    int64_t share = load_us < before_us ? 2 : RISE;
    atomic_store(&pace->price_us,
                 before_us ? before_us + (load_us - before_us) / share
                           : load_us);
}

int64_t pace_price_us(const struct pace *pace)
{
    int64_t price_us = atomic_load(&pace->price_us);
    return price_us ? price_us : PRICE_GUESS_US;
}

double pace_weigh(struct pace *pace, int64_t passed_us)
{
    double seconds = (double)passed_us / 1e6;
    double now = seconds > 0 ? (double)pace->rows / seconds : 0;
    double fading = pow(FADING, seconds);
    pace->rate = fading * pace->rate + (1 - fading) * now;
    pace->rows = 0;
    if (pace->rate < RATE_LEAST)
        pace->rate = 0;
    return sqrt((double)pace_price_us(pace) / 1e6 * pace->rate);
}

void pace_reckon(struct pace *pace, double sum, double budget)
{
    if (pace->rate == 0) {
        pace->interval_us = PACE_LEAST_US;
        return;
    }
    double price = (double)pace_price_us(pace) / 1e6;
    double interval = sqrt(price / pace->rate) * sum / budget * 1e6;
    pace->interval_us = interval < (double)PACE_LEAST_US  ? PACE_LEAST_US
                        : interval > (double)PACE_MOST_US ? PACE_MOST_US
                                                          : (int64_t)interval;
}
