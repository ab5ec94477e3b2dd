/* The sum of events is zlib's, at every length and in parts. */
#include "unit.h"

#include <zlib.h>

#include "source/binlog_sum.h"

#define SIZE 300

static void every_length_has_the_sum_of_zlib(void **state)
{
    uint8_t data[SIZE];

    (void)state;
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i * i + 7 * i + (i >> 3));
    for (size_t size = 0; size <= SIZE; size++)
        assert_int_equal(binlog_sum(0, (struct bytes){data, size}),
                         crc32(0, data, (uInt)size));
    for (size_t cut = 0; cut <= SIZE; cut++) {
        uint32_t sum = binlog_sum(0, (struct bytes){data, cut});
        sum = binlog_sum(sum, (struct bytes){data + cut, SIZE - cut});
        assert_int_equal(sum, crc32(0, data, SIZE));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_has_the_sum_of_zlib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
