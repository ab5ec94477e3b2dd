/* The end of works. */
#include "base/memory.h"
#include "sync/work.h"

static void work_release(struct sync *sync, struct work *work)
{
    if (work->described) {
        pool_forget(sync->pool, work->table);
        sync->source->ops->table_free(work->described);
    }
    shape_release(&work->shape);
    zone_free(work->cursor_zone);
    state_table_free(work->state);
    for (size_t i = 0; i < work->remark_count; i++)
        memory_free(work->remarks[i]);
    memory_free(work->remarks);
    memory_free(work->shape_text);
    memory_free(work->name);
}

void works_cut(struct sync *sync, struct work *works, size_t kept,
               size_t count)
{
    for (size_t i = kept; i < count; i++)
        work_release(sync, &works[i]);
}

void works_free(struct sync *sync, struct work *works, size_t count)
{
    for (size_t i = 0; i < count; i++)
        work_release(sync, &works[i]);
    memory_free(works);
}
