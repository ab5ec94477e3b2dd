/*
 * The first contact. What must stay true: the very first request is a bare
 * SELECT version(), and a server below the floor is refused by name before
 * anything else is asked of it; the password travels in a header only.
 */
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "clickhouse.h"
#include "driver.h"

#define PORT_PLAIN 8123u
#define PORT_TLS 8443u
#define FLOOR_YEAR 24u
#define FLOOR_MONTH 8u

static void start_curl(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool wants_tls(const struct endpoint_settings *endpoint)
{
    if (endpoint->tls.mode != TLS_AUTO)
        return endpoint->tls.mode == TLS_VERIFY;
    return endpoint->tls.ca || !url_is_local(&endpoint->url);
}

static void find_place(struct clickhouse *house,
                       const struct endpoint_settings *endpoint)
{
    struct http_place *place = &house->place;
    const struct url *url = &endpoint->url;
    bool is_tls = wants_tls(endpoint);
    unsigned port = url->port ? url->port : is_tls ? PORT_TLS : PORT_PLAIN;
    const char *host = url->host[0] ? url->host : "localhost";
    bool is_v6 = strchr(host, ':') != NULL;
    const char *password = secret_reveal(endpoint->password);
    place->is_local = url_is_local(url);
    place->name = memory_format("%s%s%s:%u", is_v6 ? "[" : "", host,
                                is_v6 ? "]" : "", port);
    place->url = memory_format("%s://%s/", is_tls ? "https" : "http",
                               place->name);
    place->ca = memory_text(endpoint->tls.ca);
    http_place_header(place, "X-ClickHouse-User",
                      url->user[0] ? url->user : "default");
    if (password && password[0])
        http_place_header(place, "X-ClickHouse-Key", password);
    house->facts.tls = memory_text(is_tls ? "TLS, verified" : "plain");
}

/* A line feed would end the header that carries it. */
static enum status check_login(const struct endpoint_settings *endpoint,
                               struct error *error)
{
    const char *password = secret_reveal(endpoint->password);
    if (!strpbrk(endpoint->url.user, "\r\n") &&
        !(password && strpbrk(password, "\r\n")))
        return STATUS_OK;
    return error_set(error, ERROR_SETTINGS_VALUE,
                     "cannot log in at the warehouse: user and password must "
                     "not hold line feeds");
}

static enum compression choose_compression(
    const struct endpoint_settings *endpoint)
{
    const char *value = endpoint_value(endpoint, "compression");
    if (text_equal(value, "lz4"))
        return COMPRESSION_LZ4;
    if (text_equal(value, "zstd"))
        return COMPRESSION_ZSTD;
    if (text_equal(value, "none") || url_is_local(&endpoint->url))
        return COMPRESSION_NONE;
    return COMPRESSION_ZSTD;
}

/* "26.7.2.1" against the floor. */
static bool is_below_floor(const char *version)
{
    uint64_t year = 0;
    uint64_t month = 0;
    const char *dot = strchr(version, '.');
    if (!dot)
        return true;
    const char *end = dot + 1 + strspn(dot + 1, "0123456789");
    char *first = memory_text_part(version, (size_t)(dot - version));
    char *second = memory_text_part(dot + 1, (size_t)(end - dot - 1));
    bool is_number = text_to_u64(first, &year) && text_to_u64(second, &month);
    memory_free(first);
    memory_free(second);
    return !is_number || year < FLOOR_YEAR ||
           (year == FLOOR_YEAR && month < FLOOR_MONTH);
}

/* Asks with nothing that an old server might not know. */
static enum status ask_version(struct clickhouse *house,
                               struct clickhouse_session *session,
                               struct error *error)
{
    struct http_request request = {.query = "",
                                   .body = bytes_of("SELECT version()")};
    struct clickhouse_rows rows;
    enum status status = http_post(session->http, &request, error);
    if (status == STATUS_OK)
        status = clickhouse_judge(session->http, &house->place, DOING_OPEN,
                                  error);
    if (status != STATUS_OK)
        return status;
    if (!clickhouse_rows_parse(http_body(session->http), &rows) ||
        rows.row_count != 1 || rows.column_count != 1 ||
        !strchr(clickhouse_cell(&rows, 0, 0), '.')) {
        clickhouse_rows_release(&rows);
        return error_set(error, ERROR_WAREHOUSE_QUERY,
                         "cannot use %s: it does not answer like ClickHouse",
                         house->place.name);
    }
    const char *version = clickhouse_cell(&rows, 0, 0);
    house->facts.product = memory_format("ClickHouse %s", version);
    if (is_below_floor(version)) {
        status = error_set(error, ERROR_WAREHOUSE_OLD,
                           "cannot use ClickHouse %s at %s: it is older than "
                           "%u.%u", version, house->place.name, FLOOR_YEAR,
                           FLOOR_MONTH);
        error_effect(error, "Nothing was created there.");
    }
    clickhouse_rows_release(&rows);
    return status;
}

static enum status connect_first(struct clickhouse *house, struct error *error)
{
    struct warehouse_session *base = NULL;
    enum status status = clickhouse_session_open(&house->base, &base, error);
    if (status != STATUS_OK)
        return status;
    struct clickhouse_session *session = (struct clickhouse_session *)base;
    status = ask_version(house, session, error);
    if (status == STATUS_OK)
        status = clickhouse_learn(house, session, error);
    clickhouse_session_close(base);
    return status;
}

enum status clickhouse_open(const struct settings *settings,
                            struct warehouse **warehouse, struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const struct endpoint_settings *endpoint = &settings->warehouse;
    enum status status = check_login(endpoint, error);
    *warehouse = NULL;
    if (status != STATUS_OK)
        return status;
    (void)pthread_once(&once, start_curl);
    struct clickhouse *house = memory_new(1, sizeof *house);
    house->base.ops = &clickhouse_warehouse_ops;
    house->deletes = settings->deletes;
    house->opened_us = clock_monotonic_us();
    house->database = memory_text(endpoint->url.path[0] ? endpoint->url.path
                                                        : "default");
    house->compression = choose_compression(endpoint);
    find_place(house, endpoint);
    status = connect_first(house, error);
    if (status == STATUS_OK)
        *warehouse = &house->base;
    else
        clickhouse_close(&house->base);
    return status;
}

void clickhouse_close(struct warehouse *warehouse)
{
    struct clickhouse *house = (struct clickhouse *)warehouse;
    http_place_release(&house->place);
    memory_free(house->database);
    memory_free(house->load_settings);
    memory_free(house->facts.product);
    memory_free(house->facts.tls);
    memory_free(house);
}

enum status clickhouse_session_open(struct warehouse *warehouse,
                                    struct warehouse_session **session,
                                    struct error *error)
{
    struct clickhouse *house = (struct clickhouse *)warehouse;
    struct clickhouse_session *opened = memory_new(1, sizeof *opened);
    (void)error;
    opened->base.warehouse = warehouse;
    opened->house = house;
    opened->http = http_new(&house->place);
    *session = &opened->base;
    return STATUS_OK;
}

void clickhouse_session_close(struct warehouse_session *session)
{
    struct clickhouse_session *opened = (struct clickhouse_session *)session;
    http_free(opened->http);
    clickhouse_table_release(&opened->known);
    memory_free(opened);
}
