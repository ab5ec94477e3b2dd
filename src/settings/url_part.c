/* The parts of a URL. What gets into headers and SQL of other programs is kept
 * to what these parts may hold: no control characters, no broken UTF-8. */

#include "url_part.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

/* The byte at *place, which is moved behind it; -1 where a percent sign has no
 * two digits, 0 for a NUL. */
static int next_byte(struct part part, size_t *place)
{
    int high;
    int low;

    if (part.text[*place] != '%')
        return (unsigned char)part.text[(*place)++];
    if (part.size - *place < 3)
        return -1;
    high = hex_value(part.text[*place + 1]);
    low = hex_value(part.text[*place + 2]);
    *place += 3;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* NULL for a broken percent sign or a NUL. */
static char *decode_bytes(struct part part)
{
    char *text = memory_new(part.size + 1, 1);
    size_t place = 0;
    size_t size = 0;

    while (place < part.size) {
        int byte = next_byte(part, &place);

        if (byte <= 0) {
            explicit_bzero(text, size);
            memory_free(text);
            return NULL;
        }
        text[size++] = (char)byte;
    }
    return text;
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if (iscntrl((unsigned char)*text))
            return true;
    }
    return false;
}

char *part_decode(struct part part)
{
    char *text = decode_bytes(part);

    if (text == NULL ||
        (text_is_utf8(bytes_of(text)) && !has_control(text)))
        return text;
    memory_free(text);
    return NULL;
}

struct secret *part_secret(struct part part)
{
    char *text = decode_bytes(part);
    struct secret *secret;

    if (text == NULL)
        return NULL;
    secret = secret_new(text, strlen(text));
    explicit_bzero(text, strlen(text));
    memory_free(text);
    return secret;
}

/* Letters and digits of ASCII and what `others` holds. */
static bool consists_of(const char *text, const char *others)
{
    for (; *text != '\0'; text++) {
        bool is_plain = (unsigned char)*text < 0x80 &&
                        isalnum((unsigned char)*text) != 0;

        if (!is_plain && strchr(others, *text) == NULL)
            return false;
    }
    return true;
}

char *part_scheme(struct part part)
{
    char *text = memory_text_part(part.text, part.size);

    for (size_t i = 0; i < part.size; i++)
        text[i] = (char)tolower((unsigned char)text[i]);
    if (text[0] >= 'a' && text[0] <= 'z' && consists_of(text, "+-."))
        return text;
    memory_free(text);
    return NULL;
}

char *part_host(struct part part)
{
    char *text = decode_bytes(part);

    if (text == NULL || consists_of(text, "-_."))
        return text;
    memory_free(text);
    return NULL;
}

char *part_ipv6(struct part part)
{
    char *text = memory_text_part(part.text, part.size);
    struct in6_addr address;

    if (inet_pton(AF_INET6, text, &address) == 1)
        return text;
    memory_free(text);
    return NULL;
}

const char *part_last(struct part part, char character)
{
    return memrchr(part.text, character, part.size);
}
