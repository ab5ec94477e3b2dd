#ifndef TIDEMARK_SETTINGS_ENDPOINT_H
#define TIDEMARK_SETTINGS_ENDPOINT_H

#include "field.h"

/* What was written about a source or warehouse; NULL where nothing was. Nodes
 * are kept instead of texts so that secrets are expanded only where they are
 * put away. */
struct endpoint_nodes {
    const struct node *url;
    const struct node *password;
    const struct node *password_file;
    const struct node *password_command;
    const struct node *tls;
};

/* One end while it is read. */
struct end {
    struct reader reader; /* about: "source" or "warehouse" */
    enum key_place place;
    const struct key_table *const *drivers;
    size_t driver_count;
    const struct node *node; /* a text or a map */
    struct endpoint_nodes nodes;
    struct endpoint_settings *endpoint; /* frees all that was put in so far */
};

/* The URL, its password and the driver of its scheme. */
enum status end_read_url(struct end *end, struct error *error) MUST_CHECK;
enum status end_read_tls(struct end *end, struct error *error) MUST_CHECK;
/* The password: URL or settings, then the credential "source" or "warehouse",
 * then ~/.my.cnf, then none. Two that are written are an error. */
enum status end_read_password(struct end *end, struct error *error) MUST_CHECK;

/* A password is written out in a file that others can read. */
enum status end_refuse_exposed(const struct end *end, const struct node *node,
                               struct error *error) MUST_CHECK;
/* The first line that `arguments` (not empty) prints; appended. */
enum status password_command_run(char *const *arguments, size_t count,
                                 struct buffer *target, struct error *error)
    MUST_CHECK;
/* The password of section [client], appended; nothing where there is none.
 * *is_found tells. */
enum status my_cnf_read(const char *path, struct buffer *target,
                        bool *is_found, struct error *error) MUST_CHECK;

#endif
