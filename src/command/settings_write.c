/* A settings file for people: what was found stands beside what was chosen.
 * Nothing from outside can leave its place: values are quoted, comments are
 * one line. */
#include "settings_write.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "screen.h"

/* Comments begin here where there is room. */
#define COMMENT_COLUMN 28

void settings_write_value(const char *text, struct buffer *target)
{
    buffer_add_byte(target, '"');
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f)
            buffer_add_format(target, "\\x%02x", byte);
        else if (byte == '"' || byte == '\\')
            buffer_add_format(target, "\\%c", byte);
        else if (byte == '$')
            buffer_add_text(target, "$$");
        else
            buffer_add_byte(target, byte);
    }
    buffer_add_byte(target, '"');
}

/* Words that YAML takes for something else, and what is not plain. */
static bool is_plain(const char *name)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on",
                                        "off", "null", "y", "n", "except"};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (text_equal_nocase(name, words[i]))
            return false;
    if (!isalpha((unsigned char)name[0]))
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static void write_name(const char *name, struct buffer *target)
{
    if (is_plain(name))
        buffer_add_text(target, name);
    else
        settings_write_value(name, target);
}

static void write_end(const char *name, const char *url, const char *variable,
                      struct buffer *target)
{
    buffer_add_format(target, "%s:\n  url: ", name);
    settings_write_value(url, target);
    buffer_add_byte(target, '\n');
    if (variable)
        buffer_add_format(target, "  password: ${env:%s}\n", variable);
    else if (!text_starts(url, "files:"))
        buffer_add_text(target, "  # password: ${cred:NAME}, ${file:PATH} or "
                                "${env:NAME}\n");
}

void settings_write_ends(const struct first_settings *first,
                         struct buffer *target)
{
    write_end("source", first->source_url, first->source_variable, target);
    buffer_add_byte(target, '\n');
    write_end("warehouse", first->warehouse_url, first->warehouse_variable,
              target);
    buffer_add_byte(target, '\n');
}

static void write_comment(const char *text, struct buffer *target)
{
    char *clean = screen_clean(memory_text(text));
    buffer_add_format(target, "# %s\n", clean);
    memory_free(clean);
}

static void write_good(const struct work *work, struct buffer *target)
{
    char rows[32], bytes[32];
    size_t start = target->size;
    buffer_add_text(target, "  - ");
    write_name(work->name, target);
    do
        buffer_add_byte(target, ' ');
    while (target->size - start < COMMENT_COLUMN);
    char *text = memory_format(
        "%s, %s%s%s%s%s", mode_name(work->mode), work->reason,
        work->table->estimated_rows ? "; about " : "",
        work->table->estimated_rows
            ? text_grouped(rows, work->table->estimated_rows)
            : "",
        work->table->estimated_rows ? " rows, " : "",
        work->table->estimated_rows
            ? text_bytes(bytes, work->table->estimated_bytes)
            : "");
    write_comment(text, target);
    memory_free(text);
    for (size_t i = 0; i < work->remark_count; i++) {
        buffer_add_text(target, "    ");
        write_comment(work->remarks[i], target);
    }
}

static void write_bad(const struct work *work, struct buffer *target)
{
    struct buffer name;
    buffer_init(&name, 4096);
    write_name(work->name, &name);
    char *text = memory_format("- %s   %s (%s)", buffer_text(&name),
                               work->problem.what,
                               error_id_text(work->problem.id));
    buffer_add_text(target, "  ");
    write_comment(text, target);
    memory_free(text);
    buffer_release(&name);
    if (work->problem.next[0]) {
        buffer_add_text(target, "  #     ");
        write_comment(work->problem.next, target);
    }
}

void settings_write_tables(const struct work *works, size_t count,
                           struct buffer *target)
{
    size_t good = 0;
    buffer_add_text(target,
                    "# Mode and cursor were chosen by what was found; write "
                    "them out to choose yourself:\n"
                    "#   - orders: {mode: incremental, cursor: updated_at}\n"
                    "tables:\n");
    for (size_t i = 0; i < count; i++) {
        bool is_good = works[i].problem.id == ERROR_NONE;
        good += is_good;
        if (is_good)
            write_good(&works[i], target);
        else
            write_bad(&works[i], target);
    }
    if (good == 0)
        buffer_add_text(target, "  []\n");
    buffer_add_text(target, "\n# All other settings: tidemark config "
                            "example\n");
}
