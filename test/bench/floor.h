#ifndef TIDEMARK_TEST_FLOOR_H
#define TIDEMARK_TEST_FLOOR_H

/* The clocks of all floors. */
#include <sys/resource.h>
#include <time.h>

/* Seconds of a clock that only goes forward. */
static inline double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* User and system time of this process so far, in seconds. */
static inline double cpu_s(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

#endif
