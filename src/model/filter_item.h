#ifndef TIDEMARK_MODEL_FILTER_ITEM_H
#define TIDEMARK_MODEL_FILTER_ITEM_H

#include "model/filter.h"

__extension__ typedef __int128 filter_integer;

/* A constant as the kind of its column wants it; the others are unset. */
struct filter_value {
    /* BOOL INT UINT and the time kinds (microseconds; DATE too), DECIMAL in
     * its scale: the largest value of the column's kind that is not above the
     * constant, and whether the constant is above it. */
    filter_integer whole;
    uint8_t decimal[32];
    bool has_rest;
    double real;
    uint8_t uuid[16];
    struct bytes bytes; /* TEXT BYTES */
    uint8_t *data;      /* owned; of `bytes` where they were hexadecimal */
};

struct filter_item {
    struct filter_node node;     /* first, so that a node is its item */
    size_t column;               /* bound: index in the table */
    struct filter_value *values; /* bound: node.constant_count of them */
};

struct filter {
    char *text;
    struct filter_item **items; /* every node once, owned */
    size_t item_count;
    struct filter_node *root;
    const char **names; /* columns, each once; borrowed from the nodes */
    size_t name_count;
};

#endif
