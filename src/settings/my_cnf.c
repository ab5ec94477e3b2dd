/* ~/.my.cnf as the clients of MySQL and MariaDB read it, as far as it tells
 * the password of section [client]. */

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "endpoint.h"
#include "file.h"

#define MY_CNF_BYTES_MAX ((size_t)64 << 10)

static char *trim(char *text)
{
    char *end = text + strlen(text);

    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

/* Both kinds of quotes around the whole value are taken off. */
static char *unquote(char *text)
{
    size_t size = strlen(text);

    if (size >= 2 && (text[0] == '"' || text[0] == '\'') &&
        text[size - 1] == text[0]) {
        text[size - 1] = '\0';
        text++;
    }
    return text;
}

/* The escapes that option files know; others stay as they are. */
static void add_unescaped(struct buffer *target, const char *text)
{
    static const char letters[] = "btnrs\\\"'";
    static const char meanings[] = "\b\t\n\r \\\"'";

    for (; *text != '\0'; text++) {
        const char *letter =
            text[0] == '\\' && text[1] != '\0' ? strchr(letters, text[1])
                                               : NULL;

        if (letter != NULL)
            text++;
        buffer_add_byte(target, (uint8_t)(letter == NULL
                                              ? *text
                                              : meanings[letter - letters]));
    }
}

/* The value of "password = value", or NULL. */
static char *password_of(char *line)
{
    char *equals = strchr(line, '=');

    if (equals == NULL)
        return NULL;
    *equals = '\0';
    return text_equal(trim(line), "password") ? unquote(trim(equals + 1))
                                              : NULL;
}

/* The last one counts, as it does for the clients. */
static bool find(char *text, struct buffer *target)
{
    bool is_client = false;
    bool is_found = false;
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *password;

        line = trim(line);
        if (line[0] == '[')
            is_client = text_equal(line, "[client]");
        if (!is_client || line[0] == '#' || line[0] == ';')
            continue;
        password = password_of(line);
        if (password == NULL)
            continue;
        buffer_clear(target);
        add_unescaped(target, password);
        is_found = true;
    }
    return is_found;
}

enum status my_cnf_read(const char *path, struct buffer *target,
                        bool *is_found, struct error *error)
{
    struct file file;
    enum status status = file_read(&file, path, MY_CNF_BYTES_MAX,
                                   ERROR_SECRET_MISSING, error);

    *is_found = false;
    if (status != STATUS_OK)
        return status;
    buffer_add_byte(&file.content, '\0');
    *is_found = find((char *)file.content.data, target);
    if (*is_found && file.is_shared) {
        status = error_set(error, ERROR_SECRET_EXPOSED,
                           "\"%s\" holds a password and can be read by its "
                           "group or by everybody", path);
        error_next(error, "chmod 600 %s", path);
    }
    file_wipe(&file);
    return status;
}
