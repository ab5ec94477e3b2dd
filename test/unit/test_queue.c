/* The queue between threads. */

#include "unit.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/queue.h"

#define ITEMS 20000
#define WRITERS 3

static int items[WRITERS][ITEMS];

struct writer {
    struct queue *queue;
    int number;
};

static void *write_items(void *argument)
{
    struct writer *writer = argument;

    for (int i = 0; i < ITEMS; i++) {
        items[writer->number][i] = i;
        if (!queue_push(writer->queue, &items[writer->number][i]))
            return writer;
    }
    return NULL;
}

static void pointers_come_out_in_order_of_each_writer(void **state)
{
    struct queue *queue = queue_new(7);
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    int next[WRITERS] = {0};
    void *result;

    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){queue, i};
        pthread_create(&threads[i], NULL, write_items, &writers[i]);
    }
    for (int taken = 0; taken < WRITERS * ITEMS; taken++) {
        int *item = queue_pop(queue);

        assert_non_null(item);
        for (int i = 0; i < WRITERS; i++) {
            if (item >= items[i] && item < items[i] + ITEMS)
                assert_int_equal(*item, next[i]++);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(next[i], ITEMS);
        pthread_join(threads[i], &result);
        assert_null(result);
    }
    assert_null(queue_try_pop(queue));
    queue_free(queue);
}

static void a_closed_queue_is_drained_and_takes_nothing(void **state)
{
    struct queue *queue = queue_new(2);
    int one = 1;
    int two = 2;

    (void)state;
    assert_true(queue_push(queue, &one));
    assert_true(queue_push(queue, &two));
    queue_close(queue);
    queue_close(queue);
    assert_false(queue_push(queue, &one));
    assert_ptr_equal(queue_pop(queue), &one);
    assert_ptr_equal(queue_try_pop(queue), &two);
    assert_null(queue_pop(queue));
    queue_free(queue);
}

static void *pop_one(void *queue)
{
    return queue_pop(queue);
}

static void closing_wakes_who_waits_on_either_side(void **state)
{
    struct queue *empty = queue_new(1);
    struct queue *full = queue_new(1);
    struct writer writer = {full, 0};
    pthread_t threads[2];
    void *result = &writer;

    (void)state;
    pthread_create(&threads[0], NULL, pop_one, empty);
    pthread_create(&threads[1], NULL, write_items, &writer);
    usleep(20000);
    queue_close(empty);
    queue_close(full);
    pthread_join(threads[0], &result);
    assert_null(result);
    pthread_join(threads[1], &result);
    assert_ptr_equal(result, &writer);
    queue_free(empty);
    queue_free(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pointers_come_out_in_order_of_each_writer),
        cmocka_unit_test(a_closed_queue_is_drained_and_takes_nothing),
        cmocka_unit_test(closing_wakes_who_waits_on_either_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
