/*
 * One server for all connections: what one of them says of the log (its end,
 * what of it can be seen) must hold for those that read rows. What must stay
 * true: no row is read through a connection that leads to another server, and
 * whoever reads the log hears of such a one.
 */
#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_place.h"
#include "source/mysql.h"

enum status mysql_pin(struct source *base, bool *is_other,
                      struct error *error)
{
    struct mysql_source *source = (struct mysql_source *)base;
    MYSQL *link = NULL;
    char *identity = NULL;
    enum status status = mysql_link_open(source->settings, &link, error);

    if (status != STATUS_OK)
        return status;
    status = binlog_identity(link, &identity, error);
    mysql_link_close(link);
    if (status != STATUS_OK) {
        memory_free(identity);
        return status;
    }
    pthread_mutex_lock(&source->mutex);
    *is_other = !text_equal(identity, source->pin ? source->pin
                                                  : source->facts.identity);
    memory_free(source->pin);
    source->pin = identity;
    source->is_pinned = true;
    pthread_mutex_unlock(&source->mutex);
    atomic_store(&source->is_elsewhere, false);
    return STATUS_OK;
}

void mysql_unpin(struct source *base)
{
    struct mysql_source *source = (struct mysql_source *)base;

    pthread_mutex_lock(&source->mutex);
    source->is_pinned = false;
    pthread_mutex_unlock(&source->mutex);
    atomic_store(&source->is_elsewhere, false);
}

static enum status refuse(struct error *error)
{
    return error_set(error, ERROR_SOURCE_REACH,
                     "could not go on reading: another server answers than "
                     "the one whose log is followed");
}

enum status mysql_pin_check(struct mysql_source *source, MYSQL *link,
                            struct error *error)
{
    char *identity = NULL;
    char *pin;
    bool is_same;
    enum status status;

    pthread_mutex_lock(&source->mutex);
    pin = source->is_pinned ? memory_text(source->pin) : NULL;
    pthread_mutex_unlock(&source->mutex);
    if (!pin)
        return STATUS_OK;
    status = binlog_identity(link, &identity, error);
    is_same = text_equal(identity, pin);
    memory_free(identity);
    memory_free(pin);
    if (status != STATUS_OK || is_same)
        return status;
    atomic_store(&source->is_elsewhere, true);
    return refuse(error);
}

enum status mysql_pin_heard(struct mysql_source *source, struct error *error)
{
    return atomic_load(&source->is_elsewhere) ? refuse(error) : STATUS_OK;
}
