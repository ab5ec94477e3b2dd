/*
 * The driver for ClickHouse, 24.8 or newer, over HTTP.
 */
#include "clickhouse.h"
#include "clickhouse_plan.h"
#include "driver.h"

static const struct key KEYS[] = {
    {.name = "compression",
     .type = KEY_CHOICE,
     .place = PLACE_WAREHOUSE,
     .default_text = "auto",
     .choices = "auto|none|lz4|zstd",
     .sentence = "How rows are compressed on their way; auto is none on the "
                 "same machine and zstd elsewhere.",
     .example = "lz4"},
};

static const struct key_table KEY_TABLE = {
    .driver = "clickhouse",
    .schemes = "clickhouse",
    .keys = KEYS,
    .count = ARRAY_COUNT(KEYS),
};

static const struct warehouse_facts *facts(struct warehouse *warehouse)
{
    return &((struct clickhouse *)warehouse)->facts;
}

const struct warehouse_ops clickhouse_warehouse_ops = {
    .name = "clickhouse",
    .keys = &KEY_TABLE,
    .open = clickhouse_open,
    .close = clickhouse_close,
    .facts = facts,
    .session_open = clickhouse_session_open,
    .session_close = clickhouse_session_close,
    .fit = clickhouse_fit,
    .plan = clickhouse_plan,
    .stored = clickhouse_stored,
    .prepare = clickhouse_prepare,
    .seeds = clickhouse_seeds,
    .highest_version = clickhouse_highest,
    .tombstones_below = clickhouse_tombstones,
    .rows_by = clickhouse_rows_by,
    .size = clickhouse_size,
    .begin = clickhouse_begin,
    .put = clickhouse_put,
    .finish = clickhouse_finish,
    .end = clickhouse_end,
    .poll = clickhouse_poll,
    .beside = clickhouse_beside,
    .swap = clickhouse_swap,
    .grants = clickhouse_grants,
};
