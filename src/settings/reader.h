#ifndef TIDEMARK_SETTINGS_READER_H
#define TIDEMARK_SETTINGS_READER_H

#include "base/buffer.h"
#include "base/error.h"
#include "node.h"
#include "settings/settings.h"

/* The reading of one settings file: what every part of it needs to know. */
struct reader {
    const char *path;   /* of the file, for messages */
    const char *folder; /* relative paths start here; absolute */
    bool is_shared;     /* group or world can read the file */
    const char *about;  /* what the keys belong to, `table "orders"` */
    const struct settings_options *options;
    struct settings *settings; /* that is being filled */
};

/* Sets the error and puts PATH:LINE:COLUMN in front. */
enum status reader_fail(const struct reader *reader, enum error_id id,
                        struct key_mark mark, struct error *error,
                        const char *format, ...) PRINTF_LIKE(5, 6);
/* Puts the same in front of an error that another function has set. */
enum status reader_mark(const struct reader *reader, struct key_mark mark,
                        struct error *error);
/* "next: did you mean ..", where one of the names is near `text`. */
void reader_suggest(struct error *error, const char *text,
                    const char *const *names, size_t count);

/* The text of `node` with its references put in. A list or map is an error
 * that says what key `name` expects. *text is the caller's, NULL on failure. */
enum status reader_text(const struct reader *reader, const char *name,
                        const struct node *node, char **text,
                        struct error *error) MUST_CHECK;
/* The text or texts of `node`, none of them empty. */
enum status reader_texts(const struct reader *reader, const char *name,
                         const struct node *node, char ***texts,
                         size_t *count, struct error *error) MUST_CHECK;
void texts_free(char **texts, size_t count);
/* `path` itself, or below the folder of the settings. The caller's. */
char *reader_path(const struct reader *reader, const char *path);

/* How a reference's text enters a value. */
enum expand_how {
    EXPAND_AS_IS,
    EXPAND_ENCODED, /* percent-encoded: part of a URL, never its structure */
    EXPAND_REMOVED  /* left out: what remains stands in the file itself */
};

/* Appends `node`'s text with ${env:X}, ${file:PATH} and ${cred:NAME} put in;
 * $$ is a dollar. What is put in is never looked at again. The result may be
 * secret: wipe it. `target` is initialized here and empty on failure. */
enum status expand(const struct reader *reader, const struct node *node,
                   enum expand_how how, struct buffer *target,
                   struct error *error) MUST_CHECK;
/* Appends the secret file's text without the newline at its end; a second
 * line or a NUL is an error. */
enum status secret_file_read(const char *path, bool may_be_shared,
                             struct buffer *target, struct error *error)
    MUST_CHECK;
/* Path of a credential that systemd passed on, or NULL where it passes none.
 * The caller's. */
char *credential_path(const char *name);

#endif
