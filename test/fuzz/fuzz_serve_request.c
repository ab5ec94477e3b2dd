/* Any line at the daemon's socket: refused, or a request that is written and
 * read back as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "serve/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct request *request)
{
    char *text = request_text(request);
    struct request again;
    struct error error;

    if (request_parse(text, strlen(text), &again, &error) != STATUS_OK ||
        again.kind != request->kind || again.rate != request->rate ||
        again.table_count != request->table_count)
        abort();
    for (size_t i = 0; i < again.table_count; i++)
        if (!text_equal(again.tables[i], request->tables[i]))
            abort();
    request_release(&again);
    memory_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request;
    struct error error;

    error_clear(&error);
    if (request_parse((const char *)data, size, &request, &error) ==
        STATUS_OK) {
        if (request.table_count > REQUEST_TABLES_MAX)
            abort();
        check_again(&request);
    } else if (error.id != ERROR_USAGE || request.tables != NULL) {
        abort();
    }
    request_release(&request);
    return 0;
}
