#ifndef TIDEMARK_SETTINGS_FIELD_H
#define TIDEMARK_SETTINGS_FIELD_H

#include "reader.h"
#include "settings/key.h"

/* An entry of keys_list.h: what people write, and where it goes. */
struct slot {
    const struct key *key;
    const struct field *field;
};

/*
 * Where the value of a key goes, by its type: TEXT char *, BOOL bool, COUNT
 * DURATION SIZE RATE uint64_t, CHOICE an enum in the order of the choices,
 * LIST char ** whose companion is its size_t count. For others the companion
 * is a bool, set when the key was written.
 */
struct field {
    size_t at;        /* offset in the struct that is filled */
    size_t companion; /* offset, or NONE */
    /* For a form or a check of its own, else NULL. `target` is the whole
     * struct. */
    enum status (*read)(const struct reader *reader, const struct slot *slot,
                        const struct node *node, void *target,
                        struct error *error);
};
#define NONE ((size_t)-1)

/* The fields of the general keys of one place, in the order of the keys. */
const struct field *fields_of(enum key_place place);

/* Refuses every child of `map` that is in none of the tables: by name where it
 * belongs to a later build, else with the nearest known key. */
enum status keys_check(const struct reader *reader, const struct node *map,
                       const struct key_table *const *tables, size_t count,
                       struct error *error) MUST_CHECK;
/* Fills `target` from the general keys of one place and their defaults. MAPs
 * come last, for they may build on plain values. `map` NULL: defaults only. */
enum status fields_read(const struct reader *reader, enum key_place place,
                        const struct node *map, void *target,
                        struct error *error) MUST_CHECK;
/* One value by its type, without the form or check of its own. */
enum status field_read(const struct reader *reader, const struct slot *slot,
                       const struct node *node, void *target,
                       struct error *error) MUST_CHECK;

/* Forms and checks that keys_list.h names. */
#define FORM(name)                                                        \
    enum status name(const struct reader *reader, const struct slot *slot, \
                     const struct node *node, void *target,               \
                     struct error *error) MUST_CHECK
FORM(read_source);      /* endpoint.c */
FORM(read_warehouse);
FORM(read_node);
FORM(read_tables);      /* tables.c */
FORM(read_limits);      /* load.c */
FORM(read_mode);        /* table_form.c */
FORM(read_cursor_unit);
FORM(read_columns);
FORM(read_types);
FORM(read_filter);
FORM(read_soft_delete);
FORM(read_zone);
#undef FORM

#endif
