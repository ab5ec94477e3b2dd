#ifndef TIDEMARK_SYNC_CDC_REPAIR_H
#define TIDEMARK_SYNC_CDC_REPAIR_H

#include "sync/cdc.h"
#include "sync/repair.h"

/* What the files that serve requests by values share. */

/* One call of cdc_repair. */
struct service {
    struct cdc *cdc;
    struct repair repair;
    struct work_result *results;
    char *place;      /* of this pass */
    uint64_t clock;
    uint64_t version; /* 0: no reading is left at this place */
    bool *is_ours;    /* of the requests of this pass: those it serves */
};

/* What of a table is served together. */
struct portion {
    struct service *service;
    struct cdc_table *table;
    struct repair_list keys;
    bool is_whole;   /* it must be read whole instead */
    unsigned level;  /* the deepest of its requests */
    bool has_gone;   /* rows that are found by a foreign key went with it */
    bool *wanted;    /* columns that other tables refer to */
    struct repair_list *gone; /* for each of table->edges: its values */
};

/* --- cdc_gone.c: what follows from rows that are gone --------------------- */

void portion_open_gone(struct portion *portion);
void portion_close_gone(struct portion *portion);
/* A row that went, with all cells that are wanted; and the requests for what
 * hung on those. */
void portion_note_gone(struct portion *portion, const struct batch *batch,
                       size_t row);
enum status portion_file_gone(struct portion *portion, struct error *error)
    MUST_CHECK;
/* As repair_request has it: files requests for what hangs on the rows. */
enum status portion_gone(void *context, const struct batch *rows,
                         const bool *is_gone, struct error *error) MUST_CHECK;
/* All of the table. What hangs on it follows when its copy ends; where the
 * warehouse cannot be asked, at once. */
enum status service_file_copy(struct service *service,
                              const struct cdc_table *table,
                              struct error *error) MUST_CHECK;
/* As cdc_follow_moves; `is_copied`: the rows were not, or will not be, looked
 * at one by one. */
enum status service_follow_moves(struct service *service,
                                 const struct cdc_table *table,
                                 const struct scope *scope, bool is_copied,
                                 struct error *error) MUST_CHECK;
/* Do the foreign keys over these columns follow a change of the parent? */
bool cdc_follows_updates(const struct cdc *cdc,
                         const struct cdc_table *table,
                         const struct scope *scope);
/* Do rows go by the foreign keys over these columns? */
bool cdc_follows_deletes(const struct cdc *cdc,
                         const struct cdc_table *table,
                         const struct scope *scope);
/* How many rows are asked of the warehouse at once. */
size_t portion_found_max(const struct table *table);

/* --- cdc_wait.c: how far the log must be read first ---------------------- */

/* Opens the source where an end must be asked for. */
enum status service_wait(struct service *service,
                         const struct state_request *open, size_t count,
                         struct error *error) MUST_CHECK;
/* cdc_repair.c: connections, once. */
enum status service_open(struct service *service,
                         struct error *error) MUST_CHECK;

/* --- cdc_find.c: rows by foreign keys ------------------------------------- */

/* Adds the keys of rows that hold the values to those of the portion. */
enum status portion_take_children(struct portion *portion,
                                  const struct scope *scope,
                                  struct error *error) MUST_CHECK;
/* Does the failure mean that all of the table must be read instead? */
bool repair_is_unable(const struct error *error);
/* Reads rows of these values again; columns and the like stand in `request`.
 */
enum status portion_read_rows(struct portion *portion,
                              struct repair_request *request,
                              const struct repair_list *list,
                              struct error *error) MUST_CHECK;

#endif
