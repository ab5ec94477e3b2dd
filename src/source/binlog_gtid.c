/*
 * Sets of transactions. What must stay true: intervals of a line are in order,
 * apart and not empty; lines and entries stand in one order without twins, so
 * that equal sets have equal texts.
 */
#include "source/binlog_gtid.h"

#include <string.h>

#include "base/memory.h"

void gtid_set_init(struct gtid_set *set, bool is_mariadb)
{
    *set = (struct gtid_set){.is_mariadb = is_mariadb};
}

void gtid_set_release(struct gtid_set *set)
{
    for (size_t i = 0; i < set->line_count; i++)
        memory_free(set->lines[i].intervals);
    memory_free(set->lines);
    memory_free(set->entries);
    gtid_set_init(set, set->is_mariadb);
}

bool gtid_set_is_empty(const struct gtid_set *set)
{
    return set->line_count == 0 && set->entry_count == 0;
}

/* Room for one more element at `index`, the others moved up. */
static void *open_gap(void **array, size_t *count, size_t *capacity,
                      size_t index, size_t size)
{
    uint8_t *place;

    if (*count == *capacity) {
        *capacity = *capacity ? 2 * *capacity : 4;
        *array = memory_resize(*array, *capacity, size);
    }
    place = (uint8_t *)*array + index * size;
    memmove(place + size, place, (*count - index) * size);
    memset(place, 0, size);
    ++*count;
    return place;
}

static void insert_interval(struct gtid_line *line, size_t index,
                            struct gtid_interval interval)
{
    void *array = line->intervals;
    struct gtid_interval *place = open_gap(&array, &line->count,
                                           &line->capacity, index,
                                           sizeof(*place));

    line->intervals = array;
    *place = interval;
}

/* The first interval that ends at or behind `number`. */
static size_t find_interval(const struct gtid_line *line, uint64_t number)
{
    size_t low = 0;
    size_t high = line->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (line->intervals[middle].end < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int compare_lines(const struct gtid_line *line, const uint8_t *uuid,
                         const char *tag)
{
    int order = memcmp(line->uuid, uuid, sizeof(line->uuid));

    return order ? order : strcmp(line->tag, tag);
}

/* Joins what touches: [1,4) and [4,6) are [1,6). */
static void add_interval(struct gtid_line *line, struct gtid_interval added)
{
    size_t index = find_interval(line, added.first);
    size_t last = index;

    while (last < line->count && line->intervals[last].first <= added.end) {
        if (line->intervals[last].first < added.first)
            added.first = line->intervals[last].first;
        if (line->intervals[last].end > added.end)
            added.end = line->intervals[last].end;
        last++;
    }
    if (last == index) {
        insert_interval(line, index, added);
        return;
    }
    line->intervals[index] = added;
    memmove(line->intervals + index + 1, line->intervals + last,
            (line->count - last) * sizeof(added));
    line->count -= last - index - 1;
}

/* Where the line stands or would stand. */
static size_t find_line(const struct gtid_set *set, const uint8_t *uuid,
                        const char *tag)
{
    size_t low = 0;
    size_t high = set->line_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_lines(&set->lines[middle], uuid, tag) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct gtid_line *line_of(const struct gtid_set *set,
                                       const uint8_t *uuid, const char *tag)
{
    size_t index = find_line(set, uuid, tag);

    if (index < set->line_count &&
        compare_lines(&set->lines[index], uuid, tag) == 0)
        return &set->lines[index];
    return NULL;
}

void gtid_set_add_range(struct gtid_set *set, const uint8_t *uuid,
                        const char *tag, struct gtid_interval added)
{
    size_t index = find_line(set, uuid, tag);

    if (index == set->line_count ||
        compare_lines(&set->lines[index], uuid, tag) != 0) {
        void *array = set->lines;
        struct gtid_line *line = open_gap(&array, &set->line_count,
                                          &set->line_capacity, index,
                                          sizeof(*line));
        set->lines = array;
        memcpy(line->uuid, uuid, sizeof(line->uuid));
        memcpy(line->tag, tag, strlen(tag) + 1);
    }
    add_interval(&set->lines[index], added);
}

/* The first entry at or behind domain and server. */
static size_t find_entry(const struct gtid_set *set, uint32_t domain,
                         uint32_t server)
{
    uint64_t wanted = (uint64_t)domain << 32 | server;
    size_t low = 0;
    size_t high = set->entry_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct gtid_entry *entry = &set->entries[middle];

        if (((uint64_t)entry->domain << 32 | entry->server) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void gtid_set_add_entry(struct gtid_set *set, struct gtid_entry entry)
{
    size_t index = find_entry(set, entry.domain, entry.server);

    if (index == set->entry_count ||
        set->entries[index].domain != entry.domain ||
        set->entries[index].server != entry.server) {
        void *array = set->entries;
        open_gap(&array, &set->entry_count, &set->entry_capacity, index,
                 sizeof(entry));
        set->entries = array;
    }
    set->entries[index] = entry;
}

static void replace_domain(struct gtid_set *set, struct gtid_entry entry)
{
    size_t kept = 0;

    for (size_t i = 0; i < set->entry_count; i++)
        if (set->entries[i].domain != entry.domain)
            set->entries[kept++] = set->entries[i];
    set->entry_count = kept;
    gtid_set_add_entry(set, entry);
}

void gtid_set_add(struct gtid_set *set, const struct gtid *gtid)
{
    struct gtid_interval one = {gtid->number, gtid->number + 1};

    if (set->is_mariadb)
        replace_domain(set, (struct gtid_entry){gtid->domain, gtid->server,
                                                gtid->number});
    else
        gtid_set_add_range(set, gtid->uuid, gtid->tag, one);
}

static bool entries_contain(const struct gtid_set *set,
                            struct gtid_entry asked)
{
    size_t index = find_entry(set, asked.domain, 0);
    size_t end = index;

    for (; end < set->entry_count &&
           set->entries[end].domain == asked.domain;
         end++)
        if (set->entries[end].server == asked.server)
            return set->entries[end].number >= asked.number;
    return end == index + 1 && set->entries[index].number >= asked.number;
}

static bool line_contains(const struct gtid_line *line,
                          struct gtid_interval asked)
{
    size_t index = find_interval(line, asked.end);

    return index < line->count && line->intervals[index].first <= asked.first;
}

bool gtid_set_contains(const struct gtid_set *set, const struct gtid *gtid)
{
    struct gtid_interval one = {gtid->number, gtid->number + 1};
    const struct gtid_line *line;

    if (set->is_mariadb)
        return entries_contain(set, (struct gtid_entry){
                                        gtid->domain, gtid->server,
                                        gtid->number});
    line = line_of(set, gtid->uuid, gtid->tag);
    return line && line_contains(line, one);
}

bool gtid_set_holds(const struct gtid_set *outer,
                    const struct gtid_set *inner)
{
    for (size_t i = 0; i < inner->entry_count; i++)
        if (!entries_contain(outer, inner->entries[i]))
            return false;
    for (size_t i = 0; i < inner->line_count; i++) {
        const struct gtid_line *asked = &inner->lines[i];
        const struct gtid_line *line = line_of(outer, asked->uuid, asked->tag);

        for (size_t k = 0; k < asked->count; k++)
            if (!line || !line_contains(line, asked->intervals[k]))
                return false;
    }
    return true;
}

uint64_t gtid_set_last(const struct gtid_set *set, uint32_t domain,
                       uint32_t server)
{
    size_t index = find_entry(set, domain, server);
    const struct gtid_entry *entry;

    if (index == set->entry_count)
        return 0;
    entry = &set->entries[index];
    return entry->domain == domain && entry->server == server ? entry->number
                                                              : 0;
}

bool gtid_state_holds(const struct gtid_set *state,
                      const struct gtid_set *position)
{
    for (size_t i = 0; i < position->entry_count; i++) {
        const struct gtid_entry *entry = &position->entries[i];
        if (gtid_set_last(state, entry->domain, entry->server) <
            entry->number)
            return false;
    }
    return position->is_mariadb || gtid_set_holds(state, position);
}

bool gtid_set_meets(const struct gtid_set *left, const struct gtid_set *right)
{
    for (size_t i = 0; i < right->entry_count; i++) {
        size_t index = find_entry(left, right->entries[i].domain, 0);
        if (index < left->entry_count &&
            left->entries[index].domain == right->entries[i].domain)
            return true;
    }
    for (size_t i = 0; i < right->line_count; i++)
        if (line_of(left, right->lines[i].uuid, right->lines[i].tag))
            return true;
    return false;
}

static bool entries_equal(const struct gtid_set *left,
                          const struct gtid_set *right)
{
    for (size_t i = 0; i < left->entry_count; i++)
        if (left->entries[i].domain != right->entries[i].domain ||
            left->entries[i].server != right->entries[i].server ||
            left->entries[i].number != right->entries[i].number)
            return false;
    return true;
}

bool gtid_set_equal(const struct gtid_set *left, const struct gtid_set *right)
{
    if (left->entry_count != right->entry_count)
        return false;
    return entries_equal(left, right) && left->line_count ==
           right->line_count && gtid_set_holds(left, right) &&
           gtid_set_holds(right, left);
}

void gtid_set_copy(struct gtid_set *target, const struct gtid_set *set)
{
    gtid_set_init(target, set->is_mariadb);
    for (size_t i = 0; i < set->entry_count; i++)
        gtid_set_add_entry(target, set->entries[i]);
    for (size_t i = 0; i < set->line_count; i++)
        for (size_t k = 0; k < set->lines[i].count; k++)
            gtid_set_add_range(target, set->lines[i].uuid, set->lines[i].tag,
                               set->lines[i].intervals[k]);
}
