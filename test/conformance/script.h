#ifndef TIDEMARK_TEST_CONFORMANCE_SCRIPT_H
#define TIDEMARK_TEST_CONFORMANCE_SCRIPT_H

#include <jansson.h>

#include "model/batch.h"
#include "warehouse/warehouse.h"

/*
 * Drives struct warehouse_ops by lines of JSON: one command a line on standard
 * input, one answer a line on standard output. The tests stand in Python, and
 * judge what a driver has stored without the driver.
 */

/* A script that is wrong ends the program with 2. */
void script_fail(const char *format, ...) PRINTF_LIKE(1, 2);
const char *script_text(const json_t *object, const char *name,
                        const char *otherwise);
long long script_number(const json_t *object, const char *name,
                        long long otherwise);

/* cells.c */
/* {"name": .., "key": [..], "columns": [{"name", "kind", "width", ..}]} */
struct table *script_table(const json_t *definition);
/* Adds a row: a list with one cell a column, in their order. */
void script_row(struct batch *batch, const json_t *cells, bool is_deleted);

/* slow_driver.c: a warehouse that needs its time; see there. */
extern const struct warehouse_ops slow_ops;

#endif
