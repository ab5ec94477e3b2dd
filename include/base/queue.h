#ifndef TIDEMARK_BASE_QUEUE_H
#define TIDEMARK_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

/* A bounded first-in first-out of pointers between threads. Ownership of a
 * pointer goes to the queue with push and to the taker with pop. */
struct queue;

struct queue *queue_new(size_t capacity);
/* All threads must have let go. Pointers still inside are not freed. */
void queue_free(struct queue *queue);
/* Waits while full; false when the queue is closed (pointer stays yours). */
bool queue_push(struct queue *queue, void *pointer);
/* Waits while empty; NULL when closed and empty. */
void *queue_pop(struct queue *queue);
/* As pop, but NULL at once when empty. */
void *queue_try_pop(struct queue *queue);
/* No more pushes; pops drain what is left. May be called twice. */
void queue_close(struct queue *queue);

#endif
