/*
 * The least that an account needs: SELECT on its database, and what proves the
 * bound of windows: PROCESS shows open transactions, REPLICATION CLIENT (which
 * MariaDB takes for BINLOG MONITOR) whether the server is a replica, and where
 * its log ends. REPLICATION SLAVE reads the log; nothing else does.
 */
#include "base/text.h"
#include "mysql.h"

/* 'text' for people to paste; quotes and backslashes doubled. */
static void add_quoted(const char *text, struct buffer *target)
{
    buffer_add_byte(target, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            buffer_add_byte(target, (uint8_t)*text);
        buffer_add_byte(target, (uint8_t)*text);
    }
    buffer_add_byte(target, '\'');
}

static void add_account(const struct endpoint_settings *settings,
                        struct buffer *target)
{
    bool is_socket = mysql_socket(settings) != NULL;
    buffer_add_text(target, " TO ");
    add_quoted(settings->url.user, target);
    buffer_add_text(target, "@");
    add_quoted(is_socket ? "localhost" : "%", target);
    buffer_add_text(target, ";\n");
}

/* In GRANT a database is a pattern: _ and % are escaped. */
static void add_database(const char *name, struct buffer *target)
{
    buffer_add_byte(target, '`');
    for (; *name != '\0'; name++) {
        if (*name == '`')
            buffer_add_byte(target, '`');
        if (*name == '_' || *name == '%')
            buffer_add_byte(target, '\\');
        buffer_add_byte(target, (uint8_t)*name);
    }
    buffer_add_byte(target, '`');
}

void mysql_grants(const struct endpoint_settings *settings, bool follows,
                  struct buffer *target)
{
    buffer_add_text(target, "GRANT SELECT ON ");
    add_database(settings->url.path, target);
    buffer_add_text(target, ".*");
    add_account(settings, target);
    buffer_add_text(target, "GRANT PROCESS, REPLICATION CLIENT ON *.*");
    add_account(settings, target);
    if (!follows)
        return;
    buffer_add_text(target, "GRANT REPLICATION SLAVE ON *.*");
    add_account(settings, target);
}
