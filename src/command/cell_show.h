#ifndef TIDEMARK_COMMAND_CELL_SHOW_H
#define TIDEMARK_COMMAND_CELL_SHOW_H

#include <jansson.h>

#include "model/batch.h"

/* A cell of a batch for people and for JSON. */

/* Appends its text; a NULL is "NULL", bytes are 0x and hexadecimal digits. */
void cell_show(const struct batch *batch, size_t column, size_t row,
               struct buffer *target);
/* Integers that fit are numbers, BOOL is one, NULL is null, all else texts. */
json_t *cell_json(const struct batch *batch, size_t column, size_t row);

#endif
