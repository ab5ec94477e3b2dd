#ifndef TIDEMARK_COMMAND_ROFF_H
#define TIDEMARK_COMMAND_ROFF_H

/* Manual pages on standard output, by the macros of man(7). */

void roff_title(const char *name, const char *section, const char *group);
void roff_section(const char *title);
/* A paragraph; a text is escaped, so that nothing in it is a macro. */
void roff_text(const char *text);
/* A term in bold, its argument (may be NULL) behind, and what is said of it. */
void roff_term(const char *term, const char *argument, const char *text);
/* Lines as they are. */
void roff_example(const char *text);

#endif
