#ifndef TIDEMARK_SETTINGS_URL_PART_H
#define TIDEMARK_SETTINGS_URL_PART_H

#include <stddef.h>

#include "base/secret.h"

/* A part of a URL as it is written; borrowed. Each function makes a text of
 * the caller's, or NULL where the part is not what it should be. */
struct part {
    const char *text;
    size_t size;
};

/* Percent signs undone: UTF-8 without control characters. */
char *part_decode(struct part part);
/* The same, but for any bytes other than NUL. */
struct secret *part_secret(struct part part);
/* A letter, then letters, digits, '+', '-', '.'; made lower case. */
char *part_scheme(struct part part);
/* Letters, digits, '-', '_', '.'; may be empty. */
char *part_host(struct part part);
/* An address without brackets. */
char *part_ipv6(struct part part);
/* The last such character in it, or NULL. */
const char *part_last(struct part part, char character);

#endif
