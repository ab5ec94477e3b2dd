#!/usr/bin/python3
"""Canonical cells, digests and keys a second time, in another language.

Written from the definitions in include/model/digest.h and key.h alone, so that
a mistake in the program and one here do not agree. Comparators import it to
compute again what the program has stored; the unit tests read the vectors.

    canonical.py --write    makes vectors.json
    canonical.py --check    fails when vectors.json is not what it computes
"""
import datetime
import decimal
import json
import math
import pathlib
import random
import struct
import sys
import uuid

import xxhash

BASE = int.from_bytes(b'tidemark', 'big')
MASK = (1 << 64) - 1
VECTORS = pathlib.Path(__file__).with_name('vectors.json')
EPOCH = datetime.datetime(1970, 1, 1)
INTEGER_KINDS = ('bool', 'int', 'uint', 'date', 'time', 'datetime',
                 'timestamp')


def shortest(value):
    """An integer in its shortest two's complement, little endian."""
    size = 1
    while not -(1 << (8 * size - 1)) <= value < 1 << (8 * size - 1):
        size += 1
    return value.to_bytes(size, 'little', signed=True)


def to_microseconds(span):
    return span // datetime.timedelta(microseconds=1)


def to_integer(kind, value):
    """Days for dates, microseconds for times; integers are taken as such."""
    if isinstance(value, int):
        return int(value)
    if kind == 'date':
        return (value - EPOCH.date()).days
    if kind == 'time':
        return to_microseconds(value)
    if value.tzinfo:
        value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return to_microseconds(value - EPOCH)


def decimal_parts(value, scale):
    """The scaled integer and its scale, exactly."""
    if scale is not None and isinstance(value, int):
        return value, scale
    sign, digits, exponent = decimal.Decimal(value).as_tuple()
    whole = int(''.join(map(str, digits)))
    if exponent > 0:
        whole, exponent = whole * 10 ** exponent, 0
    return -whole if sign else whole, -exponent


def canonical_decimal(value, scale):
    whole, scale = decimal_parts(value, scale)
    while scale > 0 and whole % 10 == 0:
        whole //= 10
        scale -= 1
    return bytes([scale]) + shortest(whole)


def canonical_float(value):
    if math.isnan(value):
        return (0x7ff8000000000000).to_bytes(8, 'little')
    return struct.pack('<d', 0.0 if value == 0 else value)


def canonical_cell(kind, value, scale=None):
    """The canonical bytes of a cell; `kind` as kind_name() says it.

    decimal: an int is the scaled integer of `scale`; without one, a Decimal
    or its text. Times: int, or the class of datetime. uuid: UUID, text or 16
    bytes in the order of the text.
    """
    if kind in INTEGER_KINDS:
        return shortest(to_integer(kind, value))
    if kind == 'float':
        return canonical_float(value)
    if kind == 'decimal':
        return canonical_decimal(value, scale)
    if kind == 'uuid':
        if isinstance(value, (bytes, uuid.UUID)):
            return value.bytes if isinstance(value, uuid.UUID) else value
        return uuid.UUID(value).bytes
    if kind in ('text', 'json', 'bytes'):
        return value.encode() if isinstance(value, str) else value
    raise ValueError(f'no kind {kind}')


def seed(name):
    return xxhash.xxh3_64_intdigest(name.encode())


def cell_hash(cell, cell_seed):
    return xxhash.xxh3_64_intdigest(cell, cell_seed)


def mix64(value):
    value ^= value >> 33
    value = value * 0xff51afd7ed558ccd & MASK
    value ^= value >> 33
    value = value * 0xc4ceb9fe1a85ec53 & MASK
    return value ^ value >> 33


def finish(total):
    return mix64((BASE + total) & MASK) or 1


def row_digest(cells):
    """The digest of a row of (seed_name, canonical bytes or None)."""
    return finish(sum(cell_hash(cell, seed(name)) for name, cell in cells
                      if cell is not None))


def varint(value):
    parts = []
    while value >= 0x80:
        parts.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(parts + [value])


def canonical_key(cells):
    """The canonical key of the key's canonical cells, in the key's order."""
    return b''.join(varint(len(cell)) + cell for cell in cells)


def key_hash(key):
    return xxhash.xxh3_64_intdigest(key)


def bucket(key):
    return key_hash(key) >> 32


# From here on: the vectors.

def number(value):
    return f'{value:016x}'


def fixed(value, width, signed=True):
    return value.to_bytes(width, 'little', signed=signed)


class Cell:
    """A cell as a batch holds it (`stored`) and as it is hashed."""

    def __init__(self, kind, value, stored, scale=None):
        self.kind = kind
        self.value = value
        self.stored = stored
        self.scale = scale
        self.canonical = canonical_cell(kind, value, scale)

    def vector(self, name):
        is_variable = self.kind in ('text', 'json', 'bytes')
        return {
            'kind': self.kind,
            'width': 0 if is_variable else len(self.stored),
            'scale': self.scale or 0,
            'stored': self.stored.hex(),
            'cell': self.canonical.hex(),
            'seed_name': name,
            'hash': number(cell_hash(self.canonical, seed(name))),
        }


def integer_cells():
    edges = [0, 1, -1, 2, 63, 64, 127, 128, 255, 256, -127, -128, -129, -256,
             32767, 32768, -32768, -32769, 65535, 65536, 2 ** 31 - 1, 2 ** 31,
             -2 ** 31, -2 ** 31 - 1, 2 ** 32, 2 ** 39 - 1, 2 ** 39,
             2 ** 47, 2 ** 55, -2 ** 55, 2 ** 63 - 1, -2 ** 63]
    for width in (1, 2, 4, 8):
        for value in edges + [2 ** 64 - 1, 2 ** 63]:
            limit = 1 << (8 * width)
            if -limit // 2 <= value < limit // 2:
                yield Cell('int', value, fixed(value, width))
            if 0 <= value < limit:
                yield Cell('uint', value, fixed(value, width, False))
    for value in (False, True):
        yield Cell('bool', value, fixed(value, 1))


def float_cells():
    values = [0.0, -0.0, 1.0, -1.5, math.inf, -math.inf, math.nan, 0.1,
              5e-324, -5e-324, 2.2250738585072014e-308,
              1.7976931348623157e308, 1e300, 16777217.0]
    for value in values:
        yield Cell('float', value, struct.pack('<d', value))
    yield Cell('float', math.nan, bytes.fromhex('010000000000f0ff'))
    for value in (0.0, -0.0, 1.5, 3.4028234663852886e38, 0.1, 1e-45,
                  math.inf, math.nan):
        stored = struct.pack('<f', value)
        yield Cell('float', struct.unpack('<f', stored)[0], stored)


def decimal_cells():
    digits = {4: 9, 8: 18, 16: 38, 32: 76}
    for width, precision in digits.items():
        top = 10 ** precision
        values = [0, 1, -1, 10, -10, 15, -15, 100, 150, 127, 128, -128, -129,
                  1230000, top - 1, 1 - top, top // 10, -(top // 10),
                  top // 2, top // 1000 * 7]
        if width > 8:
            values += [2 ** 63 - 1, 2 ** 63, -2 ** 63, -2 ** 63 - 1, 2 ** 64,
                       -2 ** 64, 2 ** 64 * 10, 2 ** 100, -2 ** 100]
        if width > 16:
            values += [10 ** 75, -10 ** 75, 2 ** 127, -2 ** 127, 2 ** 128,
                       2 ** 192, -2 ** 192, 2 ** 251, 10 ** 40 * 7]
        for value in values:
            for scale in sorted({0, 2, precision // 2, precision}):
                yield Cell('decimal', value, fixed(value, width), scale)


def time_cells():
    for day in (datetime.date(1970, 1, 1), datetime.date(1969, 12, 31),
                datetime.date(2026, 11, 21), datetime.date(1, 1, 1),
                datetime.date(9999, 12, 31), datetime.date(1900, 1, 1),
                datetime.date(2024, 2, 29)):
        days = (day - datetime.date(1970, 1, 1)).days
        yield Cell('date', day, fixed(days, 4))
    for text in ('1970-01-01 00:00:00', '1969-12-31 23:59:59.999999',
                 '2026-11-21 13:52:01.123456', '9999-12-31 23:59:59.999999',
                 '1000-01-01 00:00:00', '2038-01-19 03:14:07'):
        value = datetime.datetime.fromisoformat(text)
        stored = fixed(to_microseconds(value - EPOCH), 8)
        yield Cell('datetime', value, stored)
        yield Cell('timestamp', value, stored)
    for hours in (0, 1, -1, 838, -838, 24):
        value = datetime.timedelta(hours=hours, minutes=59, microseconds=1)
        yield Cell('time', value, fixed(to_microseconds(value), 8))


def variable_cells():
    texts = ['', '\0', 'a', 'abc', 'tidemark', 'zwölf', '\U0001f30a', 'é',
             'e\u0301', 'a\0b', '  spaces  ', 'x' * 16, 'x' * 17, 'x' * 127,
             'x' * 128, 'x' * 129, 'x' * 240, 'x' * 241, 'x' * 16383,
             'x' * 16384]
    for text in texts:
        yield Cell('text', text, text.encode())
    yield Cell('json', '{"a": [1, 2.50, null]}', b'{"a": [1, 2.50, null]}')
    for value in (b'', b'\0', b'\xff\xfe', bytes(range(256)), bytes(300)):
        yield Cell('bytes', value, value)
    for text in ('00000000-0000-0000-0000-000000000000',
                 '00112233-4455-6677-8899-aabbccddeeff',
                 'ffffffff-ffff-ffff-ffff-ffffffffffff'):
        yield Cell('uuid', text, uuid.UUID(text).bytes)


def all_cells():
    for make in (integer_cells, float_cells, decimal_cells, time_cells,
                 variable_cells):
        yield from make()


SEED_NAMES = ['id', 'Name', 'größe', '注文', 'a' * 64, '\U0001f30a']


def random_rows(cells, count):
    """Rows of 0 to 12 cells, some of them NULL."""
    draw = random.Random(20)
    for _ in range(count):
        row = []
        for column in range(draw.randrange(13)):
            name = f'column_{column}'
            chosen = draw.choice(cells)
            row.append((name, chosen, draw.random() < 0.2))
        yield row


def row_vector(row):
    cells = []
    for name, cell, is_null in row:
        vector = cell.vector(name)
        vector['is_null'] = is_null
        cells.append(vector)
    digest = row_digest([(name, None if is_null else cell.canonical)
                         for name, cell, is_null in row])
    return {'cells': cells, 'digest': number(digest)}


def key_vector(row):
    key = canonical_key([cell.canonical for _, cell, _ in row])
    return {'cells': [cell.vector(name) for name, cell, _ in row],
            'key': key.hex(), 'hash': number(key_hash(key)),
            'bucket': bucket(key)}


def vectors():
    cells = list(all_cells())
    short = [cell for cell in cells if len(cell.stored) < 300]
    sums = [0, 1, MASK, BASE, -BASE & MASK, 1 << 63]
    return {
        'seeds': [{'name': name, 'seed': number(seed(name))}
                  for name in SEED_NAMES],
        'mixes': [{'value': number(value), 'mixed': number(mix64(value))}
                  for value in sums],
        'finishes': [{'sum': number(value), 'digest': number(finish(value))}
                     for value in sums],
        'cells': [cell.vector(SEED_NAMES[i % len(SEED_NAMES)])
                  for i, cell in enumerate(cells)],
        'rows': [row_vector(row) for row in random_rows(short, 100)],
        'keys': [key_vector(row[:4]) for row in random_rows(short, 60)
                 if row],
    }


def render(data):
    """One vector a line, so that a change can be seen."""
    parts = []
    for name, entries in data.items():
        lines = ',\n'.join(json.dumps(entry) for entry in entries)
        parts.append(f'"{name}": [\n{lines}\n]')
    return '{\n' + ',\n'.join(parts) + '\n}\n'


def self_test():
    """What the definition says in words."""
    assert canonical_cell('int', 0) == b'\0'
    assert canonical_cell('int', -1) == b'\xff'
    assert canonical_cell('int', 127) == b'\x7f'
    assert canonical_cell('int', 128) == b'\x80\0'
    assert canonical_cell('uint', 2 ** 64 - 1) == b'\xff' * 8 + b'\0'
    assert canonical_cell('decimal', '1.50') == b'\x01\x0f'
    assert canonical_cell('decimal', 100, 0) == b'\0\x64'
    assert canonical_cell('decimal', '0.00') == b'\0\0'
    assert canonical_cell('float', -0.0) == bytes(8)


def main(arguments):
    self_test()
    text = render(vectors())
    if arguments == ['--write']:
        VECTORS.write_text(text)
        return 0
    if arguments == ['--check']:
        if VECTORS.read_text() == text:
            return 0
        print(f'{VECTORS.name} differs from what {sys.argv[0]} computes')
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
