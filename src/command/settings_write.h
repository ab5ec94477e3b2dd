#ifndef TIDEMARK_COMMAND_SETTINGS_WRITE_H
#define TIDEMARK_COMMAND_SETTINGS_WRITE_H

#include "base/buffer.h"
#include "sync/sync.h"

/* A first settings file, as `init` writes it. */
struct first_settings {
    const char *source_url;
    const char *source_variable; /* that holds the password; NULL: none */
    const char *warehouse_url;
    const char *warehouse_variable; /* NULL: none */
};

/* Source, warehouse and every table: enough to look with. Appended. */
void settings_write_ends(const struct first_settings *first,
                         struct buffer *target);
/* The tables that were found, each with its mode and the reason as a comment;
 * one that cannot be read stands behind a #. Appended. */
void settings_write_tables(const struct work *works, size_t count,
                           struct buffer *target);
/* A value of YAML in double quotes that nothing is expanded in. Appended. */
void settings_write_value(const char *text, struct buffer *target);

#endif
