"""Which expressions can raise on a row's value in PostgreSQL: known not to, or taken to."""

from __future__ import annotations

import pytest

from proxy.values import Catalog, Column, Table, TableId, TypeKind
from tests.query.samples import ask

COLUMNS = {
    "id": ("integer", TypeKind.INTEGER),
    "big": ("bigint", TypeKind.INTEGER),
    "name": ("text", TypeKind.TEXT),
    "region": ("character varying(20)", TypeKind.TEXT),
    "code": ("character(3)", TypeKind.TEXT),
    "born": ("date", TypeKind.DATE),
    "seen": ("timestamp without time zone", TypeKind.TIMESTAMP),
    "at": ("timestamp with time zone", TypeKind.TIMESTAMP),
    "credit": ("numeric(10,2)", TypeKind.DECIMAL),
    "wide": ("numeric", TypeKind.DECIMAL),
    "long": ("numeric(1000,0)", TypeKind.DECIMAL),
    "score": ("double precision", TypeKind.FLOAT),
    "small": ("real", TypeKind.FLOAT),
    "active": ("boolean", TypeKind.BOOLEAN),
    "doc": ("jsonb", TypeKind.NESTED),
    "raw": ("json", TypeKind.NESTED),
    "tags": ("text[]", TypeKind.NESTED),
    "mood": ("public.mood", TypeKind.OTHER),
    "key": ("uuid", TypeKind.UUID),
    "span": ("interval", TypeKind.INTERVAL),
    "bytes": ("bytea", TypeKind.BINARY),
}
TABLES = (
    Table(TableId("shop", "public", "t"), tuple(Column(n, text, kind) for n, (text, kind) in COLUMNS.items())),
    Table(TableId("shop", "public", "o"), (Column("id", "integer", TypeKind.INTEGER),)),
)
CATALOG = Catalog("shop", "postgres", "1", {(t.id.schema, t.id.name): t for t in TABLES}, ("public",))


def raises(condition: str) -> bool:
    """Whether a condition guards a column."""
    return any(r.guarded for r in ask(f"SELECT 1 FROM t WHERE {condition}", CATALOG).references)


SAFE = [
    # a wrong constant raises when the statement is read, whatever the rows are
    "id = 3",
    "id = 'abc'",
    "born = 'no date'",
    "born >= DATE '2020-01-01' - INTERVAL '90' DAY",
    "at < now()",
    "key = 'x'",
    "id = $1",
    "name = $1",
    "born BETWEEN $1 AND $2",
    "active = 'maybe'",
    "id IN (1, 2, 'x')",
    "name IN ('a', NULL)",
    # comparisons that the server has an operator for
    "id = big",
    "id = credit",
    "wide > 10.5",
    "wide = id",
    "score = id",
    "small < score",
    "credit > score",
    "born = seen",
    "seen < at",
    "name = region",
    "name = code",
    "active",
    "active IS NOT TRUE",
    "id IN (SELECT id FROM o)",
    "id = ANY (SELECT id FROM o)",
    "EXISTS (SELECT 1 FROM o)",
    "span > INTERVAL '1 day'",
    "key IS NOT DISTINCT FROM key",
    "bytes = bytes",
    "doc = doc",
    # what comes to one type
    "coalesce(id, big) = 1",
    "coalesce(credit, id, 0) > 1",
    "CASE WHEN active THEN name ELSE 'x' END = 'x'",
    "nullif(id, 0) IS NULL",
    # patterns
    "name LIKE 'a%'",
    "region NOT LIKE '%\\%x'",
    "name ILIKE '%a'",
    "lower(name) LIKE '%a'",
    "name LIKE 'a$%b' ESCAPE '$'",
    "name ~ '^a.*b$'",
    "name ~* 'ab'",
    # functions that the table says cannot raise, with these arguments
    "lower(name) = 'x'",
    "length(name) > 3",
    "upper(region) = name",
    "starts_with(name, 'a')",
    "substring(name FROM 1 FOR 2) = '12'",
    "substr(name, 2) = 'x'",
    "split_part(name, '@', 2) = 'x'",
    "replace(name, 'a', 'b') = 'x'",
    "name || region = 'x'",
    "name || id = 'x'",
    "name || '@' || region = 'x'",
    "concat(name, id) = 'x'",
    "extract(year FROM born) = 2020",
    "extract(month FROM at) = 1",
    "doc -> 'a' IS NULL",
    "doc ->> 'a' IS NULL",
    # casts that keep every value
    "id::bigint = 1",
    "id::text = 'x'",
    "credit::double precision > 1",
    "seen::date = born",
    "name::varchar(3) = 'x'",
    "CAST('2020-01-01' AS date) = born",
    # arithmetic on decimals of few digits, and sums and means, which have room for every value
    "credit * id > 5",
    "(1 - credit) * (credit + big) > 0",
    "credit / 7.0 > 1",
    "credit / -2 > 1",
    "credit - extract(year FROM born) > 1",
    "coalesce(credit, 0) * id > 1",
    "credit * 2 > score",
    "credit > (SELECT 0.5 * sum(id) FROM o)",
    "id < (SELECT avg(id) / 2 FROM o)",
    "score > (SELECT avg(credit * (1 - credit)) FROM t u WHERE u.id = t.id)",
    "big = (SELECT max(s) FROM (SELECT sum(x.credit) AS s FROM t x GROUP BY x.id) y)",
]
RAISING = [
    # comparisons that cast one side, or of types with no operator
    "wide > score",
    "tags = tags",
    "mood = 'sad'",
    # arithmetic
    "id + 1 = 3",
    "id - 1 = 3",
    "id * 2 = 3",
    "id / 2 = 3",
    "id % 2 = 3",
    "id ^ 2 = 3",
    "-id = 3",
    "id << 2 = 3",
    "score * 2 > 1",
    "wide / 3 > 1",
    "wide * credit > 1",
    "credit / id > 1",
    "credit / 0 > 1",
    "credit / 0.00 > 1",
    "credit / (id - id) > 1",
    "credit * score > 1",
    "credit * $1 > 1",
    "credit * '2' > 1",
    "credit * 1e300 > 1",
    "-credit > 1",
    "credit * long > 1",
    "credit > (SELECT sum(score) FROM t u)",
    "credit > (SELECT avg(wide) FROM t u)",
    "credit > (SELECT sum(id) * 2 FROM o)",
    "credit > (SELECT sum(id * 2) FROM o)",
    "credit > (SELECT sum(id) / count(*) FROM o)",
    "born + id = born",
    "born + INTERVAL '1 day' = born",
    "at - seen > span",
    "span * 2 > span",
    "abs(id) = 1",
    # what does not come to one type without a cast that can fail
    "coalesce(born, seen) = born",
    "coalesce(wide, score) > 1",
    "coalesce(credit, 0)::bigint > 1",
    "coalesce(id, 999999999999)::integer > 1",
    "coalesce(credit, 1e300) > score",
    "coalesce(wide, 0) > score",
    "coalesce(long, 0) > score",
    "coalesce(long, credit)::double precision > 1",
    "extract(year FROM born)::numeric(400,100) IS NULL",
    "(credit + 2 * extract(year FROM born))::numeric(800,200) IS NULL",
    "CASE WHEN active THEN born ELSE seen END = born",
    # casts
    "name::integer = 1",
    "id::smallint = 1",
    "credit::integer = 1",
    "wide::numeric(5,2) = 1",
    "wide::double precision = 1",
    "score::real = 1",
    "born::timestamp = seen",
    "name::date = born",
    "name::jsonb IS NULL",
    "id::boolean",
    # patterns that are not known, or not known to be right, or not of texts
    "name LIKE region",
    "name LIKE $1",
    "name LIKE 'a\\'",
    "name NOT LIKE 'guess\\'",
    "name ILIKE '%\\'",
    "name LIKE 'a$' ESCAPE '$'",
    "name LIKE 'a%' ESCAPE 'ab'",
    "name ~ '('",
    "name ~ region",
    "name ~ $1",
    "name !~ 'a('",
    "name SIMILAR TO '['",
    "name ~ 'a\\'",
    "bytes LIKE 'a'",
    # collations may not go together, or not be there
    'name COLLATE "C" = region',
    # functions that the table says can
    "substring(name, 1, id) = 'x'",
    "substring(name, 1, -1) = 'x'",
    "substring(name FROM '(') = 'x'",
    "split_part(name, '@', 0) = 'x'",
    "split_part(name, '@', id) = 'x'",
    "repeat(name, id) = 'x'",
    "replace(name, 'a', region) = 'x'",
    "length(bytes, name) = 1",
    "to_date(name, 'YYYY') = born",
    "to_char(id, name) = 'x'",
    "date_trunc('month', born) = born",
    "date_part('year', born) = 2020",
    "extract(hour FROM born) = 1",
    "extract(epoch FROM born) = 1",
    "chr(id) = 'x'",
    "sqrt(credit) = 1",
    "ln(id) = 1",
    "width_bucket(id, 1, 2, 3) = 1",
    "regexp_replace(name, region, 'x') = 'x'",
    "string_to_array(name, ',') = tags",
    "name || tags = tags",
    "doc || doc = doc",
    "raw ->> 'a' IS NULL",
    "doc #>> '{a}' IS NULL",
    "doc ->> name IS NULL",
    "jsonb_array_length(doc) = 1",
    "tags[id] = 'x'",
    "encode(bytes, name) = 'x'",
    f"replace(name, 'a', '{'x' * 101}') = 'x'",
]


@pytest.mark.parametrize("condition", SAFE)
def test_it_is_known_not_to_raise(condition: str) -> None:
    assert not raises(condition)


@pytest.mark.parametrize("condition", RAISING)
def test_it_is_taken_to_raise(condition: str) -> None:
    assert raises(condition)


@pytest.mark.parametrize("condition", RAISING)
def test_what_can_raise_can_in_any_company(condition: str) -> None:
    assert raises(f"region = 'x' OR NOT (({condition}))")
    assert raises(f"id IN (SELECT id FROM t WHERE {condition})")
