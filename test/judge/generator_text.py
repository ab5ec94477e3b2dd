"""Texts of every character set, and the names that tables must survive."""

import functools

MULTIBYTE_PAGES = [(0x20, 0x7f), (0xa0, 0x180), (0x391, 0x3ca),
                   (0x410, 0x460), (0x3041, 0x3097), (0x30a1, 0x30f7),
                   (0x4e00, 0x4e60), (0x9f80, 0x9fa0), (0xac00, 0xac40),
                   (0xff01, 0xff5f)]
# What Python calls a character set of the servers; None: letters by hand.
CODECS = {
    "ascii": "ascii", "big5": "big5", "cp1250": "cp1250", "cp1251": "cp1251",
    "cp1256": "cp1256", "cp1257": "cp1257", "cp850": "cp850",
    "cp852": "cp852", "cp866": "cp866", "cp932": "cp932",
    "eucjpms": "euc_jp", "euckr": "euc_kr", "gb2312": "gb2312", "gbk": "gbk",
    "greek": "iso8859_7", "hebrew": "iso8859_8", "hp8": "hp_roman8",
    "koi8r": "koi8_r", "koi8u": "koi8_u", "latin1": "cp1252",
    "latin2": "iso8859_2", "latin5": "iso8859_9", "latin7": "iso8859_13",
    "macce": "mac_latin2", "macroman": "mac_roman", "sjis": "shift_jis",
    "tis620": "tis_620", "ujis": "euc_jp", "ucs2": "utf_16_be",
    "utf16": "utf_16_be", "utf16le": "utf_16_le", "utf32": "utf_32_be",
    "utf8mb3": "utf_8", "utf8mb4": "utf_8", "gb18030": "gb18030",
    "armscii8": None, "dec8": None, "geostd8": None, "keybcs2": None,
    "swe7": None}
BY_HAND = {
    "armscii8": range(0x531, 0x557), "dec8": range(0xc0, 0xd0),
    "geostd8": range(0x10d0, 0x10f1), "keybcs2": map(ord, "áčďéěíňóřšťúůýž"),
    "swe7": map(ord, "ÅÄÖåäöÉéÜü")}
WIDE = ["\U0001f30a", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f1ef\U0001f1f5", "\U00020000", "\U0010ffff"]
NARROW_ONLY = ("ucs2", "utf8mb3")
FULL_UNICODE = ("utf16", "utf16le", "utf32", "utf8mb4", "gb18030")
GENERAL = {
    "big5": "chinese", "cp932": "japanese", "dec8": "swedish",
    "eucjpms": "japanese", "euckr": "korean", "gb18030": "chinese",
    "gb2312": "chinese", "gbk": "chinese", "hp8": "english",
    "latin1": "swedish", "latin5": "turkish", "sjis": "japanese",
    "swe7": "swedish", "tis620": "thai", "ujis": "japanese"}
MORE_COLLATIONS = {
    "mysql97": {
        "utf8mb4": ["0900_ai_ci", "0900_as_cs", "0900_bin", "ja_0900_as_cs",
                    "unicode_ci", "unicode_520_ci", "turkish_ci",
                    "ja_0900_as_cs_ks", "de_pb_0900_ai_ci"],
        "latin1": ["german2_ci", "general_cs", "spanish_ci"],
        "utf16": ["unicode_ci"], "utf8mb3": ["unicode_ci", "german2_ci"],
        "gb18030": ["unicode_520_ci"]},
    "mariadb1011": {
        "utf8mb4": ["uca1400_ai_ci", "uca1400_as_cs", "uca1400_nopad_as_ci",
                    "nopad_bin", "general_nopad_ci", "unicode_ci",
                    "unicode_520_nopad_ci", "turkish_ci"],
        "latin1": ["german2_ci", "general_cs", "nopad_bin",
                   "swedish_nopad_ci"],
        "utf16": ["unicode_ci", "nopad_bin"],
        "utf8mb3": ["unicode_ci", "general_mysql500_ci"],
        "cp932": ["japanese_nopad_ci"]}}

SPICE = ["", " ", "a ", "a  ", "A", "a", "ä", "ss", "\u00df", "\0", "a\0b",
         "\t", "\n", "\r\n", "\\", "\\N", "\\\\n", "'", '"', "''", "`",
         "{{x}}", "%s", "%", "NULL", "null", "0", "-0", "1e5", "<b>&amp;",
         "e\u0301", "\u00e9", "\u202eabc", "\ufeffbom", "\uffff", "\u0085",
         "\x7f", "\x1b[31m", "x" * 30, "ＡＢＣ", "ｶﾞ", "\u2028",
         *WIDE]

COLUMN_NAMES = [
    "select", "from", "key", "index", "Order", "group", "a`b", "a'b", 'a"b',
    "sp ace", "two  spaces", "grün", "注文", "naïve\u0301", "back\\slash",
    "back\\", "semi;--", "/* c */", "per%cent", "%s", "{{x}}", "{0}", "$1",
    "0123", "1e5", "-", ".", "a.b", "a,b", "(a)", "new\nline", "tab\tstop",
    "x" * 64, "ж" * 32, "日" * 64, "\u2603", "#", "?", ":name", "@x",
    "version", "deleted", "_tm", "digest", "final", "array", "NULL", "true",
    "tidemark seed=x", "id__tm", "\u202e", "=", "a=b", "{x:Int8}"]
TABLE_NAMES = [
    "plain", "Plain", "select", "a`b", "a'b", 'a"b', "sp ace", "grün", "注文",
    "back\\slash", "semi;--", "per%cent", "$1", "-", "{{x}}", "new\nline",
    "\u2603", "orders__tm_x", "ж" * 20, "a.b", "%s", "table", "a,b", "(a)"]


@functools.lru_cache(maxsize=None)
def letters(charset):
    """Characters that the character set has, as far as Python knows."""
    plain = [chr(code) for code in range(0x20, 0x7f)]
    codec = CODECS[charset]
    if codec is None:
        return plain + [chr(code) for code in BY_HAND[charset]]
    if len("a".encode(codec)) == 1 and charset not in MULTIBYTE:
        found = [bytes([b]).decode(codec, "ignore") for b in range(256)]
        return [char for char in found if char]
    found = [chr(code) for low, high in MULTIBYTE_PAGES
             for code in range(low, high)]
    found = [char for char in found if _has(codec, char)]
    return found + (WIDE if charset in FULL_UNICODE else [])


MULTIBYTE = ("big5", "cp932", "eucjpms", "euckr", "gb2312", "gbk", "sjis",
             "ujis", "utf8mb3", "utf8mb4", "gb18030")


def _has(codec, text):
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


@functools.lru_cache(maxsize=None)
def spice(charset):
    """The awkward texts that the character set can hold."""
    known = set(letters(charset))
    if charset in FULL_UNICODE:
        return list(SPICE)
    if charset in NARROW_ONLY:
        return [text for text in SPICE if all(ord(c) < 0x10000 for c in text)]
    return [text for text in SPICE
            if all(c in known or ord(c) < 0x20 for c in text)]


def charsets(flavour):
    """mariadb1011 lacks gb18030."""
    return [name for name in CODECS
            if name != "gb18030" or flavour.startswith("mysql")]


def collations(flavour, charset):
    more = MORE_COLLATIONS[flavour].get(charset, [])
    general = GENERAL.get(charset, "general") + "_ci"
    return [f"{charset}_{name}" for name in [general, "bin", *more]]


def unused_name(random, names, used):
    """A name that differs from all used ones in more than case."""
    name = random.choice(names)
    number = 0
    while name.lower().rstrip() in used:
        number += 1
        name = f"c{len(used)}_{number}_{random.choice(names)}"[:64].rstrip()
    used.add(name.lower().rstrip())
    return name
