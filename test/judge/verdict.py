"""What a comparison found, in words for people."""

import dataclasses

SHOWN = 20


@dataclasses.dataclass
class Difference:
    kind: str  # missing, extra, cell, type, key, column, stored
    key: str
    column: str = ""
    source: str = ""
    warehouse: str = ""

    def __str__(self):
        if self.kind == "cell":
            return f"{self.key}: {self.column} is {self.source}, the " \
                f"warehouse has {self.warehouse}"
        if self.kind == "missing":
            return f"{self.key}: missing in the warehouse"
        if self.kind == "extra":
            return f"{self.key}: only in the warehouse"
        return f"{self.kind} {self.column or self.key}: source " \
            f"{self.source}, warehouse {self.warehouse}"


@dataclasses.dataclass
class Verdict:
    """rows and cells of the source that were compared."""

    table: str
    rows: int = 0
    column_count: int = 0
    count: int = 0  # of differences
    first: list = dataclasses.field(default_factory=list)  # SHOWN at most
    marked: int = 0  # deleted rows that the view shows as such
    kept: int = 0    # rows kept on purpose

    @property
    def ok(self):
        return self.count == 0

    @property
    def cells(self):
        return self.rows * self.column_count

    def kinds(self):
        return sorted({difference.kind for difference in self.first})

    def add(self, difference):
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(difference)

    def __str__(self):
        head = f"{self.table}: {self.rows} rows, {self.cells} cells"
        if self.ok:
            return f"{head} equal"
        lines = [f"{head}, {self.count} differences"]
        lines += [f"  {difference}" for difference in self.first]
        return "\n".join(lines)


def show(cell, is_hex):
    """A cell of a line as people read it."""
    if cell == "\\N":
        return "NULL"
    if is_hex:
        value = bytes.fromhex(cell)
        try:
            cell = repr(value.decode())
        except UnicodeDecodeError:
            cell = "0x" + value.hex()
    return cell if len(cell) <= 120 else \
        f"{cell[:120]}... ({len(cell)} characters)"
