#ifndef TIDEMARK_TEST_UNIT_H
#define TIDEMARK_TEST_UNIT_H

/* cmocka wants these first, in this order. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/error.h"

/* The call succeeds; its error is shown where it does not. */
#define assert_ok(call, error)                              \
    do {                                                    \
        if ((call) != STATUS_OK)                            \
            fail_msg("%s: %s", #call, (error).what);        \
    } while (0)

/* The call fails with that id. */
#define assert_fails(call, error, wanted)                              \
    do {                                                               \
        enum status status_ = (call);                                  \
        if (status_ == STATUS_OK)                                      \
            fail_msg("%s succeeded", #call);                           \
        if ((error).id != (wanted) || (error).status != status_)       \
            fail_msg("%s: %s %s", #call, error_id_text((error).id),    \
                     (error).what);                                    \
    } while (0)

#endif
