#ifndef TIDEMARK_WAREHOUSE_DRIVERS_H
#define TIDEMARK_WAREHOUSE_DRIVERS_H

#include "warehouse/warehouse.h"

extern const struct warehouse_ops clickhouse_ops;
extern const struct warehouse_ops files_ops;

#endif
