#ifndef TIDEMARK_STATE_STATE_DISK_H
#define TIDEMARK_STATE_STATE_DISK_H

/*
 * Name of the VFS by which SQLite reaches the disk; NULL is its own. In a
 * build with failpoints it is one that passes everything on to that, but
 * fails where these points say so (base/failpoint.h), for every file of the
 * state:
 *
 *     state.disk.write      a write; half of it arrives
 *     state.disk.map        memory shared between processes grows
 *     state.disk.sync       an fsync
 *     state.disk.truncate   a file is made shorter
 *
 * On a full disk each write and each growth fails until the process ends.
 */
#ifdef TIDEMARK_FAILPOINTS
const char *state_disk(void);
#else
#include <stddef.h>
#define state_disk() NULL
#endif

#endif
