#ifndef TIDEMARK_SETTINGS_SAMPLE_H
#define TIDEMARK_SETTINGS_SAMPLE_H

#include "base/buffer.h"
#include "settings/settings.h"

/*
 * What is said about settings, made from the tables of keys alone: the general
 * ones and those of the drivers in `options`, of which nothing else is looked
 * at. Each appends to `target`; a limit of 1 MiB is ample.
 */

/* A settings file that can be used as it stands, with each other key in a line
 * of its own behind "#", ready to be taken in: `config example` and
 * conf/tidemark.example.yml. */
void sample_write(const struct settings_options *options,
                  struct buffer *target);
/* doc/settings.md */
void reference_write(const struct settings_options *options,
                     struct buffer *target);
/* `help settings`: text of at most 80 columns. */
void settings_help_write(const struct settings_options *options,
                         struct buffer *target);
/* `config schema`: JSON Schema 2020-12. */
void schema_write(const struct settings_options *options,
                  struct buffer *target);

#endif
