#ifndef TIDEMARK_SETTINGS_SECTION_H
#define TIDEMARK_SETTINGS_SECTION_H

#include "settings/sample.h"

/* The keys of one place, or what one driver adds to them. */
struct section {
    enum key_place place;
    bool is_driver;
    const struct key_table *keys;
};

#define SECTIONS_MAX 32u

/* All sections with at least one key, by place, the general ones before the
 * drivers' of the same place. Returns their number. */
size_t sections_of(const struct settings_options *options,
                   struct section sections[SECTIONS_MAX]);
/* The key of the top level below which a place stands; NULL: none. */
const char *place_name(enum key_place place);
/* The place whose keys stand below that key of the top level; PLACE_TOP where
 * there is none. */
enum key_place place_below(const struct key *key);

/* The words of `text` in lines of at most 79 columns, each behind `prefix`. */
void write_wrapped(struct buffer *target, const char *prefix,
                   const char *text);
/* "remove, mark or keep", "a duration such as ..". */
void write_takes(struct buffer *target, const struct key *key);

#endif
