#ifndef TIDEMARK_WAREHOUSE_DRIVER_H
#define TIDEMARK_WAREHOUSE_DRIVER_H

#include "warehouse/warehouse.h"

/* The drivers of this build. */
extern const struct warehouse_ops clickhouse_warehouse_ops;
extern const struct warehouse_ops files_warehouse_ops;

#endif
