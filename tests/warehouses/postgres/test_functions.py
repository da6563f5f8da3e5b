"""The table of functions against the live servers: complete, and right where it says that nothing can raise."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from proxy.dialect import FunctionKind, Literals
from proxy.warehouses.postgres.functions import FUNCTIONS, REFUSED, ROWS, VERSIONS
from tests.postgres import Database, Server

LISTED = """
SELECT DISTINCT lower(proname), CASE WHEN prokind = 'a' THEN 'aggregate' WHEN prokind = 'w' THEN 'window'
    WHEN proretset THEN 'table' ELSE 'scalar' END FROM pg_proc WHERE oid < 16384
UNION SELECT DISTINCT oprname, 'scalar' FROM pg_operator WHERE oid < 16384
"""
IN_FROM_TOO = {"json_to_record", "jsonb_to_record", "json_populate_record", "jsonb_populate_record"}
"""They answer one row, whose columns FROM must name."""

IN_FROM = """
generate_series generate_subscripts json_array_elements json_array_elements_text json_each json_each_text
json_object_keys json_populate_recordset json_to_recordset jsonb_array_elements jsonb_array_elements_text jsonb_each
jsonb_each_text jsonb_object_keys jsonb_path_query jsonb_path_query_tz jsonb_populate_recordset jsonb_to_recordset
regexp_matches regexp_split_to_table string_to_table unnest
"""
WRITTEN_IN_SQL = """
age bit_length date_part log log10 lpad overlaps polygon quote_literal quote_nullable round rpad substring timestamptz
trunc xpath xpath_exists
"""

# Values that break functions, by type.
NASTY = {
    "text": ["''", "'A%_\\'", "'é👍🏽'", "'1e400'", "'{\"a\":1}'", "repeat('ab', 3000)", "'(['", "'İß'", "E'\\x01\\n'"],
    "character varying(5)": ["''", "'abcde'"],
    "character(5)": ["''", "'abcde'"],
    "name": ["''", "'x'"],
    "smallint": ["-32768", "32767", "0"],
    "integer": ["-2147483648", "2147483647", "0", "1", "64"],
    "bigint": ["-9223372036854775808", "9223372036854775807", "0", "-1"],
    "real": ["'nan'", "'inf'", "'-inf'", "3.4e38", "'1e-45'"],
    "double precision": ["'nan'", "'inf'", "'-inf'", "'-0'", "1.7976931348623157e308", "'5e-324'", "-1"],
    "numeric": ["'nan'", "'inf'", "'-inf'", "'1e131000'", "'-1e131000'", "'1e-16000'", "0"],
    "numeric(38, 10)": ["'9999999999999999999999999999.9999999999'", "'-9999999999999999999999999999.9999999999'"],
    "boolean": ["true", "false"],
    "date": ["'4713-01-01 BC'", "'5874897-12-31'", "'infinity'", "'-infinity'", "'2020-02-29'"],
    "timestamp": ["'4713-01-01 BC'", "'294276-12-31 23:59:59.999999'", "'infinity'", "'-infinity'"],
    "timestamptz": ["'4713-01-01 BC'", "'294276-12-31 23:59:59.999999+00'", "'infinity'", "'-infinity'"],
    "time": ["'00:00:00'", "'24:00:00'"],
    "timetz": ["'00:00:00+15:59'", "'24:00:00-15:59'"],
    "interval": ["'178000000 years'", "'-2147483648 days'", "'0'", "'-178000000 years'"],
    "bytea": ["''", "'\\x00ff'"],
    "uuid": ["'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
    "integer[]": ["'{}'", "'{1,2147483647}'", "'{NULL}'", "'[5:6]={1,2}'", "'{{1,2},{3,4}}'"],
    "text[]": ["'{}'", "'{a,NULL,\"\"}'"],
    "json": ["'{}'", "'[1,2]'", "'null'", "'\"\\u0000\"'", '\'{"a":1,"a":2}\''],
    "jsonb": ["'{}'", "'[1,2]'", "'null'", "'1e131000'"],
    "inet": ["'1.2.3.4/8'", "'::1'"],
    "cidr": ["'10.0.0.0/8'"],
    "macaddr": ["'08:00:2b:01:02:03'"],
    "bit(3)": ["'101'"],
    "bit varying": ["''", "'101'"],
    "int4range": ["'empty'", "'(,)'", "'[1,2147483646]'"],
    "int4multirange": ["'{}'", "'{[1,5)}'"],
    "tsvector": ["''", "'a:1A b:2'"],
    "tsquery": ["''", "'a & !b'"],
    "point": ["'(inf,nan)'", "'(0,0)'"],
    "money": ["'92233720368547758.07'"],
}
SECOND = ("text", "integer", "bigint", "double precision", "date", "interval", "bytea", "integer[]", "text[]", "inet")
THIRD = ("text", "integer")
LITERALS = {Literals.NUMBERS: ("1", "2", "999999"), Literals.SHORT: ("1", "999999", "'a'", "''", "'é'")}

SAFE = sorted(r.name for r in ROWS if r.allowed and r.raises == "no" and r.kind is FunctionKind.SCALAR)
SOMETIMES = sorted({r.name for r in ROWS if r.allowed and r.raises not in ("yes", "no")})


@pytest.fixture(scope="module")
def database(postgres_shared: Database) -> Database:
    """Tables n0, n1, .. with the nasty values of a type each, and a procedure that tries a statement: `bound` it was
    understood and did not raise, `raised` it raised, or neither."""
    for i, (sql_type, values) in enumerate(NASTY.items()):
        rows = ", ".join(f"(CAST({v} AS {sql_type}))" for v in [*values, "NULL"])
        postgres_shared.sql(f"CREATE TABLE n{i} AS SELECT * FROM (VALUES {rows}) AS v(x)")
    postgres_shared.sql(TRIED)
    return postgres_shared


TRIED = """
CREATE FUNCTION tried(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE 'PREPARE one AS ' || statement;
        DEALLOCATE one;
    EXCEPTION WHEN OTHERS THEN RETURN 'not bound';
    END;
    EXECUTE statement;
    RETURN 'fine';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
"""


def test_every_function_of_the_server_is_decided(postgres_server: Server) -> None:
    undecided = listed(postgres_server) - {(r.name, r.kind) for r in ROWS if postgres_server.major in r.versions}
    if postgres_server.major not in VERSIONS:
        undecided -= {(r.name, r.kind) for r in ROWS}
    assert not undecided, f"decide these in functions.csv: {sorted(undecided)}"


def test_no_line_is_about_nothing_and_none_is_double(postgres_server: Server) -> None:
    lines = [(r.name, r.kind) for r in ROWS]
    assert len(lines) == len(set(lines))
    if postgres_server.major in VERSIONS:
        here = {(r.name, r.kind) for r in ROWS if postgres_server.major in r.versions}
        assert here - listed(postgres_server) == {(name, FunctionKind.TABLE) for name in IN_FROM_TOO}


def listed(server: Server) -> set[tuple[str, FunctionKind]]:
    return {(name, FunctionKind(kind)) for name, kind in server.query("template1", LISTED)}


def test_every_line_has_a_reason() -> None:
    assert all(r.reason for r in ROWS)
    assert not set(FUNCTIONS) & set(REFUSED)


REACHING = """
query_to_xml query_to_xmlschema query_to_xml_and_xmlschema table_to_xml table_to_xmlschema schema_to_xml database_to_xml
database_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema ts_stat ts_rewrite
pg_read_file pg_read_binary_file pg_ls_dir pg_ls_waldir pg_stat_file lo_import lo_export lo_from_bytea lo_get loread
set_config current_setting setseed pg_reload_conf pg_show_all_settings
pg_relation_size pg_total_relation_size pg_table_size pg_indexes_size pg_database_size pg_column_size
pg_column_compression
pg_stat_get_live_tuples pg_stat_get_tuples_returned pg_stat_get_activity pg_stat_reset pg_mcv_list_items
txid_current txid_current_snapshot pg_current_xact_id pg_current_snapshot pg_export_snapshot pg_xact_commit_timestamp
pg_advisory_lock pg_try_advisory_xact_lock pg_notify pg_cancel_backend pg_terminate_backend pg_lock_status pg_cursor
pg_prepared_statement pg_logical_emit_message pg_switch_wal pg_create_restore_point pg_import_system_collations
pg_sleep pg_sleep_for pg_sleep_until clock_timestamp timeofday nextval currval lastval setval
has_table_privilege has_column_privilege has_any_column_privilege has_schema_privilege has_function_privilege
pg_has_role
row_security_active to_regclass to_regtype to_regproc regclass regclassin regtypein format_type pg_get_viewdef
pg_get_expr pg_get_functiondef pg_get_indexdef pg_get_constraintdef pg_describe_object obj_description col_description
pg_input_is_valid pg_input_error_info pg_basetype currtid2 enum_range enum_first
version current_user session_user system_user inet_server_addr inet_client_addr pg_backend_pid current_query
int4in textin textout regprocin array_in record_in int4recv textsend numeric_accum int4pl texteq bernoulli system
fmgr_c_validator plpgsql_call_handler binary_upgrade_set_next_pg_type_oid satisfies_hash_partition pg_nextoid
_pg_truetypid ts_debug ts_lexize ts_parse
"""


@pytest.mark.parametrize("name", REACHING.split())
def test_what_reaches_beyond_the_arguments_is_refused(name: str) -> None:
    assert name not in FUNCTIONS
    assert REFUSED[name]


PARTS = """
SELECT DISTINCT lower(proname) FROM pg_proc WHERE oid < 16384 AND (
    prorettype IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype, 'event_trigger'::regtype,
        'language_handler'::regtype, 'index_am_handler'::regtype, 'table_am_handler'::regtype, 'fdw_handler'::regtype,
        'tsm_handler'::regtype, 'regclass'::regtype, 'void'::regtype)
    OR proargtypes::oid[] && ARRAY['internal', 'cstring', 'regclass', 'regproc', 'regtype', 'regnamespace', 'regrole',
        'oid', 'xid8', 'pg_snapshot', 'refcursor', 'aclitem', 'pg_mcv_list', 'pg_node_tree']::regtype[]::oid[]
    OR pronamespace <> 'pg_catalog'::regnamespace
    OR prosecdef)
"""


def test_nothing_that_takes_objects_of_the_server_or_its_own_parts_is_allowed(postgres_server: Server) -> None:
    found = {name for (name,) in postgres_server.query("template1", PARTS)}
    assert len(found) > 500
    assert found & set(FUNCTIONS) == {"int8", "max", "min"}, "these take numbers of objects as numbers"


def test_what_is_volatile_or_written_in_sql_was_looked_at_by_name(postgres_server: Server) -> None:
    sql = "SELECT DISTINCT lower(proname) FROM pg_proc WHERE oid < 16384 AND provolatile = 'v'"
    volatile = {name for (name,) in postgres_server.query("template1", sql)} & set(FUNCTIONS)
    known = {"random", "random_normal", "gen_random_uuid", "uuidv4", "uuidv7", "array_sample", "array_shuffle"}
    assert volatile <= known
    sql = """SELECT DISTINCT lower(proname) FROM pg_proc JOIN pg_language l ON l.oid = prolang
        WHERE pg_proc.oid < 16384 AND lanname <> 'internal'"""
    written = {name for (name,) in postgres_server.query("template1", sql)} & set(FUNCTIONS)
    assert written <= set(WRITTEN_IN_SQL.split())


@pytest.mark.parametrize("name", ["array_agg", "sum", "lower", "date_trunc", "jsonb_set", "regexp_replace"])
def test_what_answers_no_rows_may_not_stand_in_from(name: str) -> None:
    assert not FUNCTIONS[name].table


def test_the_few_table_functions() -> None:
    assert {n for n, f in FUNCTIONS.items() if f.table} == IN_FROM_TOO | set(IN_FROM.split())


@pytest.mark.parametrize("name", ["+", "-", "*", "/", "%", "<<", "^", "||", "|/", "!!", "->", "#>>", "@@", "~", "~~"])
def test_operators_can_raise(name: str) -> None:
    assert FUNCTIONS[name].can_raise


@pytest.mark.parametrize("name", ["abs", "chr", "to_date", "to_char", "repeat", "array_to_string", "sqrt", "timezone"])
def test_functions_known_to_raise_are_said_to(name: str) -> None:
    assert FUNCTIONS[name].can_raise
    assert not FUNCTIONS[name].safe_with
    assert FUNCTIONS[name].safe_literals is None


def test_a_function_that_nobody_listed_is_not_allowed() -> None:
    assert "width_bucket_is_not_there" not in FUNCTIONS


def tried(database: Database, calls: list[str]) -> int:
    """How many calls are understood. Raises `AssertionError` for one that raises."""
    statements = ", ".join(f"($a${call}$a$)" for call in calls)
    answers = [row[0] for row in database.query(f"SELECT tried(s) FROM (VALUES {statements}) AS v(s)")]
    wrong = [(c, a) for c, a in zip(calls, answers, strict=True) if a not in ("fine", "not bound")]
    assert not wrong, wrong[:3]
    return answers.count("fine")


@pytest.mark.parametrize("name", SAFE)
def test_what_is_said_not_to_raise_does_not(database: Database, name: str) -> None:
    here = any(r.name == name and database.server.major in r.versions for r in ROWS)
    bound = tried(database, [call(name, arguments) for arguments in signatures(name)])
    assert bound or not here, f"{name} takes none of the arguments that were tried"


def call(name: str, arguments: tuple[str, ...], *literals: str) -> str:
    """A statement that calls a function on every combination of the nasty values."""
    number = {sql_type: i for i, sql_type in enumerate(NASTY)}
    sources = ", ".join(f"n{number[t]} AS t{i}" for i, t in enumerate(arguments)) or "n0 AS t0"
    columns = [*(f"t{i}.x" for i in range(len(arguments))), *literals]
    made = f"pg_catalog.{name}({', '.join(columns)})" if name[0].isalpha() else f" {name} ".join(columns)
    return f"SELECT count({made}) FROM {sources}"


def signatures(name: str) -> Iterator[tuple[str, ...]]:
    if name[0].isalpha():
        yield ()
        yield from ((one,) for one in NASTY)
        yield from itertools.product(THIRD, THIRD, THIRD)
    yield from itertools.product(NASTY, SECOND)


@pytest.mark.parametrize("name", SOMETIMES)
def test_what_is_said_not_to_raise_with_some_arguments_does_not(database: Database, name: str) -> None:
    function = FUNCTIONS[name]
    calls = [call(name, a) for count in function.safe_with for a in itertools.product(NASTY, repeat=count)]
    literals = LITERALS[function.safe_literals] if function.safe_literals is not None else ()
    for count in range(3) if literals else ():
        for given in itertools.product(literals, repeat=count):
            calls += [call(name, (one,), *given) for one in NASTY]
    assert tried(database, calls)
