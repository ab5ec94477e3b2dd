#ifndef TIDEMARK_SOURCE_MYSQL_WAIT_H
#define TIDEMARK_SOURCE_MYSQL_WAIT_H

#include <mysql.h>
#include <stdbool.h>

/* Waits until there is something to read; false where nothing came in that
 * time or a stop was requested. True at once where the library holds bytes
 * (encrypted or not) that it has not given out, or cannot tell. */
bool mysql_wait(MYSQL *link, int milliseconds);

#endif
