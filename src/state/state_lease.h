#ifndef TIDEMARK_STATE_STATE_LEASE_H
#define TIDEMARK_STATE_STATE_LEASE_H

#include <stdint.h>

/* How long a lease holds; every save renews it. The fence decides, the time
 * only tells people whether an owner is still at work. */
#define LEASE_US INT64_C(600000000)

/* The end of a lease that is taken or renewed now. */
int64_t lease_until_us(void);

#endif
