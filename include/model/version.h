#ifndef TIDEMARK_MODEL_VERSION_H
#define TIDEMARK_MODEL_VERSION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which of two rows of one key is newer: the highest version wins in the
 * warehouse. 63 bits, so that it is positive as a signed number too:
 *
 *     bit 63  62..53       52..5         4..0
 *     0     | epoch 10   | clock 48    | reading 5
 *
 * epoch   1 to 1023; steps, saved before the first delivery under it, when the
 *         same clock might mean another log or state
 * clock   followed tables: cumulative bytes of the log (defined here when the
 *         log is followed); tables that are not followed: the number of the
 *         reading of the source, at least 1, reserved in the state before its
 *         snapshot opens
 * reading 0 for tables that are not followed and for rows from the log; 1 to
 *         31 for scans at one place of the log
 *
 * Version 0 is no version. Pure functions; arguments out of range are a
 * defect and give 0.
 */
#define VERSION_EPOCH_MAX UINT64_C(1023)
#define VERSION_CLOCK_MAX ((UINT64_C(1) << 48) - 1)
#define VERSION_READING_MAX UINT64_C(31)

uint64_t version_make(uint64_t epoch, uint64_t clock, uint64_t reading);
uint64_t version_epoch(uint64_t version);
uint64_t version_clock(uint64_t version);
uint64_t version_reading(uint64_t version);
/* The lowest epoch whose every version is above `version`: its epoch + 1;
 * 0 where there is none left. */
uint64_t version_epoch_above(uint64_t version);

#endif
