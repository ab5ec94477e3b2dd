#ifndef TIDEMARK_COMMAND_COMPLETION_H
#define TIDEMARK_COMMAND_COMPLETION_H

/* Prints the completion for bash, made from the tables of commands and
 * options; names of tables come from `tidemark names` when it is used. */
void completion_bash(void);

#endif
