#ifndef TIDEMARK_SYNC_DAEMON_H
#define TIDEMARK_SYNC_DAEMON_H

#include "sync/steer.h"
#include "sync/sync.h"

/*
 * Follows the log of the source for every table of mode cdc until a stop is
 * asked for (base/stop.h), the settings are read anew (steer_must_leave) or
 * the source turns out to be another server than the one that was opened:
 * then what was read is loaded, the place is saved, and STATUS_OK returned.
 * Where it returns STATUS_OK without a stop, close and open `sync` again; for
 * another server it asks all threads to leave by steer_leave.
 *
 * Temporary faults are tried again for ever. STATUS_ACTION concerns the whole
 * log, source or warehouse: call it again after a pause. Tables that need a
 * person stop alone, and are tried again at growing pauses.
 *
 * New tables that the settings match are followed within about a minute. The
 * lines of the tables in the state tell the lag (confirmed_us); runs in the
 * history tell what was read whole. `steer` may be NULL.
 */
enum status cdc_stay(struct sync *sync, struct steer *steer,
                     struct error *error) MUST_CHECK;

#endif
