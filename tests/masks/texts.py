"""Texts that break masks: empty, of every script, with newlines, quotes, escapes, and what looks like PII."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import strategies as st

TEXT = pa.string()

NASTY = [
    None,
    "",
    " ",
    "a",
    "***",
    "é",
    "e\u0301",
    "👍🏽",
    "👩‍👩‍👧 familie",
    "line\nbreak\r\n\ttab",
    'quote \' and "double" and \\ backslash \\1 \\\\',
    "$1 $inner ? :x %s {0}",
    "a@b",
    "ana@example.com",
    "Ana.Lopez+tag@mail.example.co.uk",
    "two@at@example.com",
    "@example.com",
    "ana@",
    "ana@example.com, ben@example.org",
    "ana@exa mple.com",
    "ana@example.com\n",
    "\nana@example.com",
    "ana@-example.com",
    "ana＠example.com",
    "a" * 64 + "@example.com",
    "a" * 65 + "@example.com",
    "ana@" + "b" * 300,
    "4111 1111 1111 1111",
    "4111-1111-1111-1111 and 123-45-6789",
    "123–45–6789",
    "١٢٣-٤٥-٦٧٨٩",
    "DE89 3704 0044 0532 0130 00",
    "GB29NWBK60161331926819",
    "+49 (30) 1234-5678",
    "(555) 123-4567 or 555.123.4567 or 555-0123",
    "call 0301234567 on 2024-01-15 at 10:30",
    "ABCDEFG",
    "ABCDEFGH",
    "İstanbul ǆ ß ﬃ",
    "\u202eright to left",
    "\u200bzero width",
    "x" * 5000,
    "7" * 300,
    "\ufeff\ufffe\U0010ffff",
]

PIECES = [
    "@",
    "＠",
    ".",
    "-",
    "–",
    " ",
    "\n",
    "\t",
    "\v",
    "+",
    "00",
    "(",
    ")",
    "<",
    ">",
    "é",
    "٣",
    "３",
    "ana",
    "example.com",
]

texts = st.lists(
    st.one_of(
        st.none(),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
        st.lists(st.one_of(st.sampled_from(PIECES), st.text("0123456789", max_size=8)), max_size=12).map("".join),
    ),
    min_size=1,
    max_size=60,
)
