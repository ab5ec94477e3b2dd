/* `explain`: what an error means and what to do about it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "commands.h"
#include "document.h"

/* "tm2107" and "2107" are understood too. */
static enum error_id find_id(const char *text)
{
    char id[16];
    bool has_prefix = !isdigit((unsigned char)text[0]);
    (void)snprintf(id, sizeof id, "%s%s", has_prefix ? "" : "TM", text);
    for (char *c = id; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return error_id_find(id);
}

static const char *effect_of(enum error_id id)
{
    switch (error_id_status(id)) {
    case STATUS_TABLE:
        return "Its table stands still, the other tables go on.";
    case STATUS_TEMPORARY:
    case STATUS_PENDING:
        return "Tried again for a while; the same call may succeed later.";
    case STATUS_STOPPED:
    case STATUS_BUSY:
        return "Nothing is lost; the next run goes on from the checkpoint.";
    default:
        return "Nothing was read or written until it is mended.";
    }
}

static void print_one(const struct command_line *line, enum error_id id)
{
    enum status status = error_id_status(id);
    if (!line->json) {
        printf("%s: %s\n  effect: %s\n  next:   %s\n  exit:   %d\n",
               error_id_text(id), error_id_summary(id), effect_of(id),
               error_id_advice(id), status_exit_code(status));
        return;
    }
    json_t *document = document_new(line->command, 0);
    document_text(document, "id", error_id_text(id));
    document_text(document, "text", error_id_summary(id));
    document_text(document, "effect", effect_of(id));
    document_text(document, "next", error_id_advice(id));
    document_number(document, "code", status_exit_code(status));
    document_bool(document, "is_temporary", status_is_retryable(status));
    document_print(document);
}

enum status command_explain(const struct command_line *line, int *exit_code,
                            struct error *error)
{
    (void)exit_code;
    if (line->argument_count != 1) {
        (void)error_set(error, ERROR_USAGE,
                        "explain needs the id of one error");
        error_next(error, "tidemark explain TM2107");
        return error->status;
    }
    enum error_id id = find_id(line->arguments[0]);
    if (id == ERROR_NONE) {
        (void)error_set(error, ERROR_USAGE, "there is no error \"%s\"",
                        line->arguments[0]);
        error_next(error, "use the id in brackets at the end of a message, "
                   "such as TM2107");
        return error->status;
    }
    print_one(line, id);
    return STATUS_OK;
}
