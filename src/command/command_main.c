/*
 * From argv to an exit code: parse, open the log, run one command, print what
 * failed. Descriptors 0 to 2 are open before anything else, so that no file of
 * ours ever gets one of them.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/stop.h"
#include "base/text.h"
#include "command/command.h"
#include "document.h"
#include "screen.h"

static void hold_standard_descriptors(void)
{
    int opened = 0;
    do
        opened = open("/dev/null", O_RDWR);
    while (opened >= 0 && opened <= STDERR_FILENO);
    if (opened > STDERR_FILENO)
        (void)close(opened);
}

static enum status open_log(const struct command_line *line,
                            struct error *error)
{
    struct log_options options = {
        .level = line->is_quiet ? LOG_ERROR : LOG_WARNING,
        .format = line->has_log_format ? line->log_format
                  : isatty(STDERR_FILENO) ? LOG_TEXT
                                          : LOG_LOGFMT,
        .file = line->log_file,
    };
    if (line->command && text_equal(line->command, "daemon") &&
        !line->is_quiet)
        options.level = LOG_INFO;
    if (line->verbose > 0)
        options.level = line->verbose > 1 ? LOG_DEBUG : LOG_INFO;
    return log_open(&options, error);
}

int command_exit_code(enum status status)
{
    if (status == STATUS_STOPPED && stop_signal() > 0)
        return 128 + stop_signal();
    return status_exit_code(status);
}

enum status command_stopped(const struct command_line *line,
                            enum status status, struct error *error)
{
    char elapsed[32];
    if (status != STATUS_STOPPED || stop_signal() != SIGALRM)
        return status;
    (void)error_set_status(error, ERROR_INTERRUPTED, STATUS_TEMPORARY,
                           "gave up after %s, as --timeout asks",
                           text_elapsed(elapsed, line->timeout_ms));
    error_next(error, "start it again; it goes on where it stood");
    return error->status;
}

static void on_alarm(int number)
{
    stop_request(number);
}

/* --timeout asks to stop as a signal does. `status --wait` counts itself. */
static void set_alarm(const struct command_line *line)
{
    struct sigaction action;
    struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)(line->timeout_ms / 1000),
                     .tv_usec = (suseconds_t)(line->timeout_ms % 1000 *
                                              1000)}};
    if (line->timeout_ms == 0 || line->waits)
        return;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGALRM, &action, NULL);
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

void command_failure(const struct command_line *line,
                     const struct error *error)
{
    if (!line->json) {
        screen_failure(NULL, error);
        return;
    }
    json_t *document = document_new(line->command,
                                    command_exit_code(error->status));
    document_error(document, "error", error);
    document_print(document);
}

static int run_command(const struct command *command,
                       const struct command_line *line)
{
    struct error error;
    int exit_code = -1;
    error_clear(&error);
    enum status status = open_log(line, &error);
    set_alarm(line);
    if (status == STATUS_OK)
        status = command->run(line, &exit_code, &error);
    status = command_stopped(line, status, &error);
    if (status != STATUS_OK && error.id != ERROR_NONE)
        command_failure(line, &error);
    log_close();
    return exit_code >= 0 ? exit_code : command_exit_code(status);
}

/* Is standard output a pipe that nobody reads any more? */
static bool is_reader_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/* Data that did not arrive is a failure, but for a reader who went away: he
 * has what he wanted. */
static int finish_output(int exit_code, struct error *error)
{
    bool is_whole = fflush(stdout) == 0 && !ferror(stdout);
    if (is_whole || is_reader_gone())
        return exit_code;
    (void)error_set(error, ERROR_MACHINE, "could not write all of standard "
                    "output");
    error_next(error, "make room where it goes to");
    screen_failure(NULL, error);
    return status_exit_code(error->status);
}

int command_main(int argc, char **argv)
{
    struct command_line line;
    const struct command *command = NULL;
    struct error error;
    error_clear(&error);
    hold_standard_descriptors();
    (void)umask(077);
    secret_protect_process();
    stop_install();
    screen_open();
    memset(&line, 0, sizeof line);
    int exit_code = 0;
    if (command_parse(argc, argv, &line, &command, &error) != STATUS_OK) {
        command_failure(&line, &error);
        exit_code = status_exit_code(error.status);
    } else {
        exit_code = run_command(command, &line);
    }
    exit_code = finish_output(exit_code, &error);
    command_line_release(&line);
    return exit_code;
}
