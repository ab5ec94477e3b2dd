/* What is known of each status. `status_worse` decides the exit code of a run
 * of many tables. */

#include "base/status.h"

struct status_facts {
    const char *name;
    int exit_code;
    bool is_retryable;
};

/* The list has upper-case names: lower ones for texts stand here, and the
 * size of the table proves that none is missing. */
#define LOWER_OK "ok"
#define LOWER_TABLE "table"
#define LOWER_USAGE "usage"
#define LOWER_DIFFERENCES "differences"
#define LOWER_ACTION "action"
#define LOWER_TEMPORARY "temporary"
#define LOWER_BUSY "busy"
#define LOWER_INTERNAL "internal"
#define LOWER_STOPPED "stopped"
#define LOWER_PENDING "pending"

static const struct status_facts facts[STATUS_COUNT] = {
#define X(name, exit_code, retryable, text) \
    [STATUS_##name] = {LOWER_##name, exit_code, retryable},
    STATUS_LIST(X)
#undef X
};

/* From the worst; what is not listed is harmless. An interruption wins over
 * what was merely left undone, never over what somebody must act on. */
static const enum status worst_first[] = {
    STATUS_INTERNAL, STATUS_USAGE,     STATUS_ACTION, STATUS_DIFFERENCES,
    STATUS_STOPPED,  STATUS_TABLE,     STATUS_BUSY,   STATUS_TEMPORARY,
    STATUS_PENDING,  STATUS_OK,
};

const char *status_name(enum status status)
{
    return facts[status].name;
}

int status_exit_code(enum status status)
{
    return facts[status].exit_code;
}

bool status_is_retryable(enum status status)
{
    return facts[status].is_retryable;
}

static unsigned rank_of(enum status status)
{
    unsigned rank = 0;

    while (rank < ARRAY_COUNT(worst_first) && worst_first[rank] != status)
        rank++;
    return rank;
}

enum status status_worse(enum status left, enum status right)
{
    return rank_of(left) <= rank_of(right) ? left : right;
}
