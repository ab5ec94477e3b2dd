/*
 * A statement of any bytes has a class, and names only where there is one.
 * Built with clang -fsanitize=fuzzer,address,undefined.
 *
 * Input: a byte of options, one of a collation, the text. The mutator writes
 * statements of the words that the reader knows.
 */
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "source/binlog_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct binlog_dialect dialect = {.version = 0};
    struct binlog_words words;
    uint8_t *text;

    if (size < 2)
        return 0;
    dialect.is_mariadb = data[0] & 1;
    dialect.has_ansi_quotes = data[0] & 2;
    dialect.has_no_backslash = data[0] & 4;
    dialect.version = data[0] & 8 ? 0 : data[0] & 1 ? 101119 : 90704;
    dialect.charset = data[1];
    text = malloc(size - 1);
    memcpy(text, data + 2, size - 2);
    binlog_words_read(&words, (struct bytes){text, size - 2}, &dialect);
    if (strlen(query_class_text(words.class)) == 0)
        abort();
    for (size_t i = 0; i < words.name_count; i++)
        if (words.class == QUERY_UNKNOWN ||
            (!words.names[i].name && !words.names[i].database) ||
            (words.names[i].new_database && !words.names[i].new_name))
            abort();
    if (words.xa.global_bytes > QUERY_XA_BYTES ||
        words.xa.branch_bytes > QUERY_XA_BYTES)
        abort();
    binlog_words_release(&words);
    free(text);
    return 0;
}

/* --- the mutator ---------------------------------------------------------- */

#define CLAUSE                                                              \
    "ADD COLUMN @ # &|ADD @ #&|ADD COLUMN IF NOT EXISTS @ # & &|"           \
    "ADD (a # &, b #)|ADD (a #|ADD INDEX i (a)|ADD UNIQUE KEY (a, b)|"      \
    "ADD CHECK (a > 1)|ADD PARTITION (PARTITION p)|ADD PRIMARY KEY (a)|"    \
    "ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES t (b)|ADD SYSTEM VERSIONING|" \
    "ADD FOREIGN KEY (a) REFERENCES @ (b)|ADD PERIOD FOR SYSTEM_TIME (a, b)|" \
    "DROP COLUMN @|DROP @ CASCADE|DROP COLUMN IF EXISTS @ RESTRICT|"        \
    "DROP INDEX @|DROP KEY i|DROP FOREIGN KEY f|DROP CONSTRAINT c|"         \
    "DROP CHECK c|DROP PRIMARY KEY|DROP SYSTEM VERSIONING|DROP PERIOD x|"   \
    "RENAME COLUMN @ TO @|RENAME COLUMN a|RENAME COLUMN a TO|RENAME KEY a " \
    "TO b|CHANGE @ @ # &|CHANGE COLUMN a a # &|CHANGE a|MODIFY @ # & &|"    \
    "MODIFY COLUMN IF EXISTS a #|MODIFY|ALTER COLUMN a SET DEFAULT (1)|"    \
    "ALTER INDEX i VISIBLE|ALGORITHM = INPLACE|LOCK NONE|ENGINE = InnoDB|"  \
    "ENGINE MyISAM|COMMENT = '~' ROW_FORMAT = DYNAMIC|FORCE|ORDER BY a|"    \
    "REORGANIZE PARTITION p INTO (PARTITION q)|REMOVE PARTITIONING|"        \
    "COALESCE PARTITION 2|PARTITION BY HASH (a)|AUTO_INCREMENT 5 ENGINE "   \
    "InnoDB|DEFAULT CHARSET x|nonsense"

/* Alternatives by a bar. "@" is a name, "$" a list of names, "#" a type, "&"
 * an attribute, "~" noise, "%" a part of XA's name; "^" begins nothing. */
static const char *const FORMS[] = {
    "CREATE OR REPLACE|CREATE|CREATE TEMPORARY", "TABLE|TABLE IF NOT EXISTS|"
    "UNIQUE INDEX i ON|SPATIAL REFERENCE SYSTEM|INDEX @ ON|VIEW|"
    "FULLTEXT INDEX x USING BTREE ON|UNIQUE", "@", "(a INT)|LIKE b|~|^", NULL,
    "DROP|DROP TEMPORARY", "TABLE|TABLES|TABLE IF EXISTS|DATABASE|SCHEMA|"
    "SCHEMA IF EXISTS|INDEX x ON|ONLINE INDEX y ON|VIEW|OFFLINE INDEX z",
    "$", "RESTRICT|CASCADE|WAIT 5|NOWAIT, d.e|^|~", NULL,
    "ALTER TABLE|ALTER IGNORE TABLE|ALTER ONLINE TABLE IF EXISTS|ALTER VIEW",
    "@|@ WAIT 5|@ NOWAIT", "ADD PRIMARY KEY (a)|DROP PARTITION p|~|RENAME @|"
    "RENAME TO @|RENAME AS @|RENAME = @|RENAME COLUMN a TO b|RENAME INDEX a|"
    "EXCHANGE PARTITION p WITH TABLE @|CONVERT TABLE @ TO PARTITION p|"
    "CONVERT PARTITION p TO TABLE @|TRUNCATE PARTITION ALL|COMMENT 'TABLE'|"
    "DISCARD TABLESPACE|IMPORT TABLESPACE|CONVERT TO CHARACTER SET u|TABLE",
    ", RENAME TO @|, RENAME KEY a TO b|, RENAME|^", NULL,
    "ALTER TABLE @", CLAUSE, ",", CLAUSE, "^|, " CLAUSE, NULL,
    "ALTER TABLE t", CLAUSE, NULL,
    "RENAME TABLE|RENAME TABLES|RENAME USER|RENAME TABLE IF EXISTS|RENAME",
    "@ TO @|@ WAIT 3 TO @, @ NOWAIT TO @|@ TO", "^|, @ TO @|x", NULL,
    "TRUNCATE|TRUNCATE TABLE", "@|^", NULL,
    "INSERT|INSERT INTO|REPLACE INTO|INSERT LOW_PRIORITY IGNORE INTO|"
    "REPLACE DELAYED", "@", "VALUES ('~')|SET a = 1|SELECT 1|~", NULL,
    "UPDATE|UPDATE LOW_PRIORITY IGNORE", "@|@ x|@ AS x|@, @|@ JOIN @",
    "SET a = '~'|^|WHERE 1", NULL,
    "DELETE FROM|DELETE QUICK FROM|DELETE", "@|@ x|@ AS x|@, @",
    "WHERE a = 1|ORDER BY a LIMIT 1|RETURNING a|PARTITION (p)|^|USING b",
    NULL,
    "LOAD DATA LOCAL INFILE '~' REPLACE INTO TABLE @|LOAD DATA INTO x|"
    "LOAD INDEX INTO CACHE t|LOAD XML INFILE 'x'", NULL,
    "XA", "START|BEGIN|END|PREPARE|COMMIT|ROLLBACK|RECOVER", "%",
    "^|,%|,%,7|,%,4294967296|,%,x|,%,99999999999", "^|ONE PHASE", NULL,
    "BEGIN|START TRANSACTION|START|COMMIT|ROLLBACK|ROLLBACK TO s|"
    "ROLLBACK WORK TO SAVEPOINT s|SAVEPOINT s|RELEASE SAVEPOINT s|"
    "BEGIN NOT ATOMIC SELECT 1; END|COMMIT WORK|END|ROLLBACK AND CHAIN", NULL,
    "SET STATEMENT a = 1, b = '~' FOR|SET STATEMENT x|SET @a = 1",
    "TRUNCATE @|DELETE FROM @|UPDATE @ SET a = 1|CREATE TABLE @ (b INT)",
    NULL,
    "GRANT ALL ON @ TO u|FLUSH TABLES|ANALYZE TABLE @|WITH x AS (SELECT 1) "
    "UPDATE y SET z = 1|CALL p(1)|DO 1|EXECUTE s|SELECT 1|nonsense|HELP", NULL,
    NULL};

static const char *const NAMES[] = {
    "t", "`a``b`", "d.t", "`d` . `t`", "\"x\"\"y\"", "d.`t", ".t", "d.",
    "d.1t", "`\xc3\xa4`", "1", "''", "d.t.u", "`", "a$_1", "\xff", "`\x82`"};
static const char *const NOISE[] = {
    "/* c */", "-- c\n", "# c\n", "/*!50000 x */", "/*!99999 TABLE y */",
    "/*M!100100 IF EXISTS */", "/*!", "/*", "--x", "'a''b\\'c'", "\"q\"",
    "(a, (b))", ";", "\t", "\\", "*/", "'open", "/*!40000", "/*+ h */", "--",
    "/*M!999999 z */", "/*! IF EXISTS */", "/**/", "N'x'", "_utf8'x'",
    "'\x82'", "0x6162", "1e5", "@v", "@@x", ":=", "/*!050000 y */",
    "'\\0\\Z\\b\\n\\r\\t\\%'", "-", "-- ", "\xef\xbc\x87"};
static const char *const PARTS[] = {
    "X'6162'", "'ab'", "0x6f6E", "x'6'", "X'zz'", "''", "X''", "ab",
    "'it''s'", "\"q\"", "0xgg", "0x",
    "X'0102030405060708091011121314151617181920212223242526272829303132"
    "333435363738394041424344454647484950515253545556575859606162636465'",
    "'0123456789012345678901234567890123456789012345678901234567890123456'",
    "0x010203040506070809101112131415161718192021222324252627282930313233"
    "3435363738394041424344454647484950515253545556575859606162636465"};

static const char *const TYPES[] = {
    "INT", "integer(11) UNSIGNED ZEROFILL", "BOOL", "dec(10,2) SIGNED",
    "ENUM('a', 'b')", "TIMESTAMP", "TIMESTAMP NULL", "SERIAL", "fixed",
    "VARCHAR(9)", "character(3)", "JSON", "", "'x'", "numeric (5"};
static const char *const ATTRIBUTES[] = {
    "", "", "NOT NULL", "NULL", "DEFAULT NULL", "DEFAULT 5", "DEFAULT -1",
    "DEFAULT +1.5", "DEFAULT (1 + (2))", "DEFAULT now(6)", "UNIQUE KEY",
    "INVISIBLE", "FIRST", "AFTER a", "COMMENT 'x'", "CHECK (a > 1)",
    "ON UPDATE CURRENT_TIMESTAMP(6)", "ON DELETE", "CHARACTER SET utf8mb4",
    "CHARACTER", "CHARSET latin1", "COLLATE x", "AUTO_INCREMENT",
    "AS (a + 1)", "DEFAULT", "NOT", "ON UPDATE now()"};

static void make_noise(struct made *made, size_t times)
{
    if (made_once(made, times))
        made_text(made,
                  NOISE[made_draw(made, sizeof(NOISE) / sizeof(*NOISE))]);
}

static void make_name(struct made *made)
{
    size_t count = sizeof(NAMES) / sizeof(*NAMES);

    made_text(made, NAMES[made_draw(made, made_once(made, 3) ? count : 5)]);
}

static void make_letter(struct made *made, char letter)
{
    switch (letter) {
    case '@':
        make_name(made);
        break;
    case '$':
        for (size_t left = made_draw(made, 3); left > 0; left--) {
            make_name(made);
            made_text(made, ", ");
        }
        make_name(made);
        break;
    case '%':
        made_text(made,
                  PARTS[made_draw(made, sizeof(PARTS) / sizeof(*PARTS))]);
        break;
    case '~':
        make_noise(made, 1);
        break;
    case '#':
        made_text(made,
                  TYPES[made_draw(made, sizeof(TYPES) / sizeof(*TYPES))]);
        break;
    case '&':
        made_text(made, ATTRIBUTES[made_draw(made, sizeof(ATTRIBUTES) /
                                                       sizeof(*ATTRIBUTES))]);
        break;
    case '^':
        break;
    case ' ':
        make_noise(made, 12);
        made_byte(made, ' ');
        break;
    default:
        if (made_once(made, 8) && letter >= 'A' && letter <= 'Z')
            letter = (char)(letter | 0x20);
        made_byte(made, (uint8_t)letter);
    }
}

/* One of the alternatives. */
static void make_choice(struct made *made, const char *form)
{
    size_t count = 1;
    size_t chosen;

    for (const char *at = form; *at; at++)
        count += *at == '|';
    for (chosen = made_draw(made, count); chosen > 0; chosen--)
        form = strchr(form, '|') + 1;
    for (; *form && *form != '|'; form++)
        make_letter(made, *form);
}

static void make_statement(struct made *made)
{
    static const uint8_t collations[] = {33, 45, 8, 1, 13, 28, 35, 95, 54};
    size_t count = 1;
    size_t chosen;
    const char *const *form = FORMS;

    made_byte(made, (uint8_t)made_draw(made, 16));
    made_byte(made, collations[made_draw(made, sizeof(collations))]);
    for (size_t i = 1; FORMS[i] || FORMS[i - 1]; i++)
        count += !FORMS[i] && FORMS[i + 1];
    for (chosen = made_draw(made, count); chosen > 0; form++)
        chosen -= !*form;
    make_noise(made, 6);
    for (; *form; form++) {
        make_choice(made, *form);
        made_byte(made, ' ');
    }
    make_noise(made, 4);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    return made_mutate(data, size, max_size, seed, make_statement);
}
