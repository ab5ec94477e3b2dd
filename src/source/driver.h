#ifndef TIDEMARK_SOURCE_DRIVER_H
#define TIDEMARK_SOURCE_DRIVER_H

#include "source/source.h"

/* One table of functions a driver; source.c lists them. */
extern const struct source_ops mysql_ops;

#endif
