/*
 * A statement of any bytes has a class, and names only where there is one.
 * Built with clang -fsanitize=fuzzer,address,undefined.
 *
 * Input: a byte of options, one of a collation, the text.
 */
#include <stdlib.h>
#include <string.h>

#include "source/binlog_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct binlog_dialect dialect = {.version = 0};
    struct binlog_words words;
    uint8_t *text;

    if (size < 2)
        return 0;
    dialect.is_mariadb = data[0] & 1;
    dialect.has_ansi_quotes = data[0] & 2;
    dialect.has_no_backslash = data[0] & 4;
    dialect.version = data[0] & 8 ? 0 : data[0] & 1 ? 101119 : 90704;
    dialect.charset = data[1];
    text = malloc(size - 1);
    memcpy(text, data + 2, size - 2);
    binlog_words_read(&words, (struct bytes){text, size - 2}, &dialect);
    if (strlen(query_class_text(words.class)) == 0)
        abort();
    for (size_t i = 0; i < words.name_count; i++)
        if (words.class == QUERY_UNKNOWN ||
            (!words.names[i].name && !words.names[i].database) ||
            (words.names[i].new_database && !words.names[i].new_name))
            abort();
    if (words.xa.global_bytes > QUERY_XA_BYTES ||
        words.xa.branch_bytes > QUERY_XA_BYTES)
        abort();
    binlog_words_release(&words);
    free(text);
    return 0;
}
