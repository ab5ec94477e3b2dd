"""Well-known binaries of every kind of geometry, in the WKB of the OGC."""

import struct

CODES = {"POINT": 1, "LINESTRING": 2, "POLYGON": 3, "MULTIPOINT": 4,
         "MULTILINESTRING": 5, "MULTIPOLYGON": 6, "GEOMETRYCOLLECTION": 7}
KINDS = ["GEOMETRY", *CODES]
PARTS = {"MULTIPOINT": "POINT", "MULTILINESTRING": "LINESTRING",
         "MULTIPOLYGON": "POLYGON"}


def _head(kind):
    return struct.pack("<BI", 1, CODES[kind])


def _points(points):
    return struct.pack("<I", len(points)) + b"".join(
        struct.pack("<dd", *point) for point in points)


def _ring(random):
    x, y = random.uniform(-60, 60), random.uniform(-60, 60)
    return [(x, y), (x + 5, y), (x + 5, y + 5), (x, y + 5), (x, y)]


def draw(random, kind):
    """Coordinates within 80 degrees, so that any reference system fits."""
    if kind == "GEOMETRY":
        kind = random.choice(list(CODES))
    if kind == "POINT":
        return _head(kind) + struct.pack("<dd", random.uniform(-80, 80),
                                         random.uniform(-80, 80))
    if kind == "LINESTRING":
        return _head(kind) + _points([
            (random.uniform(-80, 80), random.uniform(-80, 80))
            for _ in range(random.randint(2, 6))])
    if kind == "POLYGON":
        return _head(kind) + struct.pack("<I", 1) + _points(_ring(random))
    part = PARTS.get(kind)
    parts = [draw(random, part or random.choice(["POINT", "LINESTRING"]))
             for _ in range(random.randint(1, 3))]
    return _head(kind) + struct.pack("<I", len(parts)) + b"".join(parts)


def edge(kind):
    """Zeros, and both of them negative in one place."""
    if kind in ("GEOMETRY", "POINT"):
        return _head("POINT") + struct.pack("<dd", 0.0, -0.0)
    points = _points([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)])
    if kind == "LINESTRING":
        return _head(kind) + points
    if kind == "POLYGON":
        return _head(kind) + struct.pack("<I", 1) + points
    part = edge(PARTS.get(kind, "POINT"))
    return _head(kind) + struct.pack("<I", 2) + part * 2
