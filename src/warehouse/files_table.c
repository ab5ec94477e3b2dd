/*
 * Tables: what would change, making their folders, and what the manifest knows
 * of them.
 */
#include <inttypes.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "files.h"
#include "model/calendar.h"

#define LINE_BYTES ((size_t)32 << 20)

enum status files_fit(struct warehouse *warehouse, struct table *table,
                      struct error *error)
{
    (void)warehouse;
    for (size_t i = 0; i < table->column_count; i++) {
        struct column *column = &table->columns[i];
        /* Years of four digits. */
        if (column->kind == KIND_DATE) {
            column->lowest = calendar_days(0, 1, 1);
            column->highest = calendar_days(9999, 12, 31);
        } else if (column->kind == KIND_DATETIME ||
                   column->kind == KIND_TIMESTAMP) {
            column->lowest = calendar_days(0, 1, 1) * CALENDAR_DAY_US;
            column->highest =
                (calendar_days(9999, 12, 31) + 1) * CALENDAR_DAY_US - 1;
        }
        if (column->is_stored && text_starts(column->name, "_tm_"))
            return error_set(error, ERROR_WAREHOUSE_LACKS,
                             "cannot keep column \"%s\" of table \"%s\" in "
                             "files: names with _tm_ in front are taken",
                             column->name, table->name);
    }
    return STATUS_OK;
}

enum status files_plan(struct warehouse_session *session,
                       const struct table *const *tables, size_t count,
                       struct warehouse_plan *plans, struct error *error)
{
    struct files_session *ours = (struct files_session *)session;
    enum status status = STATUS_OK;
    memset(plans, 0, count * sizeof *plans);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = files_manifest_open(ours->files, &ours->manifest, tables[i],
                                     false, error);
        if (status != STATUS_OK)
            break;
        files_layout_plan(tables[i], &ours->manifest.live, &plans[i]);
        files_manifest_close(&ours->manifest);
    }
    for (size_t i = 0; i < count && status != STATUS_OK; i++)
        warehouse_plan_release(&plans[i]);
    return status;
}

static enum status write_layout(struct files_manifest *manifest,
                                const struct table *table,
                                struct error *error)
{
    struct buffer line;
    FAILPOINT("files.prepare", error);
    buffer_init(&line, LINE_BYTES);
    buffer_add_text(&line, "{\"table\":");
    files_quote(table->target, &line);
    buffer_add_byte(&line, ',');
    files_layout_write(table, &line);
    buffer_add_text(&line, "}\n");
    enum status status = files_manifest_append(manifest, &line, error);
    buffer_release(&line);
    return status;
}

enum status files_prepare(struct warehouse_session *session,
                          const struct table *table, bool *is_new,
                          struct error *error)
{
    struct files_session *ours = (struct files_session *)session;
    *is_new = false;
    struct files_manifest *manifest = &ours->manifest;
    struct warehouse_plan plan = {.count = 0};
    enum status status = files_manifest_open(ours->files, manifest, table,
                                             true, error);
    if (status != STATUS_OK)
        return status;
    status = files_manifest_lock(manifest, error);
    if (status == STATUS_OK) {
        files_layout_plan(table, &manifest->live, &plan);
        if (plan.count > 0 && !plan.needs_reload)
            status = write_layout(manifest, table, error);
        warehouse_plan_release(&plan);
    }
    files_manifest_close(manifest);
    return status;
}

static enum status read_seeds(struct files_session *session,
                              const struct table *table, char **seed_names,
                              struct error *error)
{
    enum status status = files_manifest_open(session->files,
                                             &session->manifest, table, false,
                                             error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < table->column_count; i++) {
        const json_t *column = files_layout_find(
            session->manifest.live.layout, table->columns[i].name);
        seed_names[i] = memory_text(
            json_string_value(json_object_get(column, "seed")));
    }
    files_manifest_close(&session->manifest);
    return STATUS_OK;
}

enum status files_seeds(struct warehouse_session *session,
                        const struct table *const *tables, size_t count,
                        char ***seed_names, struct error *error)
{
    struct files_session *ours = (struct files_session *)session;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = read_seeds(ours, tables[i], seed_names[i], error);
    return status;
}

enum status files_highest(struct warehouse_session *session,
                          const struct table *table, uint64_t *version,
                          struct error *error)
{
    struct files_session *ours = (struct files_session *)session;
    const struct files_manifest *manifest = &ours->manifest;
    enum status status = files_manifest_open(ours->files, &ours->manifest,
                                             table, false, error);
    if (status != STATUS_OK)
        return status;
    *version = manifest->live.highest;
    if (manifest->beside.highest > *version)
        *version = manifest->beside.highest;
    files_manifest_close(&ours->manifest);
    return STATUS_OK;
}

enum status files_size(struct warehouse_session *session,
                       const struct table *table, uint64_t *rows,
                       uint64_t *bytes, struct error *error)
{
    struct files_session *ours = (struct files_session *)session;
    enum status status = files_manifest_open(ours->files, &ours->manifest,
                                             table, false, error);
    if (status != STATUS_OK)
        return status;
    *rows = ours->manifest.live.rows;
    *bytes = ours->manifest.live.bytes;
    files_manifest_close(&ours->manifest);
    return STATUS_OK;
}
