"""Texts that two parsers might read in two ways: comments, quotes, dollars, odd spaces, wide characters."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "comment_breaks_out": ("SELECT 1 AS k, '' AS v -- */ UNION ALL SELECT k, v FROM vault --", SAME),
    "nested_comment": ("SELECT 1 AS a /* /* */ UNION ALL SELECT k FROM vault /* */ */", SAME),
    "unclosed_comment": ("SELECT 1 /* UNION ALL SELECT k FROM vault", "syntax"),
    "comment_in_a_string": ("SELECT '/*' AS a UNION ALL SELECT v FROM vault WHERE v = '*/'", "unknown-table"),
    "hash_comment": ("SELECT 1 # UNION ALL SELECT k FROM vault", "syntax"),
    "double_slash": ("SELECT 7 // 2 AS a", SAME),
    "dashes_and_cr": ("SELECT 1 AS a --\rUNION ALL SELECT k FROM vault", "unknown-table"),
    "dashes_and_newline": ("SELECT 1 AS a --\nUNION ALL SELECT k FROM vault", "unknown-table"),
    "dashes_and_form_feed": ("SELECT 1 AS a --\fUNION ALL SELECT k FROM vault", SAME),
    "dashes_and_line_separator": ("SELECT 1 AS a --\u2028UNION ALL SELECT k FROM vault", SAME),
    "dashes_and_next_line": ("SELECT 1 AS a --\u0085UNION ALL SELECT k FROM vault", SAME),
    "dashes_and_vertical_tab": ("SELECT 1 AS a --\u000bUNION ALL SELECT k FROM vault", SAME),
    "cr_between_words": ("SELECT\rid\rFROM\rvault", "unknown-table"),
    "form_feed_between_words": ("SELECT\fv\fFROM\fvault", "unknown-table"),
    "vertical_tab_between_words": ("SELECT\u000bv\u000bFROM\u000bvault", "unknown-table"),
    "no_break_space": ("SELECT v FROM\u00a0vault", "unknown-table"),
    "no_break_space_in_a_name": ("SELECT v FROM va\u00a0ult", "unknown-table"),
    "zero_width_space": ("SELECT v FROM va\u200bult", "unknown-table"),
    "zero_width_before": ("SELECT v FROM \u200bvault", "unknown-table"),
    "byte_order_mark": ("\ufeffSELECT v FROM vault", "construct"),
    "byte_order_mark_and_a_table": ("\ufeffSELECT count(*) FROM customers", "construct"),
    "byte_order_mark_inside": ("SELECT v FROM \ufeffvault", "unknown-table"),
    "dollar_string": ("SELECT $$ ' $$ AS a UNION ALL SELECT v FROM vault", "unknown-table"),
    "tagged_dollar_string": ("SELECT $x$ $$ ' $x$ AS a UNION ALL SELECT v FROM vault", "unknown-table"),
    "dollar_string_hides_a_table": ("SELECT $a$ FROM vault $a$ AS a", SAME),
    "dollar_in_a_name": ("SELECT 1 AS a$b$ UNION ALL SELECT k FROM vault --$b$", "unknown-table"),
    "dollar_tag_with_digits": ("SELECT $1a$ x $1a$ FROM vault", "syntax"),
    "escape_string": ("SELECT E'\\'' AS a UNION ALL SELECT v FROM vault --'", "unknown-table"),
    "plain_backslash": ("SELECT '\\' AS a, ' AS b UNION ALL SELECT v FROM vault --' AS c", SAME),
    "escape_string_small": ("SELECT e'\\'' || v FROM vault --'", "unknown-table"),
    "unicode_string": ("SELECT U&'\\0041' AS a UNION ALL SELECT v FROM vault", "unknown-table"),
    "unicode_identifier": ('SELECT * FROM U&"v\\0061ult"', "syntax"),
    "bit_string": ("SELECT B'101' AS a UNION ALL SELECT v FROM vault", "construct"),
    "hex_string": ("SELECT X'41' AS a UNION ALL SELECT v FROM vault", "construct"),
    "national_string": ("SELECT N'a' AS a UNION ALL SELECT v FROM vault", "unknown-table"),
    "doubled_quotes": ("SELECT 'a''b' AS a, \"name\" FROM customers ORDER BY id LIMIT 1", SAME),
    "doubled_double_quotes": ('SELECT 1 AS "a""b", v FROM vault', "unknown-table"),
    "quoted_name_with_quotes": ('SELECT * FROM "va""ult"', "unknown-table"),
    "string_continuation": ("SELECT 'a'\n'b' AS a UNION ALL SELECT v FROM vault", "unknown-table"),
    "backtick": ("SELECT * FROM `vault`", "construct"),
    "brackets": ("SELECT * FROM [vault]", "syntax"),
    "non_bmp_before_a_table": (
        "SELECT '\U0001d54c\U0001d54c\U0001d54c' AS a, id FROM customers ORDER BY id LIMIT 2",
        SAME,
    ),
    "non_bmp_before_the_vault": ("SELECT '\U0001d54c\U0001d54c\U0001d54c' AS a, v FROM vault", "unknown-table"),
    "non_bmp_alias": ("SELECT \U0001d54c.id FROM customers AS \U0001d54c ORDER BY 1 LIMIT 2", SAME),
    "non_bmp_quoted_alias": (
        'SELECT "\U0001d54c".id AS "\u00e9" FROM customers AS "\U0001d54c" ORDER BY 1 LIMIT 2',
        SAME,
    ),
    "non_bmp_cte": ('WITH "\U0001d54c" AS (SELECT id FROM customers) SELECT count(*) FROM "\U0001d54c"', SAME),
    "combining_before_a_join": (
        "SELECT '\u00e9\U0001f600' AS a, c.name FROM orders o JOIN customers c ON c.id = "
        "o.customer_id ORDER BY o.id LIMIT 2",
        SAME,
    ),
    "wide_comment_before_a_table": ("SELECT count(*) /* \U0001f600\U0001f600 */ FROM /* \u00e9 */ customers", SAME),
    "wide_between_parts": ("SELECT count(*) FROM main /* \U0001f600 */ . /* \u00e9 */ customers", SAME),
    "comment_inside_a_name": ("SELECT * FROM main./* x */vault", "unknown-table"),
    "newline_inside_a_name": ("SELECT * FROM main.\nvault", "unknown-table"),
    "reserved_word_as_alias": ('SELECT "select".id FROM customers "select" ORDER BY 1 LIMIT 1', SAME),
    "reserved_word_as_cte": ('WITH "from" AS (SELECT id FROM customers) SELECT count(*) FROM "from"', SAME),
    "semicolon_in_a_name": ('SELECT 1 AS "a;b" UNION ALL SELECT k FROM vault', "unknown-table"),
    "parameter_like_text": ("SELECT '$1 ? :a' AS a, count(*) FROM customers", SAME),
    "numeric_underscore": ("SELECT 1_000 AS a, count(*) FROM customers", SAME),
    "trailing_dot_number": ("SELECT 1.AS a, id FROM customers ORDER BY id LIMIT 1", SAME),
    "number_and_name": ("SELECT 1FROM vault", "unknown-table"),
    "keyword_prefix": ("SELECT 1 AS a UNION ALL(SELECT k FROM vault)", "unknown-table"),
    "operator_comment": ("SELECT 1 --1 FROM vault\n AS a", SAME),
    "operator_slash_star": ("SELECT 1 */**/ 2 AS a", SAME),
    "at_sign": ("SELECT @ -1 AS a, v FROM vault", "unknown-table"),
}


@pytest.mark.parametrize("case", CASES)
def test_lexer_differentials(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
