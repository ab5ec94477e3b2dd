/* Versions as model/version.h defines them. Pure; no version is ever made of
 * parts out of range, for a wrong order could not be seen afterwards. */
#include "model/version.h"

#define READING_BITS 5
#define CLOCK_BITS 48
#define EPOCH_SHIFT (READING_BITS + CLOCK_BITS)

uint64_t version_make(uint64_t epoch, uint64_t clock, uint64_t reading)
{
    if (epoch < 1 || epoch > VERSION_EPOCH_MAX || clock > VERSION_CLOCK_MAX ||
        reading > VERSION_READING_MAX)
        return 0;
    return epoch << EPOCH_SHIFT | clock << READING_BITS | reading;
}

uint64_t version_epoch(uint64_t version)
{
    return version >> EPOCH_SHIFT;
}

uint64_t version_clock(uint64_t version)
{
    return version >> READING_BITS & VERSION_CLOCK_MAX;
}

uint64_t version_reading(uint64_t version)
{
    return version & VERSION_READING_MAX;
}

uint64_t version_epoch_above(uint64_t version)
{
    uint64_t epoch = version_epoch(version);

    return epoch < VERSION_EPOCH_MAX ? epoch + 1 : 0;
}
