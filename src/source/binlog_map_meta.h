#ifndef TIDEMARK_SOURCE_BINLOG_MAP_META_H
#define TIDEMARK_SOURCE_BINLOG_MAP_META_H

#include "source/binlog_map.h"

/* The optional part of a map: TLVs of u8 type and length-encoded length.
 * False where one is malformed; kinds that are not known are left out. */
bool binlog_meta_parse(struct binlog_map *map, struct bytes fields,
                       bool is_mariadb) MUST_CHECK;

#endif
