/*
 * Runs a fuzzer's target over files, for coverage and for compilers without
 * libFuzzer: replay FILE...
 */
#include <stdint.h>
#include <stdio.h>

#include "base/memory.h"

#define FILE_BYTES_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* Mutators call it; here nothing is mutated. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
    (void)data;
    return size < max_size ? size : max_size;
}

int main(int count, char **paths)
{
    uint8_t *data = memory_new(FILE_BYTES_MAX, 1);

    for (int i = 1; i < count; i++) {
        FILE *file = fopen(paths[i], "rb");
        size_t size;

        if (!file) {
            perror(paths[i]);
            return 1;
        }
        size = fread(data, 1, FILE_BYTES_MAX, file);
        fclose(file);
        LLVMFuzzerTestOneInput(data, size);
    }
    memory_free(data);
    return 0;
}
