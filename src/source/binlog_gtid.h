#ifndef TIDEMARK_SOURCE_BINLOG_GTID_H
#define TIDEMARK_SOURCE_BINLOG_GTID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buffer.h"

/*
 * Global transaction ids and sets of them.
 *
 * MySQL: UUID[:tag]:number; a set holds intervals of numbers for each UUID and
 * tag, "uuid:1-5:7:tag:1-3,uuid:1". Numbers begin at 1. Tags: letter or _,
 * then letters, digits or _, at most 32, kept in lower case (MySQL 8.3).
 *
 * MariaDB: domain-server-number. A list of them stands for all transactions of
 * its domain up to the number: "0-1-33,1-2-9". A list with one entry a domain
 * is a position (gtid_slave_pos); one with several is a state of servers
 * (gtid_binlog_state).
 *
 * All functions are pure but for the memory of the set.
 */
#define GTID_TAG_BYTES 32
#define GTID_NUMBER_MAX INT64_MAX /* MySQL: exclusive */
/* Text and encoded forms that are taken; a set of so many is a defect. */
#define GTID_SET_BYTES ((size_t)64 << 20)

struct gtid {
    bool is_mariadb;
    uint8_t uuid[16];              /* MySQL */
    char tag[GTID_TAG_BYTES + 1];  /* MySQL; "" none */
    uint32_t domain;               /* MariaDB */
    uint32_t server;               /* MariaDB */
    uint64_t number;
};
/* "uuid:tag:7" or "0-1-33", appended. */
void gtid_print(const struct gtid *gtid, struct buffer *target);

struct gtid_interval {
    uint64_t first;
    uint64_t end; /* behind the last */
};
struct gtid_line { /* of one UUID and tag; intervals apart, in order */
    uint8_t uuid[16];
    char tag[GTID_TAG_BYTES + 1];
    struct gtid_interval *intervals;
    size_t count;
    size_t capacity;
};
struct gtid_entry {
    uint32_t domain;
    uint32_t server;
    uint64_t number;
};
/* Either kind. All zero is an empty set of MySQL. */
struct gtid_set {
    bool is_mariadb;
    struct gtid_line *lines; /* MySQL: by UUID, then tag */
    size_t line_count;
    size_t line_capacity;
    struct gtid_entry *entries; /* MariaDB: by domain, then server */
    size_t entry_count;
    size_t entry_capacity;
};

void gtid_set_init(struct gtid_set *set, bool is_mariadb);
void gtid_set_release(struct gtid_set *set);
void gtid_set_copy(struct gtid_set *target, const struct gtid_set *set);
bool gtid_set_is_empty(const struct gtid_set *set);

/* Adds what the text names (spaces and line ends are allowed, "" is empty).
 * False where it is malformed: the set may have grown. A MariaDB list keeps
 * several servers of one domain. */
bool gtid_set_parse(struct gtid_set *set, const char *text) MUST_CHECK;
/* One that was done. A MariaDB position takes it as the last of its domain. */
void gtid_set_add(struct gtid_set *set, const struct gtid *gtid);
/* Is it among those that the set stands for? On MariaDB: where the set has an
 * entry of its server, by that; where it has one entry of the domain, by that;
 * else no. */
bool gtid_set_contains(const struct gtid_set *set, const struct gtid *gtid);
/* The numbers of an interval; not empty, first at least 1. */
void gtid_set_add_range(struct gtid_set *set, const uint8_t *uuid,
                        const char *tag, struct gtid_interval added);
/* An entry of a state: replaces that of its domain and server alone. */
void gtid_set_add_entry(struct gtid_set *set, struct gtid_entry entry);
/* All of `inner` is in `outer`. For a MariaDB position: each of its entries. */
bool gtid_set_holds(const struct gtid_set *outer,
                    const struct gtid_set *inner);
/* MariaDB: the last number of that server in that domain; 0: none. */
uint64_t gtid_set_last(const struct gtid_set *set, uint32_t domain,
                       uint32_t server);
/* Has a server whose state (gtid_binlog_state, gtid_executed) is `state` done
 * what the position stands for? On MariaDB only by entries of the same
 * server: the same number of another one is another transaction. */
bool gtid_state_holds(const struct gtid_set *state,
                      const struct gtid_set *position);
/* Do both know a line (MySQL) or a domain (MariaDB)? */
bool gtid_set_meets(const struct gtid_set *left, const struct gtid_set *right);
bool gtid_set_equal(const struct gtid_set *left, const struct gtid_set *right);
/* As the server prints it, without line ends, in a fixed order; appended. */
void gtid_set_print(const struct gtid_set *set, struct buffer *target);

/* The data of COM_BINLOG_DUMP_GTID and of PREVIOUS_GTIDS, MySQL only; appended.
 * With a tag the newer form: byte 0 and byte 7 are 1, the number of lines
 * stands between (MySQL 9.7). */
void gtid_set_encode(const struct gtid_set *set, struct buffer *target);
/* Adds the encoded set; false where it is malformed. */
bool gtid_set_decode(struct gtid_set *set, struct bytes data) MUST_CHECK;
/* Adds the list of a GTID_LIST event (MariaDB): u32 count and flags in its
 * upper 4 bits, then u32 domain, u32 server, u64 number. */
bool gtid_set_decode_list(struct gtid_set *set, struct bytes body) MUST_CHECK;

#endif
