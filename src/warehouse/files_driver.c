/*
 * The driver for a folder of files: one folder a table, parts of NDJSON in
 * gzip, and a manifest that says which of them count.
 */
#include "driver.h"

static const struct key KEYS_LIST[] = {
    {"max_bytes", KEY_SIZE, PLACE_WAREHOUSE, "3G", NULL,
     "A file ends with the row that passes this compressed size; a load may "
     "be several files.", NULL},
};

static const struct key_table KEYS = {
    .driver = "files",
    .schemes = "files",
    .keys = KEYS_LIST,
    .count = ARRAY_COUNT(KEYS_LIST),
};

const struct warehouse_ops files_warehouse_ops = {
    .name = "files",
    .keys = &KEYS,
};
