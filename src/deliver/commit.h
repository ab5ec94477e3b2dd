#ifndef TIDEMARK_DELIVER_COMMIT_H
#define TIDEMARK_DELIVER_COMMIT_H

#include "deliver/pipeline.h"

/*
 * Waits until every delivery before `delivery` is accepted, then asks the
 * warehouse. What it does not yet confirm is kept in the state as pending and
 * asked again until it is decided. STATUS_OK: acknowledged in full.
 */
enum status commit_accept(struct deliver *deliver, struct delivery *delivery,
                          struct warehouse_session *session,
                          struct state *state, const char *handle,
                          struct error *error) MUST_CHECK;
/* The same for a delivery without rows: there is nothing to ask. */
enum status commit_accept_empty(struct deliver *deliver,
                                struct delivery *delivery,
                                struct error *error) MUST_CHECK;
/* Waits until every delivery before it is committed, then saves; one that
 * leaves the checkpoint where it is waits for none. */
enum status commit_delivery(struct deliver *deliver,
                            struct delivery *delivery, struct state *state,
                            struct error *error) MUST_CHECK;
/* Asks until the warehouse has decided on what `handle` names. */
enum status commit_poll(const struct warehouse_ops *ops,
                        struct warehouse_session *session,
                        const char *handle, uint64_t rows,
                        struct error *error) MUST_CHECK;
/* What deliver_settle promises. */
enum status commit_settle(const struct deliver_plan *plan,
                          struct warehouse_session *session,
                          struct state *state, char **checkpoint,
                          struct error *error) MUST_CHECK;

#endif
