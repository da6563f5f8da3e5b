"""Ways to bring a value past the scan, as SQL: which of them it sees through, and which it does not.

Each is a result as the warehouse hands it over, read by real processes with the rules that hold where pii.yaml says
nothing. What passes is held too: docs/threat-model.md tells people of it, and must be changed with it.
"""

from __future__ import annotations

import asyncio

import duckdb
import pyarrow as pa
import pytest

from proxy.errors import PiiBlocked
from proxy.scan.rules import ScanRules
from proxy.scan.scanner import Scanner
from proxy.values import ScanReport
from proxy.workers import Workers
from tests.scan.conftest import PATTERNS, make_plan

VALUES = """(SELECT 'ana.silva@example.com' AS email, '4111 1111 1111 1111' AS card, '512-34-5678' AS ssn,
'212-646-1234' AS phone, 4111111111111111::BIGINT AS number)"""

CAUGHT = {
    "as it is": ("email", "EMAIL_ADDRESS"),
    "in a sentence": ("'write to ' || email || ' now'", "EMAIL_ADDRESS"),
    "in capitals": ("upper(email)", "EMAIL_ADDRESS"),
    "corporate mail": ("replace(email, 'example.com', 'mail.internal')", "EMAIL_ADDRESS"),
    "full-width": ("replace(replace(email, '@', '＠'), '.', '．')", "EMAIL_ADDRESS"),
    "one-dot leader": ("replace(email, '.com', '․com')", "EMAIL_ADDRESS"),
    "zero-width space": ("replace(email, 'a', 'a' || chr(8203))", "EMAIL_ADDRESS"),
    "soft hyphens": ("replace(email, 'x', 'x' || chr(173))", "EMAIL_ADDRESS"),
    "en dashes": ("replace(ssn, '-', '–')", "US_SSN"),
    "full-width digits": ("translate(ssn, '0123456789', '０１２３４５６７８９')", "US_SSN"),
    "Arabic digits": ("translate(card, '0123456789', '٠١٢٣٤٥٦٧٨٩')", "CREDIT_CARD"),
    "Arabic digits in a telephone number": ("translate(phone, '0123456789', '٠١٢٣٤٥٦٧٨٩')", "PHONE_NUMBER"),
    "zero-width in digits": ("replace(card, ' ', chr(8203))", "CREDIT_CARD"),
    "without its blanks": ("replace(card, ' ', '')", "CREDIT_CARD"),
    "as a whole number": ("number", "CREDIT_CARD"),
    "as a decimal": ("number::DECIMAL(38, 4)", "CREDIT_CARD"),
    "as a huge number": ("number::HUGEINT", "CREDIT_CARD"),
    "as a floating number": ("number::DOUBLE", "CREDIT_CARD"),
    "as bytes": ("email::BLOB", "EMAIL_ADDRESS"),
    "in a list": ("['x', email]", "EMAIL_ADDRESS"),
    "in a struct": ("{'a': {'b': [email]}}", "EMAIL_ADDRESS"),
    "as the item of a map": ("MAP {'a': email}", "EMAIL_ADDRESS"),
    "as the key of a map": ("MAP {email: 1}", "EMAIL_ADDRESS"),
    "in a union": ("union_value(a := email)", "EMAIL_ADDRESS"),
    "as an enum": ("email::ENUM ('ana.silva@example.com')", "EMAIL_ADDRESS"),
    "in JSON": ("json_object('a', [email])::VARCHAR", "EMAIL_ADDRESS"),
    "as a JSON key": ("json_object(email, 1)::VARCHAR", "EMAIL_ADDRESS"),
    "as a JSON number": ("json_object('a', number)::VARCHAR", "CREDIT_CARD"),
    "with JSON's own escapes": ("'{\"a\": \"ana.silva' || chr(92) || 'u0040example.com\"}'", "EMAIL_ADDRESS"),
    "in other people's company": ("email || ',' || repeat('x@y, ', 1000)", "EMAIL_ADDRESS"),
    "far into a long text": ("repeat('lorem ipsum ', 10000) || email", "EMAIL_ADDRESS"),
    "in XML": ("'<a mail=\"' || email || '\"/>'", "EMAIL_ADDRESS"),
}

PASSES = {
    "split over two columns": "left(email, 6) AS a, substr(email, 7, 9) AS b, right(email, 6)",
    "a character a row": "unnest(string_split(email, ''))",
    "backwards": "reverse(email)",
    "spelt with blanks": "array_to_string(string_split(ssn, ''), ' ')",
    "spelt in words": "replace(replace(email, '@', ' at '), '.', ' dot ')",
    "base64": "to_base64(email::BLOB)",
    "hexadecimal": "hex(email)",
    "percent-encoded": "replace(email, '@', '%40')",
    "character codes": "[unicode(c) for c in string_split(email, '')]",
    "substituted letters": "translate(ssn, '0123456789', 'abcdefghij')",
    "letters of another script": "translate(ssn, '0', 'О') || replace(card, '1', 'l')",
    "letters around it": "'x' || ssn || 'x'",
    "a number changed by arithmetic": "number + 1",
    "a number cut in two": "number // 100000000 AS a, number % 100000000",
    "compressed bytes": "'\\x1f\\x8b'::BLOB || email::BLOB",
    "without a domain": "split_part(email, '@', 1)",
    "on a host without a domain": "replace(email, 'example.com', 'localhost')",
    "as the number of a thing": "'order ' || replace(phone, '-', '')",
    "compared instead of shown": "email LIKE 'a%', email < 'b', length(email)",
}


def read(runner: asyncio.Runner, patterns: Workers, expressions: str) -> tuple[pa.Table, ScanReport]:
    """What leaves of a result, and what was found in it."""
    table = duckdb.sql(f"SELECT {expressions} FROM {VALUES}").to_arrow_table()
    table = table.rename_columns([f"c{i}" for i in range(table.num_columns)])
    scan = Scanner(PATTERNS, ScanRules(), patterns).start(make_plan(table.column_names), table.schema)
    released = [runner.run(scan.scan(batch)) for batch in table.to_batches()]
    return pa.Table.from_batches(released, table.schema), scan.report()


@pytest.mark.parametrize("form", CAUGHT)
def test_the_scan_sees_through(runner: asyncio.Runner, patterns: Workers, form: str) -> None:
    expression, entity = CAUGHT[form]
    released, report = read(runner, patterns, expression)
    assert entity in {finding.entity for finding in report.findings}
    shown = str(released.to_pylist()).casefold()
    assert "silva" not in shown
    assert "4111" not in shown
    assert "5678" not in shown


@pytest.mark.parametrize("form", PASSES)
def test_the_scan_does_not_see_through(runner: asyncio.Runner, patterns: Workers, form: str) -> None:
    _, report = read(runner, patterns, PASSES[form])
    assert report.findings == ()


@pytest.mark.parametrize(
    "form", ["ana.silva@example.com", "ana\u200b.silva@example.com", "４１１１ １１１１ １１１１ １１１１"]
)
def test_names_of_pivoted_columns_are_read_so_too(runner: asyncio.Runner, patterns: Workers, form: str) -> None:
    sql = f"PIVOT (SELECT '{form}' AS who, 1 AS n) ON who USING sum(n)"
    table = duckdb.sql(sql).to_arrow_table()
    plan = make_plan(["who", "n"], sql="PIVOT people ON who USING sum(n)")
    scan = Scanner(PATTERNS, ScanRules(), patterns).start(plan, table.schema)
    with pytest.raises(PiiBlocked):
        runner.run(scan.scan(table.to_batches()[0]))
