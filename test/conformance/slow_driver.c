#include "script.h"
static const struct key_table KEYS = {.driver = "slow", .schemes = "slow"};
const struct warehouse_ops slow_ops = {.name = "slow", .keys = &KEYS};
