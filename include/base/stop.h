#ifndef TIDEMARK_BASE_STOP_H
#define TIDEMARK_BASE_STOP_H

#include <stdbool.h>

#include "base/error.h"

/* The stop flag: the one thing beside the log that is global. SIGTERM and
 * SIGINT set it; a second SIGINT ends the process at once with 130. SIGPIPE
 * is ignored. */
void stop_install(void);
/* From now on a second SIGTERM ends the process as a second SIGINT does. */
void stop_end_on_second(void);
bool stop_is_requested(void);
/* The signal that asked, or 0. */
int stop_signal(void);
/* For tests and for drains started from inside. */
void stop_request(int signal_number);
/* Readable when a stop was requested, for poll(); -1 before install. */
int stop_descriptor(void);
/* STATUS_OK, or STATUS_STOPPED with `error` set. */
enum status stop_check(struct error *error) MUST_CHECK;

#endif
