/* The manual of settings, as markdown and as text for a terminal. */

#include "section.h"

static const char *const reference_head[] = {
    "# Settings",
    "Made from the tables of settings by `scripts/check-settings --write`; an "
    "annotated sample is printed by `tidemark config example`.",
    "The file is YAML: `./tidemark.yml`, else "
    "`~/.config/tidemark/tidemark.yml`, else `/etc/tidemark/tidemark.yml`, or "
    "what `--config` names. Unknown keys and keys that stand twice are "
    "errors. Aliases, anchors, tags and merge keys are not read, files over "
    "1 MiB neither. Relative paths start at the folder of the file.",
    "In values `${env:NAME}`, `${file:PATH}` and `${cred:NAME}` are replaced "
    "by the variable, the line in the file, or the credential in "
    "`$CREDENTIALS_DIRECTORY`; `$$` is a dollar. What is put in is never "
    "looked at again, and where it is a part of a URL it is percent-encoded. "
    "A missing one is an error.",
    "A password is looked for in the settings, in the credential `source` or "
    "`warehouse`, and for MySQL in section `[client]` of `~/.my.cnf`. One "
    "that is written out, in `password:` or in the URL, is taken only from a "
    "file that its group and others cannot read.",
    "`tables:` is a pattern or a list. An entry is a name or pattern (`*`, "
    "`?`, `[a-z]`), a map from one of them to options or to a mode, or "
    "`except: [PATTERN, ..]`. The most exact entry wins: a name over a "
    "pattern, a longer beginning over a shorter, then the last; an exception "
    "wins where it is as exact. Entries are not merged with each other, but "
    "`zero_dates`, `bad_text`, `schema_changes`, `late` and `every` of the top "
    "level hold for all.",
};

static const char help_head[] =
    "Settings are YAML: ./tidemark.yml, ~/.config/tidemark/tidemark.yml or\n"
    "/etc/tidemark/tidemark.yml. In values ${env:NAME}, ${file:PATH} and "
    "${cred:NAME}\n"
    "are replaced; $$ is a dollar. An annotated file: tidemark config "
    "example\n";

static void write_title(struct buffer *target, const struct section *section)
{
    switch (section->place) {
    case PLACE_TOP:
        buffer_add_text(target, "Top level");
        break;
    case PLACE_TABLE:
        buffer_add_text(target, "Options of an entry of tables:");
        break;
    default:
        buffer_add_format(target, "In %s:", place_name(section->place));
        break;
    }
    if (section->is_driver)
        buffer_add_format(target, " only for %s", section->keys->schemes);
}

static bool has_default(const struct key *key)
{
    return key->default_text != NULL && key->default_text[0] != '\0';
}

/* "Takes remove, mark or keep. Default: remove. Example: `deletes: mark`" */
static void write_facts(struct buffer *target, const struct key *key)
{
    struct buffer facts;

    buffer_init(&facts, 1024);
    if (key->type != KEY_MAP) {
        buffer_add_text(&facts, "Takes ");
        write_takes(&facts, key);
        buffer_add_text(&facts, ". ");
    }
    if (key->default_text == NULL)
        buffer_add_text(&facts, "Must be written. ");
    if (has_default(key))
        buffer_add_format(&facts, "Default: `%s`. ", key->default_text);
    if (key->example != NULL)
        buffer_add_format(&facts, "Example: `%s: %s`", key->name,
                          key->example);
    write_wrapped(target, "", buffer_text(&facts));
    buffer_release(&facts);
}

void reference_write(const struct settings_options *options,
                     struct buffer *target)
{
    struct section sections[SECTIONS_MAX];
    size_t count = sections_of(options, sections);

    for (size_t i = 0; i < ARRAY_COUNT(reference_head); i++) {
        buffer_add_text(target, i > 0 ? "\n" : "");
        write_wrapped(target, "", reference_head[i]);
    }
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(target, "\n## ");
        write_title(target, &sections[i]);
        buffer_add_byte(target, '\n');
        for (size_t k = 0; k < sections[i].keys->count; k++) {
            const struct key *key = &sections[i].keys->keys[k];

            buffer_add_format(target, "\n### `%s`\n\n", key->name);
            write_wrapped(target, "", key->sentence);
            buffer_add_byte(target, '\n');
            write_facts(target, key);
        }
    }
}

static void write_help_key(struct buffer *target, const struct key *key)
{
    buffer_add_format(target, "  %s", key->name);
    if (key->type != KEY_MAP) {
        buffer_add_text(target, ": ");
        write_takes(target, key);
    }
    if (has_default(key))
        buffer_add_format(target, " (default %s)", key->default_text);
    buffer_add_byte(target, '\n');
    write_wrapped(target, "      ", key->sentence);
}

void settings_help_write(const struct settings_options *options,
                         struct buffer *target)
{
    struct section sections[SECTIONS_MAX];
    size_t count = sections_of(options, sections);

    buffer_add_text(target, help_head);
    for (size_t i = 0; i < count; i++) {
        buffer_add_byte(target, '\n');
        write_title(target, &sections[i]);
        buffer_add_byte(target, '\n');
        for (size_t k = 0; k < sections[i].keys->count; k++)
            write_help_key(target, &sections[i].keys->keys[k]);
    }
}
