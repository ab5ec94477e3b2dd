"""Invariant 10: memory is bounded by the setting, whatever the number of
rows; a single row larger than a batch is the one exception."""

from lab import http_faults as fault

MIB = 1 << 20


def peak(rig, *arguments):
    """Largest resident size of one run, in bytes."""
    running = rig.tidemark.start(*arguments)
    found = 0
    while running.alive():
        found = max(found, high_water(running.pid))
    result = running.wait(120)
    assert result.code == 0, str(result)
    assert found > 0, "the run ended before its memory was looked at"
    return found


def high_water(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def settings(rig, **limits):
    rig.settings(limits={"workers": 1, **limits})


def test_ten_times_the_rows_take_no_more_memory(rig):
    rig.orders(40000, "few")
    rig.orders(400000, "many")
    settings(rig)
    few = peak(rig, "run", "few")
    many = peak(rig, "run", "many")
    assert many <= 128 * MIB, many
    assert many <= few * 2 + 16 * MIB, (few, many)
    rig.equal("many")


def test_the_setting_is_kept_while_the_warehouse_takes_nothing(small, http):
    """What is read meanwhile would not fit."""
    small.orders(400000)
    small.warehouse_port = http.port
    http.on("INSERT INTO", fault.hang(8, stored=False))
    settings(small, memory="16M")
    assert peak(small, "run") <= 64 * MIB
    small.equal("orders")


def test_a_row_larger_than_a_batch_takes_three_times_its_size(small):
    small.sql("CREATE TABLE wide (id INT PRIMARY KEY, v LONGBLOB)")
    for number in range(4):
        small.sql("INSERT INTO wide VALUES (%s, REPEAT(%s, %s))",
                  (number, "xy", 8 * MIB))
    settings(small, memory="32M")
    assert peak(small, "run") <= (64 + 4 * 16) * MIB
    small.equal("wide")


def test_a_transaction_larger_than_memory_is_sent_as_it_is_read(small):
    small.sql("CREATE TABLE wide (id INT PRIMARY KEY, v VARCHAR(1000) "
              "CHARACTER SET latin1)")
    small.settings(tables=[{"*": {"mode": "cdc"}}])
    small.ok("run")
    small.sql("INSERT INTO wide SELECT seq, REPEAT('x', 1000) "
              "FROM seq_1_to_200000")
    assert peak(small, "run") <= 64 * MIB
    small.equal("wide")
