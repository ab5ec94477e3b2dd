/*
 * The settings of a table laid over its description: which columns, under
 * which types and policies, which rows. The first thing that does not fit
 * becomes the work's problem, and the table stops alone.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "sync/schema_changes.h"
#include "sync/work.h"

void work_remark(struct work *work, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    work->remarks = memory_resize(work->remarks, work->remark_count + 1,
                                  sizeof *work->remarks);
    work->remarks[work->remark_count++] = memory_text(text);
}

/* Is the column copied? A list names what is, or all that is left out. */
bool work_chooses(const struct table_settings *settings, const char *column)
{
    bool is_exclusion = settings->column_count > 0 &&
                        settings->columns[0][0] == '-';
    for (size_t i = 0; i < settings->column_count; i++)
        if (text_equal(settings->columns[i] + (is_exclusion ? 1 : 0), column))
            return !is_exclusion;
    return settings->column_count == 0 || is_exclusion;
}

static enum status check_columns(const struct work *work, struct error *error)
{
    const struct table_settings *settings = work->settings;
    const struct source_table *found = work->described;
    for (size_t i = 0; i < found->unusable_count; i++)
        if (work_chooses(settings, found->unusable[i])) {
            (void)error_set(error, ERROR_TYPE_UNSUPPORTED,
                            "cannot read column \"%s\" of table \"%s\": %s "
                            "is not supported", found->unusable[i],
                            work->name, found->unusable_types[i]);
            error_effect(error, "The table stands still; others go on.");
            error_next(error, "set  %s: {columns: [-%s]}", work->name,
                       found->unusable[i]);
            return error->status;
        }
    for (size_t i = 0; i < settings->column_count; i++) {
        const char *name = settings->columns[i];
        name += name[0] == '-' ? 1 : 0;
        bool is_there = table_column(work->table, name) != NULL;
        for (size_t j = 0; j < found->unusable_count && !is_there; j++)
            is_there = text_equal(found->unusable[j], name);
        if (!is_there)
            return work_no_column(work, "columns:", name, error);
    }
    return STATUS_OK;
}

static bool is_date_like(const struct column *column)
{
    return column->kind == KIND_DATE || column->kind == KIND_DATETIME ||
           column->kind == KIND_TIMESTAMP;
}

static void apply_policies(const struct work *work)
{
    for (size_t i = 0; i < work->table->column_count; i++) {
        struct column *column = &work->table->columns[i];
        column->text_policy = work->settings->bad_text;
        if (!is_date_like(column))
            continue;
        column->date_policy = work->settings->zero_dates;
        if (column->date_policy == DATES_NULL &&
            !table_is_key(work->table, i))
            column->is_nullable = true;
        if (column->date_policy == DATES_TEXT) {
            column->kind = KIND_TEXT;
            column->width = 0;
        }
    }
}

static enum status apply_types(struct sync *sync, const struct work *work,
                               struct error *error)
{
    const struct table_settings *settings = work->settings;
    for (size_t i = 0; i < settings->type_count; i++) {
        if (!table_column(work->table, settings->type_columns[i]))
            return work_no_column(work, "types:", settings->type_columns[i],
                                  error);
        if (work->cursor &&
            text_equal(work->cursor, settings->type_columns[i]))
            return error_set(error, ERROR_CURSOR_UNUSABLE,
                             "cannot make another type of column \"%s\" of "
                             "table \"%s\": it is the cursor", work->cursor,
                             work->name);
        enum status status = sync->source->ops->retype(
            work->table, settings->type_columns[i], settings->type_names[i],
            error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* soft_delete: names a column, or is an expression itself. The settings let
 * pass what is neither only where it looks like a name. */
static enum status parse_soft_delete(struct work *work, struct error *error)
{
    const char *text = work->settings->soft_delete;
    const struct column *column = table_column(work->table, text);
    if (!column)
        return filter_parse(text, &work->shape.soft_delete, error) ==
                       STATUS_OK
                   ? STATUS_OK
                   : work_no_column(work, "soft_delete:", text, error);
    bool is_number = column->kind == KIND_INT || column->kind == KIND_UINT ||
                     column->kind == KIND_BOOL;
    struct buffer expression;
    buffer_init(&expression, 4096);
    buffer_add_byte(&expression, '`');
    for (const char *c = text; *c; c++) {
        if (*c == '`')
            buffer_add_byte(&expression, '`');
        buffer_add_byte(&expression, (uint8_t)*c);
    }
    buffer_add_text(&expression, is_number ? "` <> 0" : "` IS NOT NULL");
    enum status status = filter_parse(buffer_text(&expression),
                                      &work->shape.soft_delete, error);
    buffer_release(&expression);
    return status;
}

static enum status parse_filters(const struct sync *sync, struct work *work,
                                 struct error *error)
{
    enum status status = STATUS_OK;
    work->shape.keeps_last_values = sync->settings->deletes == DELETES_MARK;
    work->shape.keeps_rows = sync->settings->deletes == DELETES_KEEP;
    if (work->settings->rows)
        status = filter_parse(work->settings->rows, &work->shape.rows, error);
    if (status == STATUS_OK && work->settings->soft_delete)
        status = parse_soft_delete(work, error);
    return status;
}

static bool filter_reads(const struct filter *filter, const char *column)
{
    const char *const *names = NULL;
    size_t count = filter ? filter_columns(filter, &names) : 0;
    for (size_t i = 0; i < count; i++)
        if (text_equal(names[i], column))
            return true;
    return false;
}

/* New, and the settings freeze the columns: known by its seed. */
static bool is_frozen_out(const struct work *work, size_t column)
{
    return work->settings->schema_changes == SCHEMA_CHANGES_FREEZE &&
           work->state && work->state->success_us != 0 &&
           !table_is_key(work->table, column) &&
           !schema_holds(work->state->shape,
                         work->table->columns[column].seed_name);
}

/* What is neither copied nor needed to decide leaves the table. */
static enum status choose_columns(struct work *work, struct error *error)
{
    struct table *table = work->table;
    for (size_t i = table->column_count; i-- > 0;) {
        struct column *column = &table->columns[i];
        column->is_stored = work_chooses(work->settings, column->name) &&
                            !is_frozen_out(work, i);
        if (!column->is_stored && table_is_key(table, i))
            return error_set(error, ERROR_KEY_UNUSABLE,
                             "cannot leave out column \"%s\" of table "
                             "\"%s\": it belongs to the key", column->name,
                             work->name);
        bool is_read = filter_reads(work->shape.rows, column->name) ||
                       filter_reads(work->shape.soft_delete, column->name) ||
                       (work->cursor && text_equal(work->cursor,
                                                   column->name));
        if (!column->is_stored && !is_read)
            table_remove_column(table, i);
    }
    return STATUS_OK;
}

static enum status choose_key(struct sync *sync,
                              struct source_session *session,
                              struct work *work, struct error *error)
{
    const struct table_settings *settings = work->settings;
    if (settings->key_count == 0)
        return STATUS_OK;
    return sync->source->ops->choose_key(
        session, work->table, (const char *const *)settings->key,
        settings->key_count, error);
}

static void name_target(struct work *work)
{
    const char *target = work->settings->target ? work->settings->target
                                                : work->name;
    memory_free(work->table->target);
    work->table->target = memory_text(target);
}

/* Names that stored tables and the copies of reloads get. */
static enum status check_target(const struct work *work, struct error *error)
{
    const char *target = work->table->target;
    if (!text_ends(target, "__tm") && !text_ends(target, "__tm_reload"))
        return STATUS_OK;
    (void)error_set(error, ERROR_WAREHOUSE_LACKS,
                    "cannot load table \"%s\" into \"%s\": names that end in "
                    "__tm or __tm_reload are kept for the tables behind the "
                    "views", work->name, target);
    error_effect(error, "The table stands still; others go on.");
    error_next(error, "set  %s: {to: ANOTHER_NAME}, then  tidemark check %s",
               work->name, work->name);
    return error->status;
}

void work_shape(struct sync *sync, struct source_session *session,
                struct work *work)
{
    struct error *error = &work->problem;
    name_target(work);
    enum status status = check_target(work, error);
    if (status == STATUS_OK)
        status = check_columns(work, error);
    if (status == STATUS_OK)
        status = choose_key(sync, session, work, error);
    if (status == STATUS_OK)
        work_choose(sync, work);
    if (error->id != ERROR_NONE)
        return;
    status = parse_filters(sync, work, error);
    if (status == STATUS_OK)
        status = choose_columns(work, error);
    if (status == STATUS_OK)
        status = apply_types(sync, work, error);
    if (status != STATUS_OK)
        return;
    apply_policies(work);
    table_settle(work->table);
    status = sync->warehouse->ops->fit(sync->warehouse, work->table, error);
    work->shape.drops_refused = work->table->key_count == 0;
    if (status == STATUS_OK)
        status = shape_bind(&work->shape, work->table, error);
    if (status == STATUS_OK)
        error_clear(error);
}
