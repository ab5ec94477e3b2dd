#ifndef TIDEMARK_COMMAND_OVERVIEW_LOG_H
#define TIDEMARK_COMMAND_OVERVIEW_LOG_H

#include <jansson.h>

#include "overview.h"

/*
 * The logs that are followed, as the state tells of them: where each was read
 * to, what became of its events, what waits to be read again, and how long
 * the source will keep what is still to be read.
 */

/* Open requests of one table, the oldest reason named. */
struct overview_wait {
    char *table;
    char *reason;
    uint64_t count;
    int64_t since_us;
};

struct overview_log {
    char source[64];
    char stream[320];
    struct log_spot spot;
    struct log_waiting waiting; /* prepared transactions; count 0: none */
    int64_t saved_us;     /* the checkpoint; 0 never */
    int64_t reached_us;   /* the log was read to its end then, or later; 0
                             never */
    json_t *ledger;       /* NULL: none was saved */
    int64_t retention_s;  /* -1 unknown, 0 for ever */
    int64_t expires_us;   /* what is still to be read is kept until then at
                             least; 0 unknown or for ever */
    struct overview_wait *waits;
    size_t wait_count;
};

/* One for each source of which a table follows the log. */
enum status overview_logs(const struct overview *overview,
                          const struct looking *looking,
                          struct overview_log **logs, size_t *count,
                          struct error *error) MUST_CHECK;
void overview_logs_free(struct overview_log *logs, size_t count);
/* Its lines on standard output; `is_verbose` adds the ledger and GTIDs. */
void overview_log_print(const struct overview_log *log, bool is_verbose);
json_t *overview_log_json(const struct overview_log *log);

#endif
