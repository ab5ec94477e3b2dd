/* The annotated sample. It must itself be a settings file that can be loaded:
 * what has no default to fall back on is written, all else waits behind a #. */

#include "base/text.h"
#include "section.h"

static const char sample_head[] =
    "# Settings of tidemark, all of them. What is not behind a # must be "
    "there;\n"
    "# to use another line, take its # away. Made by: tidemark config "
    "example\n"
    "#\n"
    "# Three lines suffice:\n"
    "#\n"
    "#     source: mysql://sync@db1.example.com/shop\n"
    "#     warehouse: clickhouse://sync@ch.example.com/shop\n"
    "#     tables: \"*\"\n"
    "#\n"
    "# In any value ${env:NAME}, ${file:PATH} and ${cred:NAME} (a credential "
    "of\n"
    "# systemd) are put in; $$ is a dollar. Durations are written 30s, 10m, "
    "2h, 7d,\n"
    "# sizes 512K, 128M, 2G. Paths start at the folder of this file.\n";

static const char sample_tables[] =
    "  - \"*\"\n"
    "  #- except: [schema_migrations, \"tmp_*\"]\n"
    "  #- customers: full\n"
    "  - orders:\n";

static const char *value_of(const struct key *key)
{
    return key->example == NULL ? key->default_text : key->example;
}

static void write_sentence(struct buffer *target, const char *indent,
                           const struct key *key)
{
    struct buffer prefix;

    buffer_init(&prefix, 64);
    buffer_add_format(&prefix, "%s# ", indent);
    buffer_add_byte(target, '\n');
    write_wrapped(target, buffer_text(&prefix), key->sentence);
    buffer_release(&prefix);
}

static void write_key(struct buffer *target, const char *indent,
                      const struct key *key)
{
    write_sentence(target, indent, key);
    if (key->default_text != NULL && key->default_text[0] != '\0')
        buffer_add_format(target, "%s# Default: %s\n", indent,
                          key->default_text);
    buffer_add_format(target, "%s%s%s: %s\n", indent,
                      key->default_text == NULL ? "" : "#", key->name,
                      value_of(key));
}

static void write_section(struct buffer *target, const char *indent,
                          const struct section *section)
{
    if (section->is_driver)
        buffer_add_format(target, "\n%s# Only for %s:\n", indent,
                          section->keys->schemes);
    for (size_t i = 0; i < section->keys->count; i++)
        write_key(target, indent, &section->keys->keys[i]);
}

/* A key of the top level with all that stands below it. */
static void write_group(struct buffer *target, const struct key *key,
                        const struct section *sections, size_t count)
{
    enum key_place place = place_below(key);

    write_sentence(target, "", key);
    buffer_add_format(target, "%s:\n", key->name);
    if (place == PLACE_TABLE)
        buffer_add_text(target, sample_tables);
    for (size_t i = 0; i < count; i++) {
        if (sections[i].place == place)
            write_section(target, place == PLACE_TABLE ? "      " : "  ",
                          &sections[i]);
    }
}

void sample_write(const struct settings_options *options,
                  struct buffer *target)
{
    const struct key_table *top = settings_keys(PLACE_TOP);
    struct section sections[SECTIONS_MAX];
    size_t count = sections_of(options, sections);

    buffer_add_text(target, sample_head);
    for (size_t i = 0; i < top->count; i++) {
        const struct key *key = &top->keys[i];

        if (place_below(key) == PLACE_TOP)
            write_key(target, "", key);
        else
            write_group(target, key, sections, count);
    }
}
