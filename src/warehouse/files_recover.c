/*
 * What killed processes left. What must stay true: a file that somebody still
 * writes is locked and stays; a load that was renamed but not told is told
 * only when it is whole and its bytes are those of its name.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "files.h"

#define LINES_BYTES ((size_t)256 << 20)

struct recovery {
    struct files_manifest *manifest;
    const struct table *table;
    const char *reading;
    int directory;
    uint64_t *told; /* hashes of the names of all parts that were told */
    size_t told_count;
    char **lost; /* names of parts that were not */
    size_t lost_count;
};

static uint64_t hash_of(const char *name)
{
    return XXH3_64bits(name, strlen(name));
}

static bool take_told(void *context, const json_t *line)
{
    struct recovery *recovery = context;
    struct files_part_line part;
    if (!files_line_read(line, &part))
        return true;
    const char *slash = strrchr(part.name, '/');
    size_t count = recovery->told_count;
    if ((count & (count + 1)) == 0)
        recovery->told = memory_resize(recovery->told, 2 * count + 2,
                                       sizeof *recovery->told);
    recovery->told[recovery->told_count++] =
        hash_of(slash ? slash + 1 : part.name);
    return true;
}

static int compare_hashes(const void *left, const void *right)
{
    uint64_t first = *(const uint64_t *)left;
    uint64_t second = *(const uint64_t *)right;
    return (first > second) - (first < second);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static enum status remove_name(const struct recovery *recovery,
                               const char *name, struct error *error)
{
    if (unlinkat(recovery->directory, name, 0) != 0)
        return files_fail(error, "remove", name);
    return STATUS_OK;
}

/* A .tmp file goes, unless its writer holds it. */
static enum status sweep(const struct recovery *recovery, const char *name,
                         struct error *error)
{
    int file = openat(recovery->directory, name,
                      O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    enum status status = STATUS_OK;
    if (file < 0)
        return files_fail(error, "open", name);
    if (flock(file, LOCK_EX | LOCK_NB) == 0)
        status = remove_name(recovery, name, error);
    (void)close(file);
    return status;
}

static enum status take_name(void *context, const char *name,
                             struct error *error)
{
    struct recovery *recovery = context;
    char load[FILES_NAME_BYTES];
    unsigned part = 0, count = 0;
    if (text_ends(name, FILES_UNFINISHED))
        return sweep(recovery, name, error);
    uint64_t hash = hash_of(name);
    if (!files_part_parse(name, load, &part, &count) ||
        (recovery->told_count > 0 &&
         bsearch(&hash, recovery->told, recovery->told_count, sizeof hash,
                 compare_hashes)))
        return STATUS_OK;
    recovery->lost = memory_resize(recovery->lost, recovery->lost_count + 1,
                                   sizeof *recovery->lost);
    recovery->lost[recovery->lost_count++] = memory_text(name);
    return STATUS_OK;
}

static enum status count_part(const struct recovery *recovery,
                              struct files_part *part, XXH3_state_t *hashes,
                              bool *is_sound, struct error *error)
{
    int file = openat(recovery->directory, part->name,
                      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return files_fail(error, "open", part->name);
    enum status status = files_count_part(file, hashes, &part->count,
                                          is_sound, error);
    (void)close(file);
    return status;
}

/* Lines for the load's parts; *is_sound: it may be told. */
static enum status describe_load(const struct recovery *recovery,
                                 const char *load, unsigned count,
                                 struct buffer *lines, bool *is_sound,
                                 struct error *error)
{
    const struct files_reading *reading =
        files_reading_named(recovery->manifest, recovery->reading);
    char *layout = reading ? json_dumps(reading->layout, JSON_COMPACT) : NULL;
    XXH3_state_t *hashes = XXH3_createState();
    enum status status = STATUS_OK;
    *is_sound = layout != NULL;
    (void)XXH3_64bits_reset(hashes);
    /* Without its braces. */
    if (layout)
        layout[strlen(layout) - 1] = '\0';
    for (unsigned i = 1; i <= count && status == STATUS_OK && *is_sound;
         i++) {
        struct files_part part = {.directory = recovery->directory};
        files_part_name(load, i, count, part.name);
        status = count_part(recovery, &part, hashes, is_sound, error);
        files_part_line_write(&part, recovery->reading, layout + 1, i, count,
                              lines);
    }
    if (XXH3_64bits_digest(hashes) != files_load_hash(load))
        *is_sound = false;
    (void)XXH3_freeState(hashes);
    memory_free(layout);
    return status;
}

/* Tells a load whose parts are all there. */
static enum status tell(const struct recovery *recovery, const char *load,
                        unsigned count, bool *is_told, struct error *error)
{
    struct buffer lines;
    buffer_init(&lines, LINES_BYTES);
    enum status status = describe_load(recovery, load, count, &lines, is_told,
                                       error);
    if (status == STATUS_OK && *is_told) {
        FAILPOINT("files.recover.counted", error);
        status = files_manifest_append(recovery->manifest, &lines, error);
        log_line(LOG_INFO, recovery->table->name,
                 "%s was whole, though not in the manifest: added", load);
    }
    buffer_release(&lines);
    return status;
}

/* The lost parts from `first` on that are of one load; how many. */
static size_t group_size(const struct recovery *recovery, size_t first,
                         char *load, unsigned *count)
{
    char other[FILES_NAME_BYTES];
    unsigned part = 0, other_count = 0;
    size_t size = 1;
    (void)files_part_parse(recovery->lost[first], load, &part, count);
    while (first + size < recovery->lost_count &&
           files_part_parse(recovery->lost[first + size], other, &part,
                            &other_count) &&
           text_equal(load, other) && other_count == *count)
        size++;
    return size;
}

static enum status settle_lost(const struct recovery *recovery,
                               struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < recovery->lost_count && status == STATUS_OK;) {
        char load[FILES_NAME_BYTES];
        unsigned count = 0;
        bool is_told = false;
        size_t size = group_size(recovery, i, load, &count);
        /* Without a key the rows would stand there twice. */
        if (size == count && recovery->table->key_count > 0)
            status = tell(recovery, load, count, &is_told, error);
        for (size_t j = i; j < i + size && status == STATUS_OK && !is_told;
             j++)
            status = remove_name(recovery, recovery->lost[j], error);
        i += size;
    }
    return status;
}

static enum status recover(struct recovery *recovery, struct error *error)
{
    FAILPOINT("files.recover", error);
    enum status status = files_manifest_each(recovery->manifest, 0, take_told,
                                             recovery, error);
    if (status != STATUS_OK)
        return status;
    if (recovery->told_count > 0)
        qsort(recovery->told, recovery->told_count, sizeof *recovery->told,
              compare_hashes);
    status = files_folder_each(recovery->directory, take_name, recovery,
                               error);
    if (recovery->lost_count > 0)
        qsort(recovery->lost, recovery->lost_count, sizeof *recovery->lost,
              compare_names);
    return status == STATUS_OK ? settle_lost(recovery, error) : status;
}

enum status files_recover(struct files_manifest *manifest, const char *reading,
                          int directory, const struct table *table,
                          struct error *error)
{
    struct recovery recovery = {.manifest = manifest, .table = table,
                                .reading = reading, .directory = directory};
    if (manifest->is_mended && text_equal(manifest->mended, reading))
        return STATUS_OK;
    enum status status = recover(&recovery, error);
    for (size_t i = 0; i < recovery.lost_count; i++)
        memory_free(recovery.lost[i]);
    memory_free(recovery.lost);
    memory_free(recovery.told);
    manifest->is_mended = status == STATUS_OK;
    (void)text_copy(manifest->mended, sizeof manifest->mended, reading);
    return status;
}
