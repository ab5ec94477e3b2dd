"""An answer is an acknowledgement only when all of it says so.

What networks, proxies and servers do wrong, at loads, layouts and swaps. The
rows are judged by SELECT; "not acknowledged" means that finish said so.
"""

import signal
import threading
import time

import pytest

from script import Script

from lab import http_faults as faults
from lab.databases import PASSWORD, USER
from lab.http_proxy import HttpProxy
from lab.tls import TlsFront, authority

COLUMNS = [dict(name="id", kind="uint"), dict(name="s", kind="text")]
ROWS = [[1, "one"], [2, "two"]]
TEMPORARY = ("temporary", "TM3007")


class Bench:
    """One database, a proxy before the server, scripts that end."""

    def __init__(self, program, clickhouse, proxy, database):
        self.program = program
        self.clickhouse = clickhouse
        self.proxy = proxy
        self.database = database
        self.scripts = []

    def open(self, **options):
        url = self.clickhouse.url(self.database, port=self.proxy.port)
        script = Script(self.program, url + options.pop("more", ""),
                        password=options.pop("password", PASSWORD), **options)
        self.scripts.append(script)
        return script

    def ready(self, key=("id",), **options):
        """A script whose table t stands there."""
        script = self.open(**options)
        script.table(name="t", columns=COLUMNS, key=list(key))
        script.prepare()
        return script

    def count(self, table="t"):
        return self.clickhouse.rows(f"SELECT count() FROM {table}",
                                    self.database)[0][0]


@pytest.fixture
def bench(conformance, clickhouse, make_database):
    with HttpProxy(clickhouse.port) as proxy:
        made = Bench(conformance, clickhouse, proxy,
                     make_database(clickhouse))
        yield made
        for script in made.scripts:
            script.close()


def load(script, rows=None, **more):
    """Status and id of a whole load, at the step that failed or the last.

    What it said is printed, for the one who reads a failed test.
    """
    for command, arguments in (("begin", more), ("put", {"rows": rows or ROWS}),
                               ("finish", {})):
        answer = script.ask(command, **arguments)
        if answer["status"] != "ok":
            print(command, answer)
            break
    if command != "begin":
        script.end()
    return answer["status"], answer.get("id")


def test_a_clean_answer_acknowledges(bench):
    script = bench.ready()
    assert load(script) == ("ok", None)
    assert bench.count() == 2


@pytest.mark.parametrize("action,verdict", [
    (faults.swallowed(), TEMPORARY),
    (faults.without_summary(), TEMPORARY),
    (faults.fewer_rows_written(), TEMPORARY),
    (faults.fewer_rows_written(-1), TEMPORARY),
    (faults.exception_in_body(), ("temporary", "TM3006")),
    (faults.exception_in_body(stored=True), ("temporary", "TM3006")),
    (faults.exception_in_body(b"well\n"), TEMPORARY),
    (faults.exception_in_header(), ("temporary", "TM3006")),
    (faults.exception_in_header(code=497), ("action", "TM3003")),
    (faults.exception_in_header(code="x"), ("table", "TM3009")),
    (faults.exception_in_header(code=243), ("temporary", "TM3011")),
    (faults.unavailable(503), ("temporary", "TM3006")),
    (faults.unavailable(503, stored=True), ("temporary", "TM3006")),
    (faults.unavailable(502), ("temporary", "TM3006")),
    (faults.unavailable(500), ("temporary", "TM3006")),
    (faults.unavailable(408), ("temporary", "TM3006")),
    (faults.unavailable(401), ("action", "TM3002")),
    (faults.unavailable(404), ("action", "TM3008")),
    (faults.unavailable(200), TEMPORARY),
    (faults.reset_after_request(), ("temporary", "TM3001")),
    (faults.cut_answer(0), ("temporary", "TM3001")),
    (faults.cut_answer(0, chunked=False), ("temporary", "TM3001")),
])
def test_what_is_no_acknowledgement(bench, action, verdict):
    script = bench.ready()
    rule = bench.proxy.on("INSERT INTO", action)
    assert load(script) == verdict
    assert rule.hits == 1
    assert bench.proxy.count("INSERT INTO") == 1
    bench.proxy.heal()
    assert load(script, version=2) == ("ok", None)
    assert bench.count() == 2


def test_a_status_with_html_never_shows_it(bench):
    script = bench.ready()
    bench.proxy.on("INSERT INTO", faults.unavailable(503))
    script.begin()
    script.put(rows=ROWS)
    assert "<html>" not in script.ask("finish")["what"]
    script.end()


@pytest.mark.parametrize("byte_count", [0, 10, 200, 1000])
def test_a_cut_request_leaves_nothing(bench, byte_count):
    script = bench.ready()
    bench.proxy.on("INSERT INTO",
                   faults.cut_request(byte_count, reset=False))
    rows = [[i, "x" * 10] for i in range(200)]
    assert load(script, rows)[0] == "temporary"
    assert bench.count() == 0
    assert load(script, rows) == ("ok", None)
    assert bench.count() == 200


@pytest.mark.parametrize("times", [0, 1, 2, 30])
@pytest.mark.parametrize("compression", ["none", "lz4", "zstd"])
def test_a_load_that_is_not_finished_leaves_nothing(bench, times,
                                                    compression):
    script = bench.ready(more=f"?compression={compression}")
    script.begin()
    rows = [[i, f"{i * 7919}" * 20] for i in range(3000)]
    if times:
        script.put(rows=rows, times=times)
    script.end()
    assert load(script) == ("ok", None)
    time.sleep(0.2)
    assert bench.count("t__tm") == 2


@pytest.mark.parametrize("compression", ["none", "lz4", "zstd"])
def test_blocks_of_a_load_are_one_part(bench, compression):
    script = bench.ready(more=f"?compression={compression}")
    script.begin()
    for start in range(0, 30000, 3000):
        script.put(rows=[[i, str(i) * 9] for i in range(start, start + 3000)])
    assert script.finish()["rows"] == 30000
    script.end()
    parts = bench.clickhouse.rows(
        "SELECT sum(rows), count() FROM system.parts WHERE active AND "
        f"database = '{bench.database}'")
    assert parts == [[30000, 1]]
    sums = bench.clickhouse.rows(
        "SELECT sum(id), sum(length(s)), uniqExact(s) FROM t", bench.database)
    assert sums == [[sum(range(30000)),
                     sum(len(str(i)) * 9 for i in range(30000)), 30000]]


def test_a_table_that_vanishes_is_named(bench):
    script = bench.ready()
    script.begin()
    bench.clickhouse.query(f"DROP TABLE {bench.database}.t__tm SYNC")
    script.ask("put", rows=ROWS)
    answer = script.ask("finish")
    assert (answer["status"], answer["id"]) == ("table", "TM3009")
    assert "t__tm" in answer["what"]
    script.end()


def test_a_refusal_before_the_end_is_seen(bench):
    """The proxy answers while rows are still sent."""
    def refuse(exchange):
        exchange.send(*faults_head())
        exchange.client.close()

    def faults_head():
        return faults._head(503, {}), b"no\n"
    script = bench.ready()
    bench.proxy.on("INSERT INTO", refuse)
    script.begin()
    rows = [[i, "x" * 1000] for i in range(3000)]
    answers = [script.ask("put", rows=rows, times=20)]
    if answers[-1]["status"] == "ok":
        answers.append(script.ask("finish"))
    assert answers[-1]["status"] == "temporary"
    script.end()
    assert load(script) == ("ok", None)


def test_no_value_of_a_row_is_shown(bench):
    script = bench.ready()
    secret = "value-of-a-row"
    bench.proxy.on("INSERT INTO", faults.exception_in_header(
        code=27, text=b"Code: 27. DB::Exception: Cannot parse input: '%s' "
        b"(CANNOT_PARSE_INPUT_ASSERTION_FAILED) (version 26.7.2.1)\n"
        % secret.encode()))
    script.begin()
    script.put(rows=[[1, secret]])
    answer = script.ask("finish")
    assert answer["status"] == "table"
    assert secret not in answer["what"]
    assert "CANNOT_PARSE_INPUT" in answer["what"]
    script.end()


@pytest.mark.parametrize("said", ["1", "100000000"])
def test_retry_after_is_waited_for_up_to_a_limit(bench, said):
    script = bench.ready()
    bench.proxy.on("INSERT INTO", faults.unavailable(429, retry_after=said))
    assert load(script)[0] == "temporary"
    if said != "1":
        return
    start = time.monotonic()
    assert load(script) == ("ok", None)
    assert 0.7 < time.monotonic() - start < 5


def test_a_closed_connection_is_no_failure(bench):
    script = bench.ready()
    for _ in range(3):
        bench.proxy.on("SELECT", faults.closed_after_answer(), times=2)
        script.size()
        script.size()
        bench.proxy.on("INSERT INTO", faults.closed_after_answer())
        assert load(script) == ("ok", None)


def test_a_stop_does_not_wait_for_a_warehouse_that_hangs(bench):
    script = bench.ready()
    bench.proxy.on("INSERT INTO", faults.hang(40))
    script.begin()
    script.put(rows=ROWS)
    timer = threading.Timer(1, script.process.send_signal, [signal.SIGTERM])
    timer.start()
    start = time.monotonic()
    answer = script.ask("finish")
    timer.join()
    assert answer["status"] == "stopped"
    assert time.monotonic() - start < 15
    script.end()


def test_redirects_are_refused_and_told_nothing(bench):
    with HttpProxy(bench.clickhouse.port) as other:
        bench.proxy.on("SELECT version()", faults.redirected(
            f"http://127.0.0.1:{other.port}/"))
        script = bench.open()
        assert script.opened["status"] == "action"
        assert other.count() == 0


def test_a_wrong_password_needs_a_person(bench):
    script = bench.open(password="wrong-canary")
    assert (script.opened["status"], script.opened["id"]) == ("action",
                                                              "TM3002")
    assert "wrong-canary" not in str(script.opened)


def test_the_password_stands_in_no_url(bench):
    script = bench.ready()
    assert load(script) == ("ok", None)
    for request in bench.proxy.requests:
        assert PASSWORD not in request.target
        assert request.headers["X-ClickHouse-User"] == USER


def test_an_old_server_is_refused_by_name(conformance, clickhouse_old):
    with HttpProxy(clickhouse_old.port) as proxy:
        script = Script(conformance, f"clickhouse://127.0.0.1:{proxy.port}/x")
        assert script.opened["id"] == "TM3004"
        assert "ClickHouse 18.16.1" in script.opened["what"]
        assert "older than 24.8" in script.opened["what"]
        assert [request.target for request in proxy.requests] == ["/"]
        script.close()


def test_nobody_listens(conformance):
    script = Script(conformance, "clickhouse://127.0.0.1:1/x")
    assert (script.opened["status"], script.opened["id"]) == ("temporary",
                                                              "TM3001")
    script.close()


@pytest.mark.parametrize("body", [
    b"x" * (17 << 20), b"1\t2\n3\n", b"\xff\xfe", b"Code: 999999999999. x",
    b"1\n\r\n__exception__\r\nabc\r\nCode: 241. DB::Exception: no\r\n"],
    ids=["huge", "ragged", "binary", "code", "exception"])
def test_answers_of_any_kind_are_bounded(bench, body):
    script = bench.ready()
    bench.proxy.on("max(_tm_version)", faults.broken_body(lambda _: body))
    answer = script.ask("highest")
    assert answer["status"] in ("temporary", "action"), answer
    assert script.highest()["version"] == 0


@pytest.mark.parametrize("action", [
    faults.reset_after_request(), faults.cut_answer(0),
    faults.unavailable(503, stored=True)])
def test_a_swap_without_an_answer_is_done_once(bench, action):
    script = bench.ready()
    assert load(script, [[9, "old"]]) == ("ok", None)
    token = script.beside(keeps=False)["token"]
    assert load(script, beside=True) == ("ok", None)
    bench.proxy.on("EXCHANGE TABLES", action)
    assert script.ask("swap", token=token)["status"] == "temporary"
    assert script.swap(token=token)["status"] == "ok"
    assert script.swap(token=token)["status"] == "ok"
    assert bench.proxy.count("EXCHANGE TABLES") == 1
    assert bench.count() == 2


def test_an_earlier_swap_that_runs_late_drops_nothing(bench):
    script = bench.ready()
    assert load(script, [[9, "old"]]) == ("ok", None)
    token = script.beside(keeps=False)["token"]
    assert load(script, beside=True) == ("ok", None)

    def twice(exchange):
        exchange.forward()
        head, body = exchange.receive()
        bench.clickhouse.query("EXCHANGE TABLES t__tm_reload AND t__tm",
                               database=bench.database)
        exchange.send(head, body)
    bench.proxy.on("EXCHANGE TABLES", twice)
    assert script.ask("swap", token=token)["status"] == "temporary"
    assert script.swap(token=token)["status"] == "ok"
    assert bench.count() == 2


@pytest.mark.parametrize("statement, is_new", [
    ("CREATE TABLE", False), ("CREATE OR REPLACE", False),
    ("system.columns", False), ("CREATE TABLE", True), ("CREATE VIEW", True)])
@pytest.mark.parametrize("action", [
    faults.exception_in_body(stored=True), faults.cut_answer(0),
    faults.unavailable(503, stored=True)])
def test_prepare_may_be_repeated(bench, statement, is_new, action):
    script = bench.open()
    script.table(name="t", columns=COLUMNS, key=["id"])
    rule = bench.proxy.on(statement, action)
    assert script.ask("prepare", is_new=is_new)["status"] == "temporary"
    assert rule.hits == 1
    script.prepare()
    assert load(script) == ("ok", None)


@pytest.mark.parametrize("command", ["prepare", "highest"])
def test_nobody_answers_the_first_request(bench, command):
    script = bench.open()
    script.table(name="t", columns=COLUMNS, key=["id"])
    bench.proxy.refuse()
    bench.proxy.cut_all()
    answer = script.ask(command, is_new=True)
    assert (answer["status"], answer["id"]) == ("temporary", "TM3001")
    bench.proxy.heal()
    script.prepare()
    assert load(script) == ("ok", None)


def test_a_table_without_columns_is_looked_at_again(bench):
    """It was swapped or dropped while the server answered."""
    script = bench.open()
    script.table(name="t", columns=COLUMNS, key=["id"])
    script.prepare()
    rule = bench.proxy.on("FROM system.columns", faults.broken_body(
        lambda body: b"".join(line for line in body.splitlines(True)
                              if not line.startswith(b"2\t"))))
    script.prepare()
    assert rule.hits == 1
    assert load(script) == ("ok", None)


def test_a_lost_answer_to_a_harmless_statement_is_asked_for_again(bench):
    """On a connection that was kept; the one free retry."""
    script = bench.open()
    script.table(name="t", columns=COLUMNS, key=["id"])
    bench.proxy.on("CREATE TABLE", faults.reset_after_request())
    script.prepare()
    assert bench.proxy.count("CREATE TABLE") == 2
    assert load(script) == ("ok", None)


def widened(bench, answers):
    """What prepare says of a wider column while the server tells `answers`
    of its mutations, one after the other."""
    script = bench.open()
    columns = [COLUMNS[0], dict(name="n", kind="int", width=2)]
    script.table(name="t", columns=columns, key=["id"])
    script.prepare()
    assert load(script, [[1, 7]]) == ("ok", None)
    columns[1]["width"] = 4
    script.table(name="t", columns=columns, key=["id"])
    for text in answers:
        bench.proxy.on("latest_fail_reason", faults.broken_body(
            lambda _, text=text: text))
    return script.ask("prepare")


def type_of_n(bench):
    return bench.clickhouse.rows(
        "SELECT type FROM system.columns WHERE name = 'n' AND table = 't__tm' "
        f"AND database = '{bench.database}'")


def test_a_rewriting_that_takes_time_is_waited_for(bench):
    assert widened(bench, [b"\n", b"\n\n", b"\n"])["status"] == "ok"
    assert bench.proxy.count("latest_fail_reason") == 4
    assert type_of_n(bench) == [["Int32"]]


def test_a_rewriting_that_fails_is_taken_back(bench):
    answer = widened(bench, [b"\n", b"cannot convert value-of-a-row\n"])
    assert (answer["status"], answer["id"]) == ("table", "TM3009")
    assert "value-of-a-row" not in str(answer)
    assert bench.proxy.count("KILL MUTATION") == 1
    assert type_of_n(bench) == [["Int16"]]
    assert bench.clickhouse.rows("SELECT n FROM t", bench.database) == [[7]]


def test_a_load_without_a_key_counts_once(bench):
    """The same place and bytes again: as after a lost answer."""
    script = bench.ready(key=())
    bench.proxy.on("INSERT INTO", faults.reset_after_request())
    assert load(script)[0] == "temporary"
    assert load(script) == ("ok", None)
    assert bench.count() == 2
    assert load(script, delivery=2) == ("ok", None)
    assert bench.count() == 4
    assert load(script, [[3, "x"]], delivery=2) == ("ok", None)
    assert bench.count() == 5


def test_a_repair_with_the_same_bytes_is_kept(bench):
    """With a key nothing is ever dropped as a repetition.

    Replicated tables remember blocks without being asked, others by a setting.
    """
    script = bench.ready()
    bench.clickhouse.query(
        f"ALTER TABLE {bench.database}.t__tm MODIFY SETTING "
        "non_replicated_deduplication_window = 100")
    assert load(script) == ("ok", None)
    bench.clickhouse.query(
        f"INSERT INTO {bench.database}.t__tm VALUES (1, 'bad', 1, 0, 0)")
    assert load(script) == ("ok", None)
    assert bench.clickhouse.rows("SELECT s FROM t WHERE id = 1",
                                 bench.database) == [["one"]]


def test_views_attached_add_their_rows(bench):
    bench.ready()
    bench.clickhouse.query(
        f"CREATE MATERIALIZED VIEW {bench.database}.m ENGINE = MergeTree "
        f"ORDER BY id AS SELECT id FROM {bench.database}.t__tm")
    assert load(bench.ready()) == ("ok", None)


@pytest.fixture
def front(start_server, clickhouse):
    def start(certificate, **options):
        return start_server(TlsFront, target=clickhouse.port,
                            certificate=certificate, **options)
    return start


def test_tls_is_verified(conformance, front):
    server = front("server")
    with Script(conformance, f"clickhouse://{USER}@localhost:{server.port}/x",
                password=PASSWORD, ca=authority()) as script:
        assert script.opened["status"] == "ok"
        assert script.facts()["tls"] == "TLS, verified"


@pytest.mark.parametrize("certificate", ["expired", "other_host",
                                         "unknown_issuer"])
def test_a_wrong_certificate_needs_a_person(conformance, front, certificate):
    server = front(certificate)
    with Script(conformance, f"clickhouse://{USER}@localhost:{server.port}/x",
                password=PASSWORD, ca=authority()) as script:
        assert (script.opened["status"], script.opened["id"]) == (
            "action", "TM3005")


def test_old_tls_is_refused(conformance, front):
    server = front("server", sslVersionMax="TLSv1.1",
                   sslVersionMin="TLSv1", ciphers="ALL:@SECLEVEL=0")
    with Script(conformance, f"clickhouse://{USER}@localhost:{server.port}/x",
                password=PASSWORD, ca=authority()) as script:
        assert script.opened["id"] == "TM3005", script.opened
