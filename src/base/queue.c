/* A ring under one mutex. Broadcasts go out at close alone; a push or pop
 * wakes one waiter of the other side. */

#include "base/queue.h"

#include <pthread.h>

#include "base/memory.h"

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t has_room;
    pthread_cond_t has_content;
    size_t capacity;
    size_t first;
    size_t count;
    bool is_closed;
    void *pointers[];
};

struct queue *queue_new(size_t capacity)
{
    size_t slots = capacity > 0 ? capacity : 1;
    size_t slots_bytes;
    size_t bytes;
    struct queue *queue;

    if (__builtin_mul_overflow(slots, sizeof(void *), &slots_bytes) ||
        __builtin_add_overflow(slots_bytes, sizeof(*queue), &bytes))
        bytes = (size_t)-1;
    queue = memory_new(bytes, 1);
    queue->capacity = slots;
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->has_room, NULL);
    pthread_cond_init(&queue->has_content, NULL);
    return queue;
}

void queue_free(struct queue *queue)
{
    pthread_cond_destroy(&queue->has_content);
    pthread_cond_destroy(&queue->has_room);
    pthread_mutex_destroy(&queue->mutex);
    memory_free(queue);
}

bool queue_push(struct queue *queue, void *pointer)
{
    bool is_taken;

    pthread_mutex_lock(&queue->mutex);
    while (queue->count == queue->capacity && !queue->is_closed)
        pthread_cond_wait(&queue->has_room, &queue->mutex);
    is_taken = !queue->is_closed;
    if (is_taken) {
        size_t last = (queue->first + queue->count) % queue->capacity;

        queue->pointers[last] = pointer;
        queue->count++;
        pthread_cond_signal(&queue->has_content);
    }
    pthread_mutex_unlock(&queue->mutex);
    return is_taken;
}

static void *take_first(struct queue *queue)
{
    void *pointer;

    if (queue->count == 0)
        return NULL;
    pointer = queue->pointers[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    pthread_cond_signal(&queue->has_room);
    return pointer;
}

void *queue_pop(struct queue *queue)
{
    void *pointer;

    pthread_mutex_lock(&queue->mutex);
    while (queue->count == 0 && !queue->is_closed)
        pthread_cond_wait(&queue->has_content, &queue->mutex);
    pointer = take_first(queue);
    pthread_mutex_unlock(&queue->mutex);
    return pointer;
}

void *queue_try_pop(struct queue *queue)
{
    void *pointer;

    pthread_mutex_lock(&queue->mutex);
    pointer = take_first(queue);
    pthread_mutex_unlock(&queue->mutex);
    return pointer;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->is_closed = true;
    pthread_cond_broadcast(&queue->has_room);
    pthread_cond_broadcast(&queue->has_content);
    pthread_mutex_unlock(&queue->mutex);
}
