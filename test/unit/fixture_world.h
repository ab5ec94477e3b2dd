#ifndef TIDEMARK_TEST_FIXTURE_WORLD_H
#define TIDEMARK_TEST_FIXTURE_WORLD_H

#include "fixture_log.h"
#include "unit.h"

/* A log made by hand and its reader: setup and teardown of a test. */
struct world {
    struct log_made made;
    struct binlog_reader reader;
    struct binlog_event event;
    enum binlog_news news;
    struct error error;
};

static inline int world_make(void **state)
{
    static struct world world;

    log_made_init(&world.made);
    *state = &world;
    return 0;
}

static inline int world_end(void **state)
{
    struct world *world = *state;

    log_made_release(&world->made);
    binlog_reader_release(&world->reader);
    return 0;
}

static inline void open_at(struct world *world, const char *file,
                           uint64_t offset, bool may_skip)
{
    struct binlog_feed feed = log_made_feed(&world->made);

    binlog_reader_init(&world->reader, &feed, file, offset, may_skip);
}

static inline void read_one(struct world *world, uint8_t type)
{
    assert_ok(binlog_next(&world->reader, &world->event, &world->news,
                          &world->error), world->error);
    assert_int_equal(world->news, BINLOG_EVENT);
    assert_int_equal(world->event.header.type, type);
}

static inline enum status read_status(struct world *world)
{
    return binlog_next(&world->reader, &world->event, &world->news,
                       &world->error);
}

static inline struct bytes text(const char *value)
{
    return bytes_of(value);
}

#endif
