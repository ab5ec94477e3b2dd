/*
 * Runs one program and writes what it cost:
 *
 *     bench_run RESULT PROGRAM [ARGUMENT]...
 *
 * RESULT becomes one line: seconds of wall clock, user CPU and system CPU,
 * largest resident size in KiB, exit code (128 + n by a signal). The numbers
 * are those of the program and of all children that it waited for. It must
 * stay small: a child begins with the peak of the process that forked it.
 *
 * BENCH_CGROUP names a file cgroup.procs: the program is put there first.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void enter_cgroup(void)
{
    const char *path = getenv("BENCH_CGROUP");
    int file = path ? open(path, O_WRONLY) : -1;

    if (!path)
        return;
    if (file < 0 || write(file, "0", 1) != 1) {
        perror(path);
        _exit(126);
    }
    close(file);
}

int main(int count, char **arguments)
{
    struct rusage usage;
    int status = 0;

    if (count < 3) {
        fputs("bench_run: RESULT PROGRAM [ARGUMENT]...\n", stderr);
        return 2;
    }
    double begin = now_s();
    pid_t child = fork();
    if (child == 0) {
        enter_cgroup();
        execvp(arguments[2], arguments + 2);
        perror(arguments[2]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("bench_run");
        return 2;
    }
    double wall = now_s() - begin;
    FILE *result = fopen(arguments[1], "w");
    if (!result) {
        perror(arguments[1]);
        return 2;
    }
    fprintf(result, "%.6f %.6f %.6f %ld %d\n", wall, seconds(usage.ru_utime),
            seconds(usage.ru_stime), usage.ru_maxrss,
            WIFEXITED(status) ? WEXITSTATUS(status)
                              : 128 + WTERMSIG(status));
    return fclose(result) == 0 ? 0 : 2;
}
