#ifndef TIDEMARK_SETTINGS_URL_H
#define TIDEMARK_SETTINGS_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/secret.h"

/*
 * scheme://user[:password]@host[:port]/path[?name=value&..], percent-encoded.
 * files:///folder has an empty host. IPv6 hosts stand in brackets.
 */
struct url_parameter {
    char *name;
    char *value;
};
struct url {
    char *scheme;
    char *user;     /* "" where absent */
    char *host;     /* "" where absent; without brackets */
    uint16_t port;  /* 0 where absent */
    char *path;     /* decoded, without the leading '/' except for files */
    struct url_parameter *parameters;
    size_t parameter_count;
};

/* *password is NULL where none stands in the URL, else the caller's. */
enum status url_parse(const char *text, struct url *url,
                      struct secret **password, struct error *error)
    MUST_CHECK;
void url_release(struct url *url);
/* The parameter's value or NULL. */
const char *url_parameter(const struct url *url, const char *name);
/* For people: without password, without parameters; appended. */
void url_text(const struct url *url, struct buffer *target);
/* True for loopback addresses, "localhost" and "". */
bool url_is_local(const struct url *url);

#endif
