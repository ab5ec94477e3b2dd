/*
 * Binary JSON of any bytes: written or refused, within the document and within
 * a text that the document's size bounds. Built with clang
 * -fsanitize=fuzzer,address,undefined. The mutator makes documents whose sizes
 * and offsets are right.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "made_json.h"
#include "source/binlog_json.h"

/* The widest: a control character becomes six. */
#define GROWTH 24u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer text;
    uint8_t *exact = memory_new(size, 1);

    memcpy(exact, data, size);
    buffer_init(&text, SIZE_MAX / 2);
    if (binlog_json_text((struct bytes){exact, size}, &text) &&
        text.size > 64 + GROWTH * size)
        abort();
    buffer_release(&text);
    memory_free(exact);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    return made_mutate(data, size, max_size, seed, made_json);
}
