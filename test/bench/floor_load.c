/*
 * The floor of loading: ready bodies of INSERTs, in memory, sent one after
 * the other over one kept-alive connection.
 *
 *     floor_load PORT TARGET BODY...
 *
 * TARGET is path and query of the request, as /?query=INSERT...; each BODY a
 * file. Prints requests, seconds of wall clock and of CPU. Reading the files
 * and connecting stand outside the clock.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "floor.h"

#define ANSWER_BYTES 65536
#define HEAD_BYTES 4096

struct body {
    char *bytes;
    size_t size;
};

static void stop(const char *what)
{
    fprintf(stderr, "floor_load: %s\n", what);
    exit(1);
}

static struct body read_body(const char *path)
{
    struct body body;
    FILE *file = fopen(path, "rb");

    if (!file || fseek(file, 0, SEEK_END))
        stop(path);
    long size = ftell(file);
    if (size <= 0)
        stop("an empty body");
    body.size = (size_t)size;
    body.bytes = malloc(body.size);
    rewind(file);
    if (!body.bytes || fread(body.bytes, 1, body.size, file) != body.size)
        stop(path);
    fclose(file);
    return body;
}

static int connect_server(const char *port)
{
    struct sockaddr_in place = {.sin_family = AF_INET};
    int link = socket(AF_INET, SOCK_STREAM, 0);
    int is_on = 1;

    place.sin_port = htons((unsigned short)strtoul(port, NULL, 10));
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (link < 0 || connect(link, (struct sockaddr *)&place, sizeof(place)))
        stop("no connection");
    setsockopt(link, IPPROTO_TCP, TCP_NODELAY, &is_on, sizeof(is_on));
    return link;
}

static void send_all(int link, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(link, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            stop("the connection broke");
        bytes += sent;
        size -= (size_t)sent;
    }
}

/* True when `answer`, which ends in a NUL, is a whole one. */
static int is_whole(const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");
    const char *length = strstr(answer, "Content-Length: ");

    if (!body)
        return 0;
    body += 4;
    if (length && length < body)
        return strlen(body) >= strtoul(length + 16, NULL, 10);
    return strlen(body) >= 5 &&
           strcmp(body + strlen(body) - 5, "0\r\n\r\n") == 0;
}

static void read_answer(int link)
{
    static char answer[ANSWER_BYTES];
    size_t size = 0;

    do {
        ssize_t got = recv(link, answer + size, sizeof(answer) - 1 - size, 0);
        if (got <= 0)
            stop("no whole answer");
        size += (size_t)got;
        answer[size] = '\0';
    } while (!is_whole(answer));
    if (strncmp(answer, "HTTP/1.1 200", 12) != 0 ||
        strstr(answer, "\nX-ClickHouse-Exception-Code:"))
        stop(answer);
}

int main(int count, char **arguments)
{
    char head[HEAD_BYTES];

    if (count < 4)
        stop("PORT TARGET BODY...");
    struct body *bodies = calloc((size_t)count, sizeof(*bodies));
    for (int i = 3; bodies && i < count; i++)
        bodies[i] = read_body(arguments[i]);
    int link = connect_server(arguments[1]);
    double begin = now_s();
    double cpu = cpu_s();
    for (int i = 3; bodies && i < count; i++) {
        int size = snprintf(head, sizeof(head),
                            "POST %s HTTP/1.1\r\nHost: localhost\r\n"
                            "Content-Length: %zu\r\n\r\n",
                            arguments[2], bodies[i].size);
        if (size < 0 || (size_t)size >= sizeof(head))
            stop("the target is too long");
        send_all(link, head, (size_t)size);
        send_all(link, bodies[i].bytes, bodies[i].size);
        read_answer(link);
    }
    printf("%d %.6f %.6f\n", count - 3, now_s() - begin, cpu_s() - cpu);
    close(link);
    return 0;
}
