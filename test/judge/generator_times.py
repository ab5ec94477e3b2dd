"""Dates and times: edges of the servers and of a warehouse's range."""

import datetime

from .generator_types import Spec

TIMESTAMP_END = "2038-01-19 03:14:07"
HOSTILE = ["'0000-00-00'", "'2024-00-15'", "'2024-02-00'"]


def _fraction(random, digits):
    part = random.choice([0, 1, 10 ** digits - 1,
                          random.randrange(10 ** digits)])
    return f".{part:0{digits}}" if digits else ""


def _nines(digits):
    return "." + "9" * digits if digits else ""


def date(random, flavour, hostile=False):
    edges = ["'1900-01-01'", "'2299-12-31'", "'1970-01-01'", "'1969-12-31'",
             "'2024-02-29'", "'2000-02-29'", "'1900-02-28'", "'2038-01-20'"]

    def draw(random):
        day = datetime.date(1900, 1, 1).toordinal() + random.randrange(146097)
        return f"'{datetime.date.fromordinal(day)}'"
    return Spec("DATE", edges + (HOSTILE if hostile else []), draw, 3, 3, 3,
                default="'2024-02-29'")


def moment(random, flavour, hostile=False):
    digits = random.randint(0, 6)
    end = _nines(digits)
    edges = ["'1000-01-01 00:00:00'", f"'9999-12-31 23:59:59{end}'",
             "'1970-01-01 00:00:00'", f"'1969-12-31 23:59:59{end}'",
             "'1900-01-01 00:00:00'", "'2024-02-29 12:00:00'",
             f"'1582-10-15 23:59:59{end}'", "'2038-01-19 03:14:08'",
             "'2106-02-07 06:28:16'", f"'2299-12-31 23:59:59{end}'"]

    def draw(random):
        start = datetime.datetime(1000, 1, 1)
        if random.random() < .8:
            start = datetime.datetime(1990, 1, 1)
        days = 14000 if start.year == 1990 else 3287181
        at = start + datetime.timedelta(days=random.randrange(days),
                                        seconds=random.randrange(86400))
        return f"'{at}{_fraction(random, digits)}'"
    return Spec(f"DATETIME({digits})",
                edges + (HOSTILE if hostile else []), draw, 8, 8, 8,
                default="'2024-02-29 01:02:03'")


def past(random, digits):
    """A moment before 2023."""
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(
        seconds=random.randrange(1, 1_672_000_000))
    return f"'{at}{_fraction(random, digits)}'"


def timestamp(random, flavour, hostile=False):
    digits = random.randint(0, 6)
    edges = ["'1970-01-01 00:00:01'", f"'{TIMESTAMP_END}{_nines(digits)}'",
             "'2024-03-31 01:30:00'", "'2024-10-27 01:30:00'",
             "'2001-09-09 01:46:40'"]

    def draw(random):
        at = datetime.datetime(1970, 1, 1) + datetime.timedelta(
            seconds=random.randrange(1, 2 ** 31 - 2))
        return f"'{at}{_fraction(random, digits)}'"
    hostiles = ["'0000-00-00 00:00:00'"] if hostile else []
    return Spec(f"TIMESTAMP({digits})", edges + hostiles, draw, 8, 8, 8,
                default="'2024-02-29 01:02:03'")


def time(random, flavour, hostile=False):
    digits = random.randint(0, 6)
    end, least = _nines(digits), "." + "0" * (digits - 1) + "1"
    least = least if digits else ""
    edges = ["'00:00:00'", f"'838:59:59{end}'", f"'-838:59:59{end}'",
             f"'-00:00:00{least}'", f"'00:00:00{least}'", "'24:00:00'",
             f"'-24:00:00{end}'", "'100:00:00'", f"'-00:00:01{end}'"]

    def draw(random):
        sign = random.choice(["", "-"])
        return f"'{sign}{random.randrange(839)}:{random.randrange(60):02}:" \
            f"{random.randrange(60):02}{_fraction(random, digits)}'"
    return Spec(f"TIME({digits})", edges, draw, 6, 6, 6, default="'01:02:03'")


def year(random, flavour, hostile=False):
    return Spec("YEAR", ["0", "'0000'", "1901", "2155", "1970", "'70'"],
                lambda random: str(random.randint(1901, 2155)), 1, 1, 1,
                default="2024")
