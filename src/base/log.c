/* The log: one line a call, made in memory and written by one write, so that
 * lines of threads and processes do not mix. Texts are freed of secrets and
 * of what a terminal would obey before any format sees them. */

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/utf8.h"

#define LINE_BYTES_MAX 65536u
#define ERROR_ID_LENGTH 6u /* TM1234 */

struct line {
    enum log_level level;
    char time[32];
    const char *about;   /* NULL: nothing in particular */
    const char *message;
    char error_id[ERROR_ID_LENGTH + 1]; /* "" where none is named */
};

struct log {
    pthread_mutex_t mutex;
    enum log_level level;
    enum log_format format;
    int file;
    bool is_journal;
    void (*hide)(void);
    void (*show)(void);
};

static struct log state = {
    .mutex = PTHREAD_MUTEX_INITIALIZER,
    .level = LOG_INFO,
    .format = LOG_TEXT,
    .file = STDERR_FILENO,
};

static const char *const level_names[] = {"error", "warning", "info",
                                          "debug"};
/* Priorities of syslog, which the journal reads from "<N>". */
static const int priorities[] = {3, 4, 6, 7};

/* systemd names device and inode of the stream that is the journal's. */
static bool is_journal(int file)
{
    const char *name = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat facts;

    if (name == NULL || fstat(file, &facts) != 0)
        return false;
    snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)facts.st_dev,
             (uintmax_t)facts.st_ino);
    return text_equal(own, name);
}

enum status log_open(const struct log_options *options, struct error *error)
{
    int file = STDERR_FILENO;

    if (options->file != NULL) {
        file = open(options->file,
                    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        if (file < 0)
            return error_set(error, ERROR_MACHINE,
                             "could not open log file \"%s\": %s",
                             options->file, strerror(errno));
    }
    log_close();
    pthread_mutex_lock(&state.mutex);
    state.level = options->level;
    state.format = options->format;
    state.file = file;
    state.is_journal = is_journal(file);
    pthread_mutex_unlock(&state.mutex);
    return STATUS_OK;
}

void log_close(void)
{
    pthread_mutex_lock(&state.mutex);
    if (state.file != STDERR_FILENO)
        close(state.file);
    state.file = STDERR_FILENO;
    state.level = LOG_INFO;
    state.format = LOG_TEXT;
    state.is_journal = false;
    pthread_mutex_unlock(&state.mutex);
}

bool log_shows(enum log_level level)
{
    bool shows;

    pthread_mutex_lock(&state.mutex);
    shows = level <= state.level;
    pthread_mutex_unlock(&state.mutex);
    return shows;
}

void log_set_guard(void (*hide)(void), void (*show)(void))
{
    pthread_mutex_lock(&state.mutex);
    state.hide = hide;
    state.show = show;
    pthread_mutex_unlock(&state.mutex);
}

/* The id in brackets, "(TM2104)", as every failure ends in one. */
static void find_error_id(struct line *line)
{
    const char *place = line->message;
    char id[ERROR_ID_LENGTH + 1];

    while ((place = strstr(place, "(TM")) != NULL) {
        text_copy(id, sizeof(id), place + 1);
        if (error_id_find(id) != ERROR_NONE)
            text_copy(line->error_id, sizeof(line->error_id), id);
        place++;
    }
}

/* In double quotes; both formats know these escapes. */
static void add_quoted(struct buffer *buffer, const char *text)
{
    buffer_add_byte(buffer, '"');
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            buffer_add_text(buffer, "\\n");
            continue;
        }
        if (*text == '"' || *text == '\\')
            buffer_add_byte(buffer, '\\');
        buffer_add_byte(buffer, (uint8_t)*text);
    }
    buffer_add_byte(buffer, '"');
}

static void add_json(struct buffer *buffer, const struct line *line)
{
    buffer_add_format(buffer,
                      "{\"schema_version\":1,\"ts\":\"%s\",\"level\":\"%s\"",
                      line->time, level_names[line->level]);
    if (line->about != NULL) {
        buffer_add_text(buffer, ",\"stream\":");
        add_quoted(buffer, line->about);
    }
    buffer_add_text(buffer, ",\"msg\":");
    add_quoted(buffer, line->message);
    if (line->error_id[0] != '\0')
        buffer_add_format(buffer, ",\"err\":\"%s\"", line->error_id);
    buffer_add_text(buffer, "}\n");
}

static void add_logfmt(struct buffer *buffer, const struct line *line)
{
    buffer_add_format(buffer, "schema_version=1 ts=%s level=%s", line->time,
                      level_names[line->level]);
    if (line->about != NULL) {
        buffer_add_text(buffer, " stream=");
        add_quoted(buffer, line->about);
    }
    buffer_add_text(buffer, " msg=");
    add_quoted(buffer, line->message);
    if (line->error_id[0] != '\0')
        buffer_add_format(buffer, " err=%s", line->error_id);
    buffer_add_byte(buffer, '\n');
}

/* Further lines of a message are indented: none can pass for a message. */
static void add_text(struct buffer *buffer, const struct line *line)
{
    if (line->about != NULL)
        buffer_add_format(buffer, "%s: ", line->about);
    for (const char *text = line->message; *text != '\0'; text++) {
        buffer_add_byte(buffer, (uint8_t)*text);
        if (*text != '\n')
            continue;
        if (state.is_journal)
            buffer_add_format(buffer, "<%d>", priorities[line->level]);
        if (!text_starts(text + 1, "  "))
            buffer_add_text(buffer, "  ");
    }
    buffer_add_byte(buffer, '\n');
}

static void write_all(int file, struct bytes bytes)
{
    while (bytes.size > 0) {
        ssize_t written = write(file, bytes.data, bytes.size);

        if (written < 0 && errno == EINTR)
            continue;
        /* A log that cannot be written must not stop the work. */
        if (written <= 0)
            return;
        bytes.data += written;
        bytes.size -= (size_t)written;
    }
}

static void write_line(const struct line *line)
{
    struct buffer buffer;

    buffer_init(&buffer, LINE_BYTES_MAX);
    pthread_mutex_lock(&state.mutex);
    if (state.is_journal && state.format != LOG_JSON)
        buffer_add_format(&buffer, "<%d>", priorities[line->level]);
    if (state.format == LOG_JSON)
        add_json(&buffer, line);
    else if (state.format == LOG_LOGFMT)
        add_logfmt(&buffer, line);
    else
        add_text(&buffer, line);
    if (state.hide != NULL)
        state.hide();
    write_all(state.file, buffer_bytes(&buffer));
    if (state.show != NULL)
        state.show();
    pthread_mutex_unlock(&state.mutex);
    buffer_release(&buffer);
}

static char *cleaned(char *text, int keep_lines)
{
    if (text != NULL) {
        secret_redact(text);
        utf8_clean(text, keep_lines);
    }
    return text;
}

void log_line(enum log_level level, const char *about, const char *format,
              ...)
{
    struct line line = {.level = level};
    char *message = NULL;
    char *subject;
    va_list arguments;

    if (!log_shows(level))
        return;
    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = memory_text("a message could not be formatted");
    va_end(arguments);
    if (strlen(message) > LINE_BYTES_MAX / 4)
        message[LINE_BYTES_MAX / 4] = '\0';
    subject = cleaned(memory_text(about), 0);
    line.message = cleaned(message, 1);
    line.about = subject;
    clock_text(line.time, clock_utc_us());
    find_error_id(&line);
    write_line(&line);
    memory_free(subject);
    memory_free(message);
}
