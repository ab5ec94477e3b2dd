/*
 * Connections to MySQL and MariaDB.
 *
 * What must stay true: a host that is not loopback is reached by verified TLS
 * or not at all, unless the settings say `tls: off`; the server cannot ask for
 * files of ours, nor for the password in clear text; every session reads in
 * UTC, without conversion of character sets, and never waits without end.
 */
#include "base/memory.h"
#include "base/secret.h"
#include "mysql.h"
#include "settings/url.h"

#define CONNECT_TIMEOUT_S 10u
#define PACKET_BYTES (1024ul * 1024 * 1024)

/* A server chooses how we log in: none of these sends the password. */
static const char LOGIN_PLUGINS[] =
    "mysql_native_password,caching_sha2_password,sha256_password,"
    "client_ed25519,auth_gssapi_client,auth_socket,unix_socket";

const char *mysql_socket(const struct endpoint_settings *settings)
{
    const char *path = settings->driver == NULL
                           ? url_parameter(&settings->url, "socket")
                           : endpoint_value(settings, "socket");

    return path == NULL || path[0] == '\0' ? NULL : path;
}

static bool wants_tls(const struct endpoint_settings *settings)
{
    if (settings->tls.mode == TLS_OFF)
        return false;
    if (mysql_socket(settings) != NULL)
        return false;
    return settings->tls.mode == TLS_VERIFY || settings->tls.ca != NULL ||
           !url_is_local(&settings->url);
}

static void set_tls(MYSQL *link, const struct endpoint_settings *settings)
{
    my_bool yes = 1;
    mysql_optionsv(link, MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_optionsv(link, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    mysql_optionsv(link, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
    if (settings->tls.ca != NULL)
        mysql_optionsv(link, MYSQL_OPT_SSL_CA, settings->tls.ca);
}

static void set_options(MYSQL *link, const struct endpoint_settings *settings)
{
    unsigned connect_s = CONNECT_TIMEOUT_S;
    unsigned answer_s = MYSQL_TIMEOUT_S;
    unsigned no = 0;
    size_t packet = PACKET_BYTES;
    mysql_optionsv(link, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_optionsv(link, MYSQL_OPT_READ_TIMEOUT, &answer_s);
    mysql_optionsv(link, MYSQL_OPT_WRITE_TIMEOUT, &answer_s);
    mysql_optionsv(link, MYSQL_OPT_LOCAL_INFILE, &no);
    mysql_optionsv(link, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    mysql_optionsv(link, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(link, MARIADB_OPT_RESTRICTED_AUTH, LOGIN_PLUGINS);
    mysql_optionsv(link, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name",
                   "tidemark");
    if (wants_tls(settings))
        set_tls(link, settings);
}

static enum status connect_link(MYSQL *link,
                                const struct endpoint_settings *settings,
                                struct error *error)
{
    const struct url *url = &settings->url;
    const char *socket = mysql_socket(settings);
    const char *host = socket != NULL ? "localhost" : url->host;
    /* By TCP also where the host is "localhost": the URL names a port. */
    unsigned protocol =
        socket != NULL ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    set_options(link, settings);
    mysql_optionsv(link, MYSQL_OPT_PROTOCOL, &protocol);
    if (host[0] == '\0')
        host = "127.0.0.1";
    if (mysql_real_connect(link, host, url->user,
                           secret_reveal(settings->password),
                           url->path[0] == '\0' ? NULL : url->path, url->port,
                           socket, 0) == NULL) {
        struct buffer name;
        buffer_init(&name, 1024);
        buffer_add_text(&name, "open ");
        url_text(url, &name);
        enum status status = mysql_failure(link, buffer_text(&name), error);
        error_prefix(error, "source \"%s\"", settings->name);
        buffer_release(&name);
        return status;
    }
    return STATUS_OK;
}

/* What both kinds of server understand. */
#define SESSION                                                       \
    "SET NAMES utf8mb4, SESSION time_zone = '+00:00', sql_mode = ''," \
    " character_set_results = NULL, autocommit = 1,"                  \
    " net_write_timeout = 600, net_read_timeout = 600,"               \
    " wait_timeout = 86400, lock_wait_timeout = 60,"                  \
    " sql_select_limit = 18446744073709551615, sql_big_selects = 1"
static const char ISOLATION[] =
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/* A limit of the server on the time of a statement is not for long reads. */
static const char *session_of(MYSQL *link)
{
    unsigned long version = mysql_get_server_version(link);
    if (mariadb_connection(link))
        return version >= 100101 ? SESSION ", max_statement_time = 0"
                                 : SESSION;
    return version >= 50708 ? SESSION ", max_execution_time = 0" : SESSION;
}

static enum status set_session(MYSQL *link, struct error *error)
{
    enum status status =
        mysql_query_rows(link, session_of(link), NULL, NULL, error);
    if (status == STATUS_OK)
        status = mysql_query_rows(link, ISOLATION, NULL, NULL, error);
    return status;
}

enum status mysql_link_open(const struct endpoint_settings *settings,
                            MYSQL **link, struct error *error)
{
    *link = NULL;
    MYSQL *opened = mysql_init(NULL);
    if (opened == NULL)
        return error_set(error, ERROR_MEMORY,
                         "could not make a connection: no memory");
    enum status status = connect_link(opened, settings, error);
    if (status == STATUS_OK)
        status = set_session(opened, error);
    if (status != STATUS_OK) {
        mysql_close(opened);
        return status;
    }
    *link = opened;
    return STATUS_OK;
}

void mysql_link_close(MYSQL *link)
{
    if (link != NULL)
        mysql_close(link);
}

char *mysql_link_tls(MYSQL *link)
{
    if (mysql_get_ssl_cipher(link) == NULL)
        return memory_format("plain, %s", mysql_get_host_info(link));
    const char *version = NULL;
    mariadb_get_infov(link, MARIADB_CONNECTION_TLS_VERSION, &version);
    return memory_format("%s, verified", version == NULL ? "TLS" : version);
}

enum status mysql_session_link(struct mysql_session *session, MYSQL **link,
                               struct error *error)
{
    struct mysql_source *source =
        (struct mysql_source *)session->base.source;
    if (session->link == NULL) {
        if (session->is_in_snapshot)
            return error_set(error, ERROR_SOURCE_REACH,
                             "could not go on reading: the connection that "
                             "held the snapshot was lost");
        enum status status =
            mysql_link_open(source->settings, &session->link, error);
        if (status != STATUS_OK)
            return status;
        status = mysql_pin_check(source, session->link, error);
        if (status != STATUS_OK) {
            mysql_session_cut(session);
            return status;
        }
        session->thread_id = mysql_thread_id(session->link);
    }
    *link = session->link;
    return STATUS_OK;
}

void mysql_session_cut(struct mysql_session *session)
{
    MYSQL *link = session->link;
    session->link = NULL;
    if (link == NULL)
        return;
    /* mysql_close would first read the rest of a result. */
    mariadb_cancel(link);
    mysql_close(link);
}
