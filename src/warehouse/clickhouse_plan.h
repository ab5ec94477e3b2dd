#ifndef TIDEMARK_WAREHOUSE_CLICKHOUSE_PLAN_H
#define TIDEMARK_WAREHOUSE_CLICKHOUSE_PLAN_H

#include "clickhouse.h"

/* What an ALTER does to a stored column. */
enum step_kind {
    STEP_DATABASE,
    STEP_CREATE,
    STEP_ADD,
    STEP_RENAME,
    STEP_WIDEN, /* rewrites the column in the background */
    STEP_VIEW,
    STEP_CANNOT /* a person must act; `text` says why */
};

/* One statement on the way to a table that can be loaded. */
struct step {
    enum step_kind kind;
    char *text; /* for people, as struct warehouse_change */
    char *sql;  /* NULL for STEP_CANNOT */
    char *undo; /* STEP_WIDEN: takes it back */
};

struct steps {
    struct step *list;
    size_t count;
    char *needs_reload; /* why the stored table cannot become it, or NULL */
    bool is_new;
};

/* clickhouse_compare.c */
/* Adds what is missing in `stored`, which is there. */
void clickhouse_compare(const struct clickhouse *house,
                        const struct table *table,
                        const struct clickhouse_table *stored,
                        struct steps *steps);

/* clickhouse_steps.c */
/* All steps to this table. `stored` and `view` as the catalog has them. */
void clickhouse_steps(const struct clickhouse *house,
                      const struct table *table,
                      const struct clickhouse_table *stored,
                      const struct clickhouse_table *view,
                      struct steps *steps);
/* `sql` is taken over by the step; NULL for STEP_CANNOT. */
struct step *steps_add(struct steps *steps, enum step_kind kind, char *text,
                       struct buffer *sql);
void steps_release(struct steps *steps);

/* clickhouse_mutation.c */
/* Runs a STEP_WIDEN and waits for its rewriting; undone where it fails. */
enum status clickhouse_widen(struct clickhouse_session *session,
                             const struct table *table,
                             const struct step *step, struct error *error)
    MUST_CHECK;

/* clickhouse_plan.c */
enum status clickhouse_plan(struct warehouse_session *session,
                            const struct table *const *tables, size_t count,
                            struct warehouse_plan *plans, struct error *error)
    MUST_CHECK;
enum status clickhouse_prepare(struct warehouse_session *session,
                               const struct table *table, bool *is_new,
                               struct error *error) MUST_CHECK;
/* Makes or replaces the view where it is not as it must be. Where the stored
 * table is not the one of that uuid, it is left. */
enum status clickhouse_settle_view(struct clickhouse_session *session,
                                   const struct table *table,
                                   const char *uuid, struct error *error)
    MUST_CHECK;

/* clickhouse_ask.c */
enum status clickhouse_seeds(struct warehouse_session *session,
                             const struct table *const *tables, size_t count,
                             char ***seed_names, struct error *error)
    MUST_CHECK;
enum status clickhouse_tombstones(struct warehouse_session *session,
                                  const struct table *table,
                                  uint64_t version, struct error *error);
enum status clickhouse_rows_by(struct warehouse_session *session,
                               const struct rows_request *request,
                               struct batch *batch, bool *is_more,
                               struct error *error) MUST_CHECK;
enum status clickhouse_stored(struct warehouse_session *session,
                              const struct table *const *tables,
                              size_t count, bool *is_stored,
                              bool *is_shown, struct error *error);
enum status clickhouse_highest(struct warehouse_session *session,
                               const struct table *table, uint64_t *version,
                               struct error *error) MUST_CHECK;
enum status clickhouse_size(struct warehouse_session *session,
                            const struct table *table, uint64_t *rows,
                            uint64_t *bytes, struct error *error) MUST_CHECK;
void clickhouse_grants(const struct endpoint_settings *settings,
                       struct buffer *target);

/* clickhouse_swap.c */
enum status clickhouse_beside(struct warehouse_session *session,
                              const struct table *table, bool keeps,
                              char *token, size_t size, struct error *error)
    MUST_CHECK;
enum status clickhouse_swap(struct warehouse_session *session,
                            const struct table *table, const char *token,
                            struct error *error) MUST_CHECK;

#endif
