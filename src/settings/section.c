/* What sample, reference, help and schema have in common: the order in which
 * keys are told, and how words are set. */

#include "section.h"

#include <string.h>

#include "base/text.h"

#define COLUMNS 79u

static void add_section(struct section *sections, size_t *count,
                        enum key_place place, const struct key_table *keys)
{
    if (*count < SECTIONS_MAX && keys->count > 0)
        sections[(*count)++] = (struct section){
            place, keys->driver[0] != '\0', keys};
}

size_t sections_of(const struct settings_options *options,
                   struct section sections[SECTIONS_MAX])
{
    size_t count = 0;

    add_section(sections, &count, PLACE_TOP, settings_keys(PLACE_TOP));
    add_section(sections, &count, PLACE_SOURCE, settings_keys(PLACE_SOURCE));
    for (size_t i = 0; i < options->source_driver_count; i++)
        add_section(sections, &count, PLACE_SOURCE,
                    options->source_drivers[i]);
    add_section(sections, &count, PLACE_WAREHOUSE,
                settings_keys(PLACE_WAREHOUSE));
    for (size_t i = 0; i < options->warehouse_driver_count; i++)
        add_section(sections, &count, PLACE_WAREHOUSE,
                    options->warehouse_drivers[i]);
    add_section(sections, &count, PLACE_TABLE, settings_keys(PLACE_TABLE));
    add_section(sections, &count, PLACE_LIMITS, settings_keys(PLACE_LIMITS));
    return count;
}

const char *place_name(enum key_place place)
{
    static const char *const names[PLACE_COUNT] = {
        [PLACE_SOURCE] = "source",
        [PLACE_WAREHOUSE] = "warehouse",
        [PLACE_TABLE] = "tables",
        [PLACE_LIMITS] = "limits",
    };

    return names[place];
}

enum key_place place_below(const struct key *key)
{
    for (int place = 0; place < PLACE_COUNT; place++) {
        const char *name = place_name((enum key_place)place);

        if (name != NULL && text_equal(name, key->name))
            return (enum key_place)place;
    }
    return PLACE_TOP;
}

void write_wrapped(struct buffer *target, const char *prefix, const char *text)
{
    size_t room = COLUMNS - strlen(prefix);
    size_t column = 0;

    while (*text != '\0') {
        size_t size = strcspn(text, " ");

        if (column > 0 && column + 1 + size > room) {
            buffer_add_byte(target, '\n');
            column = 0;
        }
        buffer_add_text(target, column == 0 ? prefix : " ");
        buffer_add(target, text, size);
        column += size + (column > 0);
        text += size;
        text += strspn(text, " ");
    }
    buffer_add_byte(target, '\n');
}

static void write_choices(struct buffer *target, const char *choices)
{
    while (*choices != '\0') {
        size_t size = strcspn(choices, "|");
        const char *rest = choices + size + (choices[size] == '|');
        bool is_last_but_one = *rest != '\0' && strchr(rest, '|') == NULL;

        buffer_add(target, choices, size);
        if (*rest != '\0')
            buffer_add_text(target, is_last_but_one ? " or " : ", ");
        choices = rest;
    }
}

void write_takes(struct buffer *target, const struct key *key)
{
    if (key->type == KEY_CHOICE)
        write_choices(target, key->choices);
    else
        buffer_add_text(target, key_expects(key->type));
}
