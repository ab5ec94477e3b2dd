/*
 * The floor of following: the log of a server from a place to its present end
 * over one connection, each packet read into memory and dropped.
 *
 *     floor_dump HOST PORT USER PASSWORD FILE OFFSET
 *
 * Prints events, seconds of wall clock and of CPU, and bytes. Connecting
 * stands outside the clock.
 */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "floor.h"

#define COM_DUMP 18
#define TO_THE_END 1
#define FIXED_BYTES 10 /* offset, flags, server id */
#define SERVER_ID 977001
#define LARGEST_EVENT (1ul << 30)

static void stop(const char *what)
{
    fprintf(stderr, "floor_dump: %s\n", what);
    exit(1);
}

static MYSQL *connect_server(char **arguments)
{
    MYSQL *link = mysql_init(NULL);
    unsigned port = (unsigned)strtoul(arguments[2], NULL, 10);
    unsigned long largest = LARGEST_EVENT;

    if (!link)
        stop("no memory");
    mysql_options(link, MYSQL_OPT_MAX_ALLOWED_PACKET, &largest);
    if (!mysql_real_connect(link, arguments[1], arguments[3], arguments[4],
                            NULL, port, NULL, 0) ||
        mysql_query(link, "SET @master_binlog_checksum = 'NONE', "
                          "@source_binlog_checksum = 'NONE', "
                          "@mariadb_slave_capability = 4"))
        stop(mysql_error(link));
    return link;
}

static void put_number(unsigned char *place, unsigned long value, int size)
{
    for (int i = 0; i < size; i++)
        place[i] = (unsigned char)(value >> (8 * i));
}

static void ask(MYSQL *link, const char *file, const char *offset)
{
    size_t length = strlen(file);
    unsigned char *body = calloc(1, FIXED_BYTES + length);

    if (!body)
        stop("no memory");
    put_number(body, strtoul(offset, NULL, 10), 4);
    put_number(body + 4, TO_THE_END, 2);
    put_number(body + 6, SERVER_ID, 4);
    memcpy(body + FIXED_BYTES, file, length);
    if (link->methods->db_command(link, (enum enum_server_command)COM_DUMP,
                                  (const char *)body, FIXED_BYTES + length, 1,
                                  NULL))
        stop(mysql_error(link));
    free(body);
}

int main(int count, char **arguments)
{
    unsigned long long events = 0;
    unsigned long long bytes = 0;

    if (count != 7)
        stop("HOST PORT USER PASSWORD FILE OFFSET");
    MYSQL *link = connect_server(arguments);
    double begin = now_s();
    double cpu = cpu_s();
    ask(link, arguments[5], arguments[6]);
    for (;;) {
        unsigned long length = mysql_net_read_packet(link);
        if (length == packet_error)
            stop(mysql_error(link));
        if (length < 9 && link->net.read_pos[0] == 0xfe)
            break;
        events++;
        bytes += length - 1;
    }
    printf("%llu %.6f %.6f %llu\n", events, now_s() - begin, cpu_s() - cpu,
           bytes);
    mysql_close(link);
    return 0;
}
