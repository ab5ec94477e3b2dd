/* Answers typed by a person. A secret is read without echo into a buffer that
 * is wiped; the terminal is put back whatever happens. */
#include "ask.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_BYTES_MAX 1024

bool ask_line(const char *question, char *target, size_t size)
{
    size_t length = 0;
    char byte = 0;
    fprintf(stderr, "%s", question);
    (void)fflush(stderr);
    while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n')
        if (length + 1 < size)
            target[length++] = byte;
    target[length] = '\0';
    return length > 0;
}

struct secret *ask_secret(const char *question)
{
    struct termios before;
    char typed[SECRET_BYTES_MAX];
    struct secret *secret = NULL;
    bool has_terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (has_terminal) {
        struct termios silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    if (ask_line(question, typed, sizeof typed))
        secret = secret_new(typed, strlen(typed));
    explicit_bzero(typed, sizeof typed);
    if (has_terminal) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    return secret;
}
