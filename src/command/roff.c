/* The few macros that the manual needs. */
#include "roff.h"

#include <stdio.h>

/* A dash is a minus sign to copy and paste; a line may not begin with what
 * begins a macro. */
static void put_text(const char *text)
{
    if (*text == '.' || *text == '\'')
        (void)fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\')
            (void)fputs("\\e", stdout);
        else if (*text == '-')
            (void)fputs("\\-", stdout);
        else
            (void)putchar(*text);
    }
}

void roff_title(const char *name, const char *section, const char *group)
{
    printf(".\\\" Made by scripts/generate-docs.\n"
           ".TH %s %s \"\" tidemark \"%s\"\n", name, section, group);
}

void roff_section(const char *title)
{
    printf(".SH %s\n", title);
}

void roff_text(const char *text)
{
    printf(".PP\n");
    put_text(text);
    (void)putchar('\n');
}

void roff_term(const char *term, const char *argument, const char *text)
{
    printf(".TP\n\\fB");
    put_text(term);
    printf("\\fR");
    if (argument && *argument) {
        printf(" \\fI");
        put_text(argument);
        printf("\\fR");
    }
    (void)putchar('\n');
    put_text(text);
    (void)putchar('\n');
}

void roff_example(const char *text)
{
    printf(".PP\n.nf\n.RS 4\n");
    put_text(text);
    printf("\n.RE\n.fi\n");
}
