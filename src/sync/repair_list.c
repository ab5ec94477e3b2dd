/*
 * A list and a table of places in it by hash. Texts are compared, not hashes:
 * no value may be taken for another.
 */
#include "sync/repair_list.h"

#include <string.h>
#include <xxhash.h>

#include "base/memory.h"

#define SLOTS_FIRST 64

void repair_list_init(struct repair_list *list, size_t count_max,
                      size_t bytes_max)
{
    *list = (struct repair_list){.count_max = count_max};
    buffer_init(&list->text, bytes_max);
}

void repair_list_release(struct repair_list *list)
{
    buffer_release(&list->text);
    memory_free(list->starts);
    memory_free(list->slots);
    *list = (struct repair_list){.count_max = list->count_max,
                                 .text = {.limit = list->text.limit}};
}

const char *repair_list_at(const struct repair_list *list, size_t index)
{
    return (const char *)list->text.data + list->starts[index];
}

/* The slot of the value, or the free one where it belongs. */
static size_t find_slot(const struct repair_list *list, struct bytes value)
{
    size_t slot = (size_t)XXH3_64bits(value.data, value.size) &
                  (list->slot_count - 1);
    while (list->slots[slot] != 0 &&
           !bytes_equal(value, bytes_of(repair_list_at(
                                   list, list->slots[slot] - 1))))
        slot = (slot + 1) & (list->slot_count - 1);
    return slot;
}

/* At most half of the slots are taken. */
static void grow(struct repair_list *list)
{
    if (list->count * 2 < list->slot_count)
        return;
    list->slot_count = list->slot_count ? list->slot_count * 2 : SLOTS_FIRST;
    memory_free(list->slots);
    list->slots = memory_new(list->slot_count, sizeof *list->slots);
    for (size_t i = 0; i < list->count; i++)
        list->slots[find_slot(list, bytes_of(repair_list_at(list, i)))] =
            i + 1;
}

static void append(struct repair_list *list, struct bytes value)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity * 2 + 16;
        list->starts = memory_resize(list->starts, list->capacity,
                                     sizeof *list->starts);
    }
    list->starts[list->count++] = list->text.size;
    buffer_add(&list->text, value.data, value.size);
    buffer_add_byte(&list->text, 0);
}

bool repair_list_add(struct repair_list *list, struct bytes value)
{
    if (list->is_full)
        return false;
    grow(list);
    size_t slot = find_slot(list, value);
    if (list->slots[slot] != 0)
        return true;
    list->is_full = list->count == list->count_max ||
                    list->text.limit - list->text.size < value.size + 1;
    if (list->is_full)
        return false;
    append(list, value);
    list->slots[slot] = list->count;
    return true;
}

/* Behind the array at `at`, or NULL. Parts never need an escape. */
static const char *skip_array(const char *at)
{
    if (*at++ != '[')
        return NULL;
    for (;;) {
        if (*at != '"')
            return NULL;
        at += 1 + strcspn(at + 1, "\"\\");
        if (*at++ != '"')
            return NULL;
        if (*at == ']')
            return at + 1;
        if (*at++ != ',')
            return NULL;
    }
}

bool repair_list_add_all(struct repair_list *list, const char *values)
{
    for (const char *at = values; *at;) {
        const char *end = skip_array(at);
        if (!end || !repair_list_add(list, (struct bytes){
                                         (const uint8_t *)at,
                                         (size_t)(end - at)}))
            return false;
        if (*end != '\0' && *end != ',')
            return false;
        at = *end ? end + 1 : end;
    }
    return true;
}
