/* The one list of what later builds will understand. Who builds a setting
 * takes its name out here and puts it into keys_list.h. */

#include "later.h"

#include "base/text.h"

struct later {
    enum key_place place;
    const char *name;
};

static const struct later later[] = {
    {PLACE_TOP, "sources"},         {PLACE_TOP, "on_bad_row"},
    {PLACE_TOP, "audit"},           {PLACE_TOP, "notify"},
    {PLACE_TOP, "dashboard"},       {PLACE_TOP, "include"},
    {PLACE_TOP, "keys"},
    {PLACE_SOURCE, "to"},           {PLACE_WAREHOUSE, "key_file"},
    {PLACE_TABLE, "mask"},          {PLACE_TABLE, "history"},
    {PLACE_TABLE, "partition"},     {PLACE_TABLE, "expect"},
    {PLACE_TABLE, "from"},          {PLACE_TABLE, "after"},
    {PLACE_TABLE, "wait_for"},      {PLACE_TABLE, "after_load"},
    {PLACE_LIMITS, "source_rate"},  {PLACE_LIMITS, "source_load"},
};

bool later_has(enum key_place place, const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(later); i++) {
        if (later[i].place == place && text_equal(later[i].name, name))
            return true;
    }
    return false;
}

bool later_has_mode(const char *name)
{
    return text_equal(name, "append");
}
