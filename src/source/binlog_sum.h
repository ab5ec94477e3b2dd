#ifndef TIDEMARK_SOURCE_BINLOG_SUM_H
#define TIDEMARK_SOURCE_BINLOG_SUM_H

#include "base/buffer.h"

/* CRC32 (as zlib's) of what `sum` is of, 0 for nothing, with `data` behind. */
uint32_t binlog_sum(uint32_t sum, struct bytes data);

#endif
