"""The text before it is parsed: its size, its depth, and what is left of it for records."""

from __future__ import annotations

import pytest
import sqlglot
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot.errors import TokenError
from sqlglot.tokens import TokenType

from proxy.errors import GatewayError, InvalidSql
from proxy.query.bind import names_of
from proxy.query.text import (
    Caps,
    check_chains,
    check_size,
    fingerprint,
    numbered_forms,
    question_marks,
    redact,
    tokenize,
    words,
)
from proxy.values import ReasonCode
from tests.query.samples import CATALOG, ask, refusal

CAPS = Caps()
NAMES = names_of(CATALOG)
CANARY = "774411993355"
LITERALS = (
    "'{}'",
    "'a {} it''s'",
    "E'a\\'{}'",
    "e'\\n{}'",
    "$${}$$",
    "$t$ {} $t$",
    "$t$ $$ {} ' $t$",
    "x'{}'",
    "X'{}'",
    "b'{}'",
    "{}",
    "-{}",
    "{}.5",
    "0.{}",
    ".{}",
    "{}e2",
    "1e-{}",
    "1_{}",
    "0x{}",
    "0X{}",
    "0b{}",
    "0o{}",
    "1_0_{}",
    "{}abc",
    "U&'{}'",
    "N'{}'",
    "r'{}'",
    "DATE '{}'",
    "INTERVAL '{}' DAY",
    "INTERVAL {} DAY",
    "'{}'::INTEGER",
    "['{0}', '{0}']",
    "{{'{}': 1}}",
    '"{}"',
    '"no such {} name"',
    "1 -- {}\n",
    "1 --{}\r\n",
    "1 /* {} */",
    "1 /* a /* {} */ b */",
    "1 /* ' */ + /* {} ' */ 2",
)


def redacted(sql: str) -> str:
    return redact(sql, tokenize(sql, "duckdb", CAPS), NAMES)


# ------------------------------------------------------------------------------------------------- what is recorded
def leaves_nothing(sql: str) -> None:
    """Neither the statement as it is recorded nor its refusal may hold the canary."""
    try:
        shown = redacted(sql)
    except InvalidSql as error:  # what cannot be read at all is recorded without its text
        shown = str(error) + (error.statement or "")
    assert CANARY not in shown


@pytest.mark.parametrize("form", LITERALS)
def test_no_literal_comment_or_unknown_quoted_name_survives(form: str) -> None:
    value = form.format(CANARY)
    leaves_nothing(f"SELECT id, {value} FROM customers WHERE name = {value}\n LIMIT 1")
    leaves_nothing(f"SELECT id FROM customers WHERE id IN ({value}\n, {value}\n)")


@given(st.lists(st.sampled_from(LITERALS), min_size=1, max_size=6))
def test_no_value_survives_in_any_company(forms: list[str]) -> None:
    leaves_nothing("SELECT " + ", ".join(form.format(CANARY) for form in forms) + "\nFROM customers")


def test_every_form_can_be_read() -> None:
    unread = []
    for form in LITERALS:
        try:
            redacted(f"SELECT {form.format(CANARY)}\n")
        except InvalidSql:
            unread.append(form)
    assert unread == []


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0'"), max_size=30))
@example("\\")
@example("--")
@example("/*")
@example("$$")
@example('"')
def test_whatever_a_string_holds_its_place_is_all_that_is_left(value: str) -> None:
    assert redacted(f"SELECT id FROM customers WHERE name = '{value}' AND id = 1") == (
        "SELECT id FROM customers WHERE name = ? AND id = ?"
    )


def test_names_the_catalog_knows_stay_when_quoted_and_others_do_not() -> None:
    assert redacted('SELECT "Email", "Jane Doe" FROM "line items"') == 'SELECT "Email", "?" FROM "line items"'


def test_lists_are_shortened() -> None:
    assert redacted("SELECT id FROM t WHERE id IN (1, 2,3 , 'x')") == "SELECT id FROM t WHERE id IN (?, ..)"
    assert redacted("SELECT (1), [2]") == "SELECT (?), [?]"


def test_layout_is_dropped() -> None:
    assert redacted("  SELECT\t id -- c\n  FROM /* d */ t ;") == "SELECT id FROM t ;"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("SELECT id FROM customers WHERE name = 'a'", "SELECT id FROM customers WHERE name = 'b c'"),
        ("SELECT id FROM customers WHERE id IN (1, 2)", "SELECT id FROM customers WHERE id IN (3, 4, 5, 6)"),
        ("SELECT id FROM customers", "select ID\nfrom  Customers -- again"),
        ("SELECT 'a' || $$b$$", "SELECT $$c$$ || 'd'"),
    ],
)
def test_statements_that_differ_in_values_layout_and_case_share_a_fingerprint(one: str, two: str) -> None:
    assert ask(one).fingerprint == ask(two).fingerprint


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("SELECT id FROM customers", "SELECT name FROM customers"),
        ("SELECT id FROM customers WHERE id = 1", "SELECT id FROM customers WHERE id < 1"),
        ("SELECT id FROM customers", "SELECT DISTINCT id FROM customers"),
    ],
)
def test_other_statements_have_other_fingerprints(one: str, two: str) -> None:
    assert ask(one).fingerprint != ask(two).fingerprint


def test_a_fingerprint_is_sixteen_hex_digits() -> None:
    assert len(fingerprint("SELECT ?")) == 16
    assert int(fingerprint("SELECT ?"), 16) >= 0


def test_a_refused_statement_is_recorded_without_its_values() -> None:
    error = refusal(f"DELETE FROM customers WHERE name = '{CANARY}'", "ungovernable", ReasonCode.STATEMENT_KIND)
    assert error.statement == "DELETE FROM customers WHERE name = ?"


# ------------------------------------------------------------------------------------------------- what is refused
@pytest.mark.parametrize("sql", ["", " \n\t", "-- only a comment", "/* only a comment */", ";", " ; ; "])
def test_nothing_is_no_statement(sql: str) -> None:
    assert "empty" in str(refusal(sql, "invalid-sql", ReasonCode.EMPTY_SQL))


@pytest.mark.parametrize("sql", ["SELECT 'a", 'SELECT "a', "SELECT $$a", "SELECT $t$ a $$", "SELECT 1 /* a"])
def test_what_is_opened_must_be_closed(sql: str) -> None:
    refusal(sql, "invalid-sql", ReasonCode.SYNTAX)


def test_a_nul_character_is_refused() -> None:
    assert "NUL" in str(refusal("SELECT 'a\0b'", "invalid-sql", ReasonCode.SYNTAX))


@pytest.mark.parametrize("lone", ["\ud800", "\udc80\ud800"])
def test_a_lone_surrogate_is_refused(lone: str) -> None:
    assert "Unicode" in str(refusal(f"SELECT '{lone}'", "invalid-sql", ReasonCode.SYNTAX))


def test_the_size_is_counted_in_bytes() -> None:
    caps = Caps(max_bytes=20)
    check_size("SELECT 'éééééé'x", Caps(max_bytes=22))
    with pytest.raises(GatewayError) as caught:
        check_size("SELECT 'éééééé'x", caps)
    assert caught.value.code == "too-large"
    assert "22 bytes" in str(caught.value)


def test_brackets_and_case_count_as_depth() -> None:
    caps = Caps(max_depth=3)
    tokenize("SELECT ([{'a': 1}]), ((1)), CASE WHEN (1 = 1) THEN 2 END", "duckdb", caps)
    for sql in ("SELECT ((((1))))", "SELECT [[[[1]]]]", "SELECT ([{'a': (1)}])", "SELECT CASE WHEN (((1))) THEN 1 END"):
        with pytest.raises(GatewayError) as caught:
            tokenize(sql, "duckdb", caps)
        assert [r.code for r in caught.value.reasons] == [ReasonCode.TOO_DEEP]


def test_words_are_counted() -> None:
    with pytest.raises(GatewayError) as caught:
        tokenize("SELECT 1, 2, 3", "duckdb", Caps(max_tokens=5))
    assert [r.code for r in caught.value.reasons] == [ReasonCode.TOO_COMPLEX]


TIGHT = Caps(max_height=10, max_set_operations=4, max_columns=6)
LONG = {
    "ands": "SELECT 1 FROM t WHERE " + " AND ".join(["a = 1"] * 12),
    "ors": "SELECT 1 FROM t WHERE " + " OR ".join(["a = 1 AND b = 2"] * 12),
    "ands between ors": "SELECT 1 FROM t WHERE a OR " + " AND ".join(["a = 1"] * 12) + " OR b",
    "ranges": "SELECT 1 FROM t WHERE " + " AND ".join(["a BETWEEN 1 AND 2"] * 12),
    "ands in brackets": "SELECT 1 FROM t WHERE x IN (SELECT a FROM t WHERE (" + " AND ".join(["a"] * 12) + "))",
    "ands in a join": "SELECT 1 FROM t JOIN u ON " + " AND ".join(["a = 1"] * 12),
    "ands around brackets": "SELECT " + " AND ".join(["f(a, b)"] * 12),
    "unions": " UNION ALL ".join(["SELECT 1"] * 6),
    "unions in brackets": "SELECT * FROM (" + " UNION ".join(["(SELECT 1)"] * 6) + ") t",
    "columns": "SELECT " + ", ".join(["a"] * 7) + " FROM t",
    "columns of a sub-query": "SELECT 1, (SELECT " + ", ".join(["f(a, 1)"] * 7) + ")",
}
SHORT = {
    "ands": "SELECT 1 FROM t WHERE " + " AND ".join(["a = 1"] * 11),
    "ors of ands": "SELECT 1 FROM t WHERE " + " OR ".join(["a = 1 AND b = 2"] * 11),
    "ranges": "SELECT 1 FROM t WHERE " + " AND ".join(["a BETWEEN 1 AND 2"] * 11),
    "ranges in items": "SELECT 1 FROM t ORDER BY " + ", ".join(["a BETWEEN 1 AND 2"] * 20),
    "ands in many places": "SELECT a AND b FROM t JOIN u ON a AND b WHERE a AND b GROUP BY a AND b HAVING " * 3
    + " UNION SELECT ".join(["a AND b FROM t WHERE a AND b AND c AND d"] * 3),
    "branches": "SELECT CASE " + "WHEN a AND b THEN c AND d " * 20 + "END",
    "lists": "SELECT f(1, 2, 3, 4, 5, 6, 7, 8), a FROM t WHERE a IN (1, 2, 3, 4, 5, 6, 7, 8, 9) AND b",
    "tables": "SELECT 1 FROM t, t, t, t, t, t, t, t, t WHERE a GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
    "columns": "SELECT " + ", ".join(["a"] * 6) + " FROM t UNION SELECT " + ", ".join(["a"] * 6) + " FROM t",
    "closed too often": ")))) AND (a) AND b",
}


@pytest.mark.parametrize("name", LONG)
def test_what_would_be_too_long_once_parsed_is_refused_before(name: str) -> None:
    with pytest.raises(GatewayError) as caught:
        check_chains(tokenize(LONG[name], "duckdb", Caps()), TIGHT)
    assert [r.code for r in caught.value.reasons] == [ReasonCode.TOO_COMPLEX]


@pytest.mark.parametrize("name", SHORT)
def test_what_is_not_too_long_passes(name: str) -> None:
    check_chains(tokenize(SHORT[name], "duckdb", Caps()), TIGHT)


@pytest.mark.parametrize("grammar", ["duckdb", "postgres"])
@pytest.mark.parametrize("name", [n for n in LONG if "columns" not in n and "unions" not in n])
def test_what_is_refused_before_would_be_too_high(name: str, grammar: str) -> None:
    tree = sqlglot.parse_one(LONG[name], read=grammar)
    assert max(node.depth for node in tree.walk()) > TIGHT.max_height


@pytest.mark.parametrize("name", ["__usher", "__usher_cte0_t", "__USHER_x", '"__Usher x"'])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS {}",
        "SELECT {} FROM customers",
        "SELECT 1 FROM {}",
        "WITH {0} AS (SELECT 1) SELECT * FROM {0}",
        "SELECT 1 FROM customers {}",
    ],
)
def test_a_name_that_begins_like_the_rewriters_own_is_refused(sql: str, name: str) -> None:
    error = refusal(sql.format(name), "invalid-sql", ReasonCode.CONSTRUCT)
    assert "reserved" in str(error)
    assert error.span is not None
    assert sql.format(name)[error.span.start : error.span.end].strip('"').lower().startswith("__usher")


# ---------------------------------------------------------------------------------------------------- parameters
def test_question_marks_are_found_outside_of_strings_and_comments() -> None:
    sql = "SELECT ?, '?', /* ? */ ? -- ?\n, \"?\""
    assert [sql[s.start : s.end] for s in question_marks(tokenize(sql, "duckdb", CAPS))] == ["?", "?"]


@pytest.mark.parametrize(
    ("sql", "forms"),
    [
        ("SELECT 1", []),
        ("SELECT ?, ?", []),
        ("SELECT $1, $2", ["$1", "$1"]),
        ("SELECT $name", ["$name"]),
        ("SELECT ?, $2, $b", ["$1", "$name"]),
        ("SELECT '$1', $$ $2 $$", []),
        ("SELECT $1,$2", ["$1", "$1"]),
        ("SELECT $1+$2,$1", ["$1", "$1", "$1"]),
        ("SELECT $one,$two", ["$name", "$name"]),
        ("SELECT '$1,$2', $1,$2 /* $1,$2 */, \"$1,$2\", $$ $1,$2 $$, $1", ["$1", "$1", "$1"]),
        ("SELECT $1,$$,$2$$,$t$ $3,$4 $t$,$2", ["$1", "$1"]),
    ],
)
def test_each_parameter_has_a_form(sql: str, forms: list[str]) -> None:
    assert numbered_forms(tokenize(sql, "duckdb", CAPS)) == forms


@given(st.lists(st.sampled_from(["$1", "$2", "$a", ",", "+", "(", ")", " ", "'", '"', "$$", "$t$", "x", "/*", "*/"])))
@example(["$1", ",", "$2", "'", "$1", ",", "$2", "'"])
def test_a_token_stands_where_the_text_has_it(pieces: list[str]) -> None:
    sql = "SELECT " + "".join(pieces)
    try:
        tokens = words(sql, "postgres")
    except TokenError:
        return
    read = [token for token in tokens if token.token_type in (TokenType.VAR, TokenType.NUMBER, TokenType.PARAMETER)]
    assert [sql[t.start : t.end + 1] for t in read] == [t.text for t in read]
    strings = [token for token in tokens if token.token_type is TokenType.STRING]
    assert [sql[t.start + 1 : t.end].replace("''", "'") for t in strings] == [t.text for t in strings]


@pytest.mark.parametrize("sql", ["SELECT $1, $2, $1", "SELECT '$1 ,$2', $1 , $2", "SELECT 1", "SELECT $$ $1,x $$"])
def test_a_blank_more_is_no_other_reading(sql: str) -> None:
    tight = sql.replace(", ", ",")
    plain = [(t.token_type, t.text) for t in tokenize(sql, "postgres", CAPS)]
    assert [(t.token_type, t.text) for t in tokenize(tight, "postgres", CAPS)] == plain
