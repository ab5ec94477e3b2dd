/* Error 1236 is a family: its texts tell what became of the log. */
#include "unit.h"

#include "source/binlog_link.h"

static void texts_of_the_servers_have_meanings(void **state)
{
    static const struct {
        const char *text;
        enum error_id id;
    } samples[] = {
        {"Could not find first log file name in binary log index file",
         ERROR_LOG_PURGED},
        {"Cannot replicate because the source purged required binary logs. "
         "Replicate the missing transactions from elsewhere",
         ERROR_LOG_PURGED},
        {"The slave is connecting using CHANGE MASTER TO "
         "MASTER_AUTO_POSITION = 1, but the master has purged binary logs "
         "containing GTIDs that the slave requires.", ERROR_LOG_PURGED},
        {"Could not find GTID state requested by slave in any binlog files.",
         ERROR_LOG_PURGED},
        {"Error: connecting slave requested to start from GTID 0-1-99, which "
         "is not in the master's binlog", ERROR_LOG_ANOTHER},
        {"Replica has more GTIDs than the source has, using the source's "
         "SERVER_UUID.", ERROR_LOG_ANOTHER},
        {"Slave has more GTIDs than the master has", ERROR_LOG_ANOTHER},
        {"Client requested source to start replication from position > file "
         "size", ERROR_LOG_SHORTENED},
        {"Client requested master to start replication from impossible "
         "position", ERROR_LOG_SHORTENED},
        {"A replica with the same server_uuid/server_id as this replica has "
         "connected to the source", ERROR_LOG_COLLISION},
        {"Binary log is not open", ERROR_LOG_OFF},
        {"bogus data in log event", ERROR_LOG_DAMAGED},
        {"something new", ERROR_LOG_DAMAGED},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        if (binlog_link_meaning(1236, samples[i].text) != samples[i].id)
            fail_msg("%s", samples[i].text);
        assert_int_equal(binlog_link_meaning(2013, samples[i].text),
                         ERROR_NONE);
    }
    assert_int_equal(binlog_link_meaning(4052, "x"), ERROR_LOG_COLLISION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_the_servers_have_meanings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
