/* `version`: what this binary is made of. */
#include <curl/curl.h>
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <mysql.h>
#include <sqlite3.h>
#include <stdio.h>
#include <yaml.h>
#include <zstd.h>

#include "base/build.h"
#include "commands.h"
#include "document.h"

/* Versions of the libraries as they are now, not as compiled. */
static json_t *libraries(void)
{
    const char *smartcols = NULL;
    json_t *object = json_object();
    (void)scols_get_library_version(&smartcols);
    document_text(object, "libcurl", curl_version_info(CURLVERSION_NOW)
                                         ->version);
    document_text(object, "tls", curl_version_info(CURLVERSION_NOW)
                                     ->ssl_version);
    document_text(object, "libmariadb", mysql_get_client_info());
    document_text(object, "sqlite", sqlite3_libversion());
    document_text(object, "libyaml", yaml_get_version_string());
    document_text(object, "jansson", jansson_version_str());
    document_text(object, "zstd", ZSTD_versionString());
    document_text(object, "smartcols", smartcols);
    return object;
}

enum status command_version(const struct command_line *line, int *exit_code,
                            struct error *error)
{
    const char *name = NULL;
    json_t *version = NULL;
    (void)exit_code;
    (void)error;
    json_t *all = libraries();
    if (line->json) {
        json_t *document = document_new(line->command, 0);
        document_text(document, "version", TIDEMARK_VERSION);
        document_text(document, "commit", TIDEMARK_COMMIT);
        (void)json_object_set_new(document, "libraries", all);
        document_print(document);
        return STATUS_OK;
    }
    printf("tidemark %s (%s)\n", TIDEMARK_VERSION, TIDEMARK_COMMIT);
    json_object_foreach(all, name, version)
        printf("  %-11s %s\n", name, json_string_value(version));
    json_decref(all);
    return STATUS_OK;
}
