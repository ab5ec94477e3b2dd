/* Runs a person's own program for a password. No shell; what it prints on
 * standard error stays visible, what it prints on standard output is never
 * shown. It has ended, by itself or by force, when this returns. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/stop.h"
#include "endpoint.h"

#define TIME_LIMIT_US INT64_C(30000000)
#define LOOK_MS 20
#define OUTPUT_BYTES_MAX 4096u

extern char **environ;

struct run {
    pid_t pid;
    int output; /* our end of the pipe */
    char text[OUTPUT_BYTES_MAX];
    size_t size; /* what comes behind the first bytes is dropped */
    int exit_status;
    bool has_ended;
};

static int spawn(struct run *run, int output, char *const *arguments)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    int problem;

    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    problem = posix_spawnp(&run->pid, arguments[0], &actions, &attributes,
                           arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return problem;
}

/* 0, or the errno of what failed. */
static int start(struct run *run, char *const *arguments, size_t count)
{
    char **list = memory_new(count + 1, sizeof(*list));
    int pipes[2];
    int problem;

    memcpy(list, arguments, count * sizeof(*list));
    problem = pipe2(pipes, O_CLOEXEC) == 0 ? 0 : errno;
    if (problem == 0) {
        problem = spawn(run, pipes[1], list);
        close(pipes[1]);
        if (problem != 0)
            close(pipes[0]);
    }
    run->output = pipes[0];
    memory_free(list);
    return problem;
}

/* False when nothing came: within `wait_ms`, or because it closed the pipe. */
static bool read_some(struct run *run, int wait_ms)
{
    struct pollfd output = {.fd = run->output, .events = POLLIN};
    char text[512];
    size_t room = sizeof(run->text) - run->size;
    ssize_t got = 0;

    if (poll(&output, 1, wait_ms) > 0)
        got = read(run->output, text, sizeof(text));
    if (got > 0) {
        size_t kept = (size_t)got < room ? (size_t)got : room;

        memcpy(run->text + run->size, text, kept);
        run->size += kept;
    }
    explicit_bzero(text, sizeof(text));
    return got > 0;
}

/* Reads until it has ended; false when its time is over or we are to stop. */
static bool follow(struct run *run)
{
    int64_t until_us = clock_monotonic_us() + TIME_LIMIT_US;

    while (clock_monotonic_us() < until_us && !stop_is_requested()) {
        if (!run->has_ended)
            run->has_ended =
                waitpid(run->pid, &run->exit_status, WNOHANG) == run->pid;
        if (read_some(run, run->has_ended ? 0 : LOOK_MS))
            continue;
        if (run->has_ended)
            return true;
        clock_sleep_ms(1);
    }
    return false;
}

static void end(struct run *run)
{
    if (!run->has_ended) {
        kill(run->pid, SIGKILL);
        while (waitpid(run->pid, &run->exit_status, 0) < 0 && errno == EINTR)
            ;
    }
    close(run->output);
}

static enum status judge(const struct run *run, const char *program,
                         bool is_done, struct error *error)
{
    bool is_clean = is_done && WIFEXITED(run->exit_status);

    if (stop_is_requested())
        return stop_check(error);
    if (!is_done)
        return error_set(error, ERROR_SECRET_MISSING,
                         "password_command \"%s\" was stopped: it gave no "
                         "password within 30 seconds", program);
    if (!is_clean || WEXITSTATUS(run->exit_status) != 0)
        return error_set(error, ERROR_SECRET_MISSING,
                         "password_command \"%s\" failed: it ended with %s %d",
                         program, is_clean ? "code" : "signal",
                         is_clean ? WEXITSTATUS(run->exit_status)
                                  : WTERMSIG(run->exit_status));
    if (run->size == 0 || run->text[0] == '\n')
        return error_set(error, ERROR_SECRET_MISSING,
                         "password_command \"%s\" printed no password",
                         program);
    return STATUS_OK;
}

/* The first line, where all of it was kept. */
static enum status take_line(const struct run *run, const char *program,
                             struct buffer *target, struct error *error)
{
    const char *end = memchr(run->text, '\n', run->size);
    size_t size = end == NULL ? run->size : (size_t)(end - run->text);

    if (size == sizeof(run->text) || memchr(run->text, '\0', size) != NULL)
        return error_set(error, ERROR_SECRET_MISSING,
                         "password_command \"%s\" printed no line of text",
                         program);
    if (size > 0 && run->text[size - 1] == '\r')
        size--;
    buffer_add(target, run->text, size);
    return STATUS_OK;
}

enum status password_command_run(char *const *arguments, size_t count,
                                 struct buffer *target, struct error *error)
{
    struct run run = {.output = -1};
    int problem = start(&run, arguments, count);
    enum status status;
    bool is_done;

    if (problem != 0)
        return error_set(error, ERROR_SECRET_MISSING,
                         "cannot start password_command \"%s\": %s",
                         arguments[0], strerror(problem));
    is_done = follow(&run);
    end(&run);
    status = judge(&run, arguments[0], is_done, error);
    if (status == STATUS_OK)
        status = take_line(&run, arguments[0], target, error);
    explicit_bzero(&run, sizeof(run));
    return status;
}
