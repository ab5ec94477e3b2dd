/* The only home of secrets. Each has pages of its own, so that unlocking one
 * does not unlock another, and all stand in one list, the longest first: a
 * secret that begins another must not hide the other's rest. */

#include "base/secret.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"

/* Shorter ones would blot out words by chance. */
#define REDACTED_BYTES_MIN 4u

struct secret {
    struct secret *next;
    size_t length;
    size_t mapped_bytes;
    char *text;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct secret *secrets;

/* Zeroed, out of core files, and never on the swap where the limit of locked
 * memory allows it. */
static char *map_pages(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED)
        return memory_new(SIZE_MAX, SIZE_MAX);
    mlock(pages, bytes);
    madvise(pages, bytes, MADV_DONTDUMP);
    return pages;
}

static void remember(struct secret *secret)
{
    struct secret **place = &secrets;

    pthread_mutex_lock(&mutex);
    while (*place != NULL && (*place)->length > secret->length)
        place = &(*place)->next;
    secret->next = *place;
    *place = secret;
    pthread_mutex_unlock(&mutex);
}

static void forget(struct secret *secret)
{
    struct secret **place = &secrets;

    pthread_mutex_lock(&mutex);
    while (*place != NULL && *place != secret)
        place = &(*place)->next;
    if (*place != NULL)
        *place = secret->next;
    pthread_mutex_unlock(&mutex);
}

struct secret *secret_new(const char *text, size_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct secret *secret = memory_new(1, sizeof(*secret));

    secret->length = length;
    secret->mapped_bytes = (length / page + 1) * page;
    secret->text = map_pages(secret->mapped_bytes);
    memcpy(secret->text, text, length);
    remember(secret);
    return secret;
}

const char *secret_reveal(const struct secret *secret)
{
    return secret == NULL ? NULL : secret->text;
}

void secret_free(struct secret *secret)
{
    if (secret == NULL)
        return;
    forget(secret);
    explicit_bzero(secret->text, secret->mapped_bytes);
    munmap(secret->text, secret->mapped_bytes);
    memory_free(secret);
}

static void blot_out(char *text, const struct secret *secret)
{
    char *end = text + strlen(text);

    while ((text = memmem(text, (size_t)(end - text), secret->text,
                          secret->length)) != NULL) {
        memset(text, '*', secret->length);
        text += secret->length;
    }
}

void secret_redact(char *text)
{
    pthread_mutex_lock(&mutex);
    for (const struct secret *secret = secrets; secret != NULL;
         secret = secret->next) {
        if (secret->length >= REDACTED_BYTES_MIN)
            blot_out(text, secret);
    }
    pthread_mutex_unlock(&mutex);
}

void secret_protect_process(void)
{
    static const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
#ifndef TIDEMARK_SANITIZERS
    /* The leak check of a sanitizer is a tracer. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
