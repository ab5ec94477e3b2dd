/* The datagrams for systemd. */

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "scratch.h"
#include "serve/notify.h"

static int listen_at(const char *name, bool is_abstract)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    (void)snprintf(address.sun_path + is_abstract,
                   sizeof address.sun_path - 1, "%s", name);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                                 is_abstract + strlen(name));
    assert_int_equal(bind(receiver, (struct sockaddr *)&address, size), 0);
    return receiver;
}

static const char *receive(int receiver)
{
    static char text[4096];
    ssize_t got = recv(receiver, text, sizeof text - 1, 0);

    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void send_to(int receiver)
{
    struct notify *notify = notify_new();

    notify_send(notify, "READY=1\nSTATUS=%d of %d", 3, 4);
    assert_string_equal(receive(receiver), "READY=1\nSTATUS=3 of 4");
    notify_send(notify, "STATUS=%3000d", 1);
    assert_int_equal(strlen(receive(receiver)), 1023);
    close(receiver);
    notify_send(notify, "WATCHDOG=1"); /* nobody listens: dropped */
    notify_free(notify);
}

static void a_path_gets_the_datagram(void **state)
{
    const char *path = scratch_path(state, "notify");

    setenv("NOTIFY_SOCKET", path, 1);
    send_to(listen_at(path, false));
}

static void an_abstract_name_gets_the_datagram(void **state)
{
    char name[64];

    (void)state;
    (void)snprintf(name, sizeof name, "tidemark-test-%d", (int)getpid());
    int receiver = listen_at(name, true);
    char given[80];
    (void)snprintf(given, sizeof given, "@%s", name);
    setenv("NOTIFY_SOCKET", given, 1);
    send_to(receiver);
}

static void what_is_no_address_is_passed_over(void **state)
{
    static const char *const names[] = {"", "@", "relative", "vsock:2:1"};
    char longer[300];

    (void)state;
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    longer[0] = '/';
    for (size_t i = 0; i <= sizeof names / sizeof *names; i++) {
        setenv("NOTIFY_SOCKET",
               i < sizeof names / sizeof *names ? names[i] : longer, 1);
        setenv("WATCHDOG_USEC", "1000", 1);
        struct notify *notify = notify_new();
        notify_send(notify, "READY=1");
        assert_int_equal(notify_watchdog_us(notify), 0);
        notify_free(notify);
    }
    unsetenv("NOTIFY_SOCKET");
    struct notify *notify = notify_new();
    notify_send(notify, "READY=1");
    notify_free(notify);
    notify_free(NULL);
}

static uint64_t watchdog_of(const char *interval, const char *pid)
{
    unsetenv("WATCHDOG_PID");
    setenv("NOTIFY_SOCKET", "/nowhere", 1);
    setenv("WATCHDOG_USEC", interval, 1);
    if (pid)
        setenv("WATCHDOG_PID", pid, 1);
    struct notify *notify = notify_new();
    uint64_t watchdog_us = notify_watchdog_us(notify);
    notify_free(notify);
    return watchdog_us;
}

static void the_watchdog_is_for_the_process_it_names(void **state)
{
    char pid[24];

    (void)state;
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    assert_int_equal(watchdog_of("600000000", NULL), 600000000);
    assert_int_equal(watchdog_of("600000000", pid), 600000000);
    assert_int_equal(watchdog_of("600000000", "1"), 0);
    assert_int_equal(watchdog_of("600000000", "x"), 0);
    assert_int_equal(watchdog_of("soon", NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_path_gets_the_datagram,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test(an_abstract_name_gets_the_datagram),
        cmocka_unit_test(what_is_no_address_is_passed_over),
        cmocka_unit_test(the_watchdog_is_for_the_process_it_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
