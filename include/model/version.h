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
 * clock   followed tables: cumulative bytes of the log, see below; tables that
 *         are not followed: the number of the reading of the source, at least
 *         1, reserved in the state before its snapshot opens
 * reading 0 for tables that are not followed and for rows from the log; 1 to
 *         31 for scans at one place of the log
 *
 * The clock of a log is a frozen format: a second reading from a saved place
 * must count the same. It counts, since the epoch began, header and body
 * without checksum of the events that hold what was done:
 *
 *   counted      GTID, QUERY, TABLE_MAP, rows, XID, XA_PREPARE, what goes with
 *                a statement (INTVAR, RAND, USER_VAR, LOAD DATA), INCIDENT
 *   not counted  FORMAT_DESCRIPTION, ROTATE, STOP, PREVIOUS_GTIDS, GTID_LIST,
 *                CHECKPOINT, START_ENCRYPTION, heartbeats, annotations, and
 *                whatever is artificial or ignorable: they depend on restarts
 *                and on the way of asking
 *   compressed   as what it holds: rows and queries by the size they declare,
 *                a payload by its inner events, its frame not at all
 *   prepared XA  nothing when it is prepared, all its bytes at its commit; a
 *                rollback counts its own QUERY alone
 *
 * A row image has the clock of its event's start plus its offset in the event
 * as it is uncompressed, so that the before image of an update lies before its
 * after image and no two images tie. The clock of a place is that of the end
 * of its transaction; images behind it are above it.
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
