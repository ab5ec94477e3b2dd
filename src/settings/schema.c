/* The JSON Schema for editors. It is more lenient than the parser where a
 * value may be a reference, and never stricter. */

#include "base/text.h"
#include "section.h"

static const char table_entries[] =
    "    \"tables\": {\"anyOf\": [{\"$ref\": \"#/$defs/entry\"}, {\"type\": "
    "\"array\",\n"
    "      \"minItems\": 1, \"items\": {\"$ref\": \"#/$defs/entry\"}}]},\n"
    "    \"entry\": {\"anyOf\": [{\"type\": \"string\", \"minLength\": 1},\n"
    "      {\"type\": \"object\", \"properties\": {\"except\": "
    "{\"$ref\": \"#/$defs/texts\"}},\n"
    "      \"additionalProperties\": {\"anyOf\": [{\"type\": [\"string\", "
    "\"null\"]},\n"
    "        {\"$ref\": \"#/$defs/options\"}]}}]},\n"
    "    \"texts\": {\"anyOf\": [{\"type\": \"string\"}, {\"type\": "
    "\"array\", \"minItems\": 1,\n"
    "      \"items\": {\"type\": \"string\"}}]}\n";

static void write_text(struct buffer *target, const char *text)
{
    buffer_add_byte(target, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_add_byte(target, '\\');
        if ((unsigned char)*text < 0x20)
            buffer_add_format(target, "\\u%04x", (unsigned)*text);
        else
            buffer_add_byte(target, (uint8_t)*text);
    }
    buffer_add_byte(target, '"');
}

static void write_choices(struct buffer *target, const char *choices)
{
    buffer_add_text(target, "\"anyOf\": [{\"enum\": [\"");
    for (; *choices != '\0'; choices++) {
        if (*choices == '|')
            buffer_add_text(target, "\", \"");
        else
            buffer_add_byte(target, (uint8_t)*choices);
    }
    /* YAML reads null without quotes as no value. */
    buffer_add_text(target, "\", null]}, {\"type\": \"string\", "
                            "\"pattern\": \"\\\\$\\\\{\"}]");
}

static const char *definition_of(enum key_place place)
{
    return place == PLACE_TABLE ? "options" : place_name(place);
}

static void write_map(struct buffer *target, const struct key *key)
{
    enum key_place place = place_below(key);

    if (key->place != PLACE_TOP || place == PLACE_TOP)
        buffer_add_text(target, "\"type\": [\"string\", \"object\", "
                                "\"boolean\"]");
    else if (place == PLACE_TABLE)
        buffer_add_text(target, "\"$ref\": \"#/$defs/tables\"");
    else
        buffer_add_format(target,
                          "\"anyOf\": [{\"type\": [\"string\", \"null\"]}, "
                          "{\"$ref\": \"#/$defs/%s\"}]",
                          definition_of(place));
}

static void write_type(struct buffer *target, const struct key *key)
{
    switch (key->type) {
    case KEY_CHOICE:
        write_choices(target, key->choices);
        break;
    case KEY_LIST:
        buffer_add_text(target, "\"$ref\": \"#/$defs/texts\"");
        break;
    case KEY_MAP:
        write_map(target, key);
        break;
    case KEY_BOOL:
        buffer_add_text(target, "\"type\": [\"boolean\", \"string\"]");
        break;
    case KEY_TEXT:
    case KEY_SHARE:
        buffer_add_text(target, "\"type\": [\"string\", \"number\"]");
        break;
    default:
        buffer_add_text(target, "\"type\": [\"string\", \"integer\"], "
                                "\"pattern\": \"^[0-9]|\\\\$\\\\{\"");
        break;
    }
}

static void write_property(struct buffer *target, const struct key *key)
{
    buffer_add_text(target, "      ");
    write_text(target, key->name);
    buffer_add_text(target, ": {");
    write_type(target, key);
    buffer_add_text(target, ", \"description\": ");
    write_text(target, key->sentence);
    if (key->default_text != NULL && key->default_text[0] != '\0') {
        buffer_add_text(target, ", \"default\": ");
        write_text(target, key->default_text);
    }
    buffer_add_byte(target, '}');
}

/* The keys of a place, those of all its drivers among them; a key that two
 * drivers know is told once. */
static void write_properties(struct buffer *target, enum key_place place,
                             const struct section *sections, size_t count)
{
    const struct key *told[256];
    size_t told_count = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; sections[i].place == place &&
                           k < sections[i].keys->count; k++) {
            const struct key *key = &sections[i].keys->keys[k];
            size_t t = 0;

            while (t < told_count && !text_equal(told[t]->name, key->name))
                t++;
            if (t < told_count || told_count == ARRAY_COUNT(told))
                continue;
            if (told_count > 0)
                buffer_add_text(target, ",\n");
            told[told_count++] = key;
            write_property(target, key);
        }
    }
}

static void write_object(struct buffer *target, enum key_place place,
                         const struct section *sections, size_t count)
{
    const struct key_table *keys = settings_keys(place);
    const char *between = "";

    buffer_add_text(target, "\"type\": \"object\", "
                            "\"additionalProperties\": false,\n"
                            "    \"required\": [");
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->keys[i].default_text != NULL)
            continue;
        buffer_add_text(target, between);
        write_text(target, keys->keys[i].name);
        between = ", ";
    }
    buffer_add_text(target, "], \"properties\": {\n");
    write_properties(target, place, sections, count);
    buffer_add_byte(target, '}');
}

void schema_write(const struct settings_options *options,
                  struct buffer *target)
{
    static const enum key_place places[] = {PLACE_SOURCE, PLACE_WAREHOUSE,
                                            PLACE_TABLE, PLACE_LIMITS};
    struct section sections[SECTIONS_MAX];
    size_t count = sections_of(options, sections);

    buffer_add_text(target,
                    "{\"$schema\": "
                    "\"https://json-schema.org/draft/2020-12/schema\",\n"
                    "  \"title\": \"settings of tidemark\", ");
    write_object(target, PLACE_TOP, sections, count);
    buffer_add_text(target, ",\n  \"$defs\": {\n");
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        buffer_add_format(target, "    \"%s\": {", definition_of(places[i]));
        write_object(target, places[i], sections, count);
        buffer_add_text(target, "},\n");
    }
    buffer_add_text(target, table_entries);
    buffer_add_text(target, "  }}\n");
}
