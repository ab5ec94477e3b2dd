/* The tables of keys and of fields, both made from keys_list.h. */

#include "endpoint.h"
#include "field.h"

#define KEY_OF(place, name, type, fallback, choices, at, companion, form, \
               sentence, example)                                         \
    {#name, KEY_##type, place, fallback, choices, sentence, example},
#define FIELD_OF(place, name, type, fallback, choices, at, companion, form, \
                 sentence, example)                                         \
    {at, companion, form},

static const struct key top_keys[] = {
#define TOP(...) KEY_OF(PLACE_TOP, __VA_ARGS__)
#include "keys_list.h"
};
static const struct key limits_keys[] = {
#define LIMITS(...) KEY_OF(PLACE_LIMITS, __VA_ARGS__)
#include "keys_list.h"
};
static const struct key table_keys[] = {
#define TABLE(...) KEY_OF(PLACE_TABLE, __VA_ARGS__)
#include "keys_list.h"
};
#define URL_EXAMPLE "mysql://sync@db1.example.com:3306/shop"
static const struct key source_keys[] = {
#define ENDPOINT(...) KEY_OF(PLACE_SOURCE, __VA_ARGS__)
#include "keys_list.h"
};
#undef URL_EXAMPLE
#define URL_EXAMPLE "clickhouse://sync@ch.example.com/shop"
static const struct key warehouse_keys[] = {
#define ENDPOINT(...) KEY_OF(PLACE_WAREHOUSE, __VA_ARGS__)
#include "keys_list.h"
};

#define AT(member) offsetof(struct settings, member)
static const struct field top_fields[] = {
#define TOP(...) FIELD_OF(PLACE_TOP, __VA_ARGS__)
#include "keys_list.h"
};
static const struct field limits_fields[] = {
#define LIMITS(...) FIELD_OF(PLACE_LIMITS, __VA_ARGS__)
#include "keys_list.h"
};
#undef AT
#define AT(member) offsetof(struct table_settings, member)
static const struct field table_fields[] = {
#define TABLE(...) FIELD_OF(PLACE_TABLE, __VA_ARGS__)
#include "keys_list.h"
};
#undef AT
#define AT(member) offsetof(struct endpoint_nodes, member)
static const struct field endpoint_fields[] = {
#define ENDPOINT(...) FIELD_OF(PLACE_SOURCE, __VA_ARGS__)
#include "keys_list.h"
};

const struct key_table *settings_keys(enum key_place place)
{
#define KEYS(array) {"", "", array, ARRAY_COUNT(array)}
    static const struct key_table tables[PLACE_COUNT] = {
        [PLACE_TOP] = KEYS(top_keys),
        [PLACE_SOURCE] = KEYS(source_keys),
        [PLACE_WAREHOUSE] = KEYS(warehouse_keys),
        [PLACE_TABLE] = KEYS(table_keys),
        [PLACE_LIMITS] = KEYS(limits_keys),
    };
#undef KEYS
    return &tables[place];
}

const struct field *fields_of(enum key_place place)
{
    static const struct field *const fields[PLACE_COUNT] = {
        [PLACE_TOP] = top_fields,
        [PLACE_SOURCE] = endpoint_fields,
        [PLACE_WAREHOUSE] = endpoint_fields,
        [PLACE_TABLE] = table_fields,
        [PLACE_LIMITS] = limits_fields,
    };

    return fields[place];
}
