/* Faults on demand, in test builds only. The environment is read at each hit,
 * so that a test may change it; a rule that cannot be read ends the process:
 * a test with a typing error must not pass. */

#include "base/failpoint.h"

#ifdef TIDEMARK_FAILPOINTS

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define NAMES_MAX 256u
#define RULE_BYTES 128u

struct counter {
    const char *name;
    uint64_t hits;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct counter counters[NAMES_MAX];
static atomic_bool is_disk_full;

static void NORETURN refuse(const char *what, const char *text)
{
    fprintf(stderr, "tidemark: %s in TIDEMARK_FP: %s\n", what, text);
    _exit(status_exit_code(STATUS_INTERNAL));
}

static uint64_t count_hit(const char *name)
{
    uint64_t hits = 0;

    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < NAMES_MAX && hits == 0; i++) {
        if (counters[i].name == NULL)
            counters[i].name = name;
        if (text_equal(counters[i].name, name))
            hits = ++counters[i].hits;
    }
    pthread_mutex_unlock(&mutex);
    if (hits == 0)
        refuse("too many names", name);
    return hits;
}

static void write_log(const char *name)
{
    const char *path = getenv("TIDEMARK_FP_LOG");
    char line[RULE_BYTES];
    int length = snprintf(line, sizeof(line), "%s\n", name);
    int file;

    if (path == NULL)
        return;
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || write(file, line, (size_t)length) != length)
        refuse("no log of failpoints", path);
    close(file);
}

/* The rule "NAME=ACTION" of that name into `rule`, which gets the action. */
static bool find_rule(const char *name, char *rule)
{
    const char *rules = getenv("TIDEMARK_FP");
    size_t name_length = strlen(name);

    while (rules != NULL && *rules != '\0') {
        size_t length = strcspn(rules, ";");

        if (memchr(rules, '=', length) == NULL || length >= RULE_BYTES)
            refuse("no rule", rules);
        if (length > name_length && rules[name_length] == '=' &&
            strncmp(rules, name, name_length) == 0) {
            memcpy(rule, rules + name_length + 1, length - name_length - 1);
            rule[length - name_length - 1] = '\0';
            return true;
        }
        rules += length + (rules[length] == ';');
    }
    return false;
}

/* Whether "@N" or "@N+" of the rule means this hit; cuts it off. */
static bool is_due(char *rule, uint64_t hit)
{
    char *at = strchr(rule, '@');
    uint64_t number;
    bool is_open;

    if (at == NULL)
        return true;
    *at++ = '\0';
    is_open = text_ends(at, "+");
    if (is_open)
        at[strlen(at) - 1] = '\0';
    if (!text_to_u64(at, &number) || number == 0)
        refuse("no number", at);
    return is_open ? hit >= number : hit == number;
}

static enum status act(const char *name, const char *action,
                       struct error *error)
{
    uint64_t milliseconds;

    if (text_equal(action, "full")) {
        atomic_store(&is_disk_full, true);
        return STATUS_OK;
    }
    if (text_equal(action, "stop")) {
        raise(SIGSTOP);
        return STATUS_OK;
    }
    if (text_equal(action, "kill")) {
        kill(getpid(), SIGKILL);
        pause();
    }
    if (text_equal(action, "exit"))
        _exit(status_exit_code(STATUS_INTERNAL));
    if (text_equal(action, "error"))
        return error_set(error, ERROR_FAILPOINT, "failpoint %s was hit",
                         name);
    if (!text_starts(action, "sleep:") ||
        !text_to_u64(action + strlen("sleep:"), &milliseconds))
        refuse("no action", action);
    clock_sleep_ms(milliseconds);
    return STATUS_OK;
}

bool failpoint_is_disk_full(void)
{
    return atomic_load(&is_disk_full);
}

enum status failpoint_hit(const char *name, struct error *error)
{
    char rule[RULE_BYTES];
    uint64_t hit = count_hit(name);

    write_log(name);
    if (!find_rule(name, rule) || !is_due(rule, hit))
        return STATUS_OK;
    return act(name, rule, error);
}

#endif
