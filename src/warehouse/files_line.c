/*
 * Lines of a manifest, as they are read: what counts after each of them.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "files.h"

/* No load has more parts; 3 GiB each. */
#define PARTS_MAX 1000000u

/* A whole number from 0; false where it is none. */
static bool read_count(const json_t *line, const char *name, uint64_t *value)
{
    const json_t *number = json_object_get(line, name);
    json_int_t found = json_integer_value(number);
    *value = (uint64_t)found;
    return json_is_integer(number) && found >= 0;
}

bool files_line_read(const json_t *line, struct files_part_line *part)
{
    part->name = json_string_value(json_object_get(line, "name"));
    return part->name && read_count(line, "rows", &part->rows) &&
           read_count(line, "bytes", &part->bytes) &&
           read_count(line, "highest_version", &part->highest) &&
           read_count(line, "part", &part->part) &&
           read_count(line, "parts", &part->parts) && part->part >= 1 &&
           part->part <= part->parts && part->parts <= PARTS_MAX;
}

bool files_line_is_of(const struct files_part_line *part, const char *load)
{
    size_t size = strlen(load);
    return strncmp(part->name, load, size) == 0 && part->name[size] == '.';
}

static void release(struct files_reading *reading)
{
    json_decref(reading->layout);
    memset(reading, 0, sizeof *reading);
}

/* The layout that a line tells, kept for the reading. */
static bool take_layout(struct files_reading *reading, const json_t *line)
{
    json_t *key = json_object_get(line, "key");
    json_t *columns = json_object_get(line, "columns");
    if (!json_is_array(key) || !json_is_array(columns))
        return false;
    json_decref(reading->layout);
    reading->layout = json_object();
    json_object_set(reading->layout, "key", key);
    json_object_set(reading->layout, "columns", columns);
    return true;
}

struct files_reading *files_reading_named(struct files_manifest *manifest,
                                          const char *name)
{
    if (text_equal(name, manifest->live.name))
        return &manifest->live;
    if (name[0] != '\0' && text_equal(name, manifest->beside.name))
        return &manifest->beside;
    return NULL;
}

struct files_reading *files_reading_of(struct files_manifest *manifest,
                                       const char *path)
{
    char name[FILES_READING_BYTES] = "";
    const char *slash = strchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 0;
    if (size >= sizeof name)
        return NULL;
    memcpy(name, path, size);
    return files_reading_named(manifest, name);
}

static bool take_part(struct files_manifest *manifest, const json_t *line,
                      bool *is_whole)
{
    struct files_part_line part;
    if (!files_line_read(line, &part))
        return false;
    if (part.part == 1) {
        manifest->open_rows = 0;
        manifest->open_bytes = 0;
        manifest->open_highest = 0;
    }
    manifest->open_rows += part.rows;
    manifest->open_bytes += part.bytes;
    if (part.highest > manifest->open_highest)
        manifest->open_highest = part.highest;
    *is_whole = part.part == part.parts;
    struct files_reading *reading = files_reading_of(manifest, part.name);
    if (!*is_whole || !reading)
        return true;
    if (!take_layout(reading, line))
        return false;
    reading->rows += manifest->open_rows;
    reading->bytes += manifest->open_bytes;
    if (manifest->open_highest > reading->highest)
        reading->highest = manifest->open_highest;
    return true;
}

static bool take_begin(struct files_manifest *manifest, const json_t *line,
                       const char *name)
{
    release(&manifest->beside);
    return files_is_reading(name) &&
           text_copy(manifest->beside.name, sizeof manifest->beside.name,
                     name) &&
           take_layout(&manifest->beside, line);
}

static bool take_current(struct files_manifest *manifest, const char *name)
{
    if (!files_is_reading(name))
        return false;
    if (text_equal(manifest->live.name, name))
        return true;
    if (!text_equal(manifest->beside.name, name))
        return false;
    release(&manifest->live);
    manifest->live = manifest->beside;
    memset(&manifest->beside, 0, sizeof manifest->beside);
    return true;
}

bool files_line_take(struct files_manifest *manifest, const json_t *line,
                     bool *is_whole)
{
    const char *begin = json_string_value(json_object_get(line, "begin"));
    const char *current = json_string_value(json_object_get(line, "current"));
    *is_whole = true;
    if (!json_is_object(line))
        return false;
    if (json_object_get(line, "name"))
        return take_part(manifest, line, is_whole);
    if (begin)
        return take_begin(manifest, line, begin);
    if (current)
        return take_current(manifest, current);
    if (json_object_get(line, "table"))
        return take_layout(&manifest->live, line);
    return true;
}
