"""Telephone numbers: which regions a text can hold a number of, read off libphonenumber's own numbering plans, and what
its matchers find.

Rule kept here: a region is only left out where its matcher cannot find anything; the matcher itself decides of the
rest. A match at leniency VALID has the digits, from the start of a run of digits to the end of one and with no Latin
letter before or behind, of a number of the region's country code, with or without that code and the national prefix;
or a plus sign, or the prefix for international calls.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence, Set

import phonenumbers

from proxy.scan.presidio.derive import spread


def _other_digits() -> str:
    """Digits beyond ASCII, as ranges."""
    codes = [c for c in range(0x80, 0x20000) if unicodedata.category(chr(c)) == "Nd"]
    groups = itertools.groupby(enumerate(codes), lambda pair: pair[1] - pair[0])
    runs = [[code for _, code in group] for _, group in groups]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


_KINDS = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)
_NOT_ASCII = "\x80-\U0010ffff"
_MARKS = rf"[-x/ .,()\[\]~;=+#*{_NOT_ASCII}]*"
"""What may stand between the digits of one number (wider than libphonenumber's own list)."""
_EXTENSION = rf"(?:[xX#~{_NOT_ASCII}]|[iI][nN][tT])[:.{_NOT_ASCII}]?[ \t,\-{_NOT_ASCII}]*[0-9]{{10}}"
_ALWAYS = f"[+\uff0b{_other_digits()}]|[0-9]{{21}}|{_EXTENSION}"
"""Numbers with a plus sign are known everywhere; digits of other scripts count as digits; runs of more than 20 digits
may be cut anywhere, and those behind the sign of an extension after nine."""
_LONGEST = 60_000

WRITTEN = r"^(?:\+?1[ .\-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .\-]?)[0-9]{3}[ .\-]?[0-9]{4}$"
"""How numbers of the North American plan are mostly written, a whole cell."""


LENIENCY = 1
"""`PhoneRecognizer`'s default: numbers that are valid in their region."""
_BESIDE = re.compile(r"[\d(\[\uff08\uff3b+\uff0b#\uff03]")
"""What a longer number than the one that is found would begin or end with: digits, signs before the first one, and the
sign that may stand behind the last one of an extension."""


def numbers(text: str, regions: Sequence[str]) -> set[tuple[int, int]]:
    """The numbers that the matchers of some regions find, without such as lie in another one."""
    spans: set[tuple[int, int]] = set()
    for region in regions:
        matcher = phonenumbers.PhoneNumberMatcher(text, region, leniency=LENIENCY)
        spans.update((match.start, match.end) for match in matcher)
        if len(spans) == 1 and _is_all(text, *spans):
            break  # what another matcher finds is the same, or part of it
    return spans


def _is_all(text: str, span: tuple[int, int]) -> bool:
    """Whether no number can reach beyond this one: all digits of the text are in it."""
    start, end = span
    return _BESIDE.search(text, 0, start) is None and _BESIDE.search(text, end) is None


def conditions(regions: Sequence[str]) -> Mapping[str, str | None]:
    """For each region a pattern (RE2) that is found in every text in which its matcher finds a number; None where there
    is none."""
    return {region: _condition(region) for region in regions}


def enough_digits(regions: Sequence[str]) -> str:
    """A pattern (RE2) that is found in every text in which a matcher of these regions finds a number: quick to try."""
    return f"{_ALWAYS}|(?:[0-9{_NOT_ASCII}]{_MARKS}){{{_fewest_digits(regions)}}}"


def north_american() -> str:
    """The ten digits of a number that is valid in the United States, whole."""
    return f"^1?(?:{'|'.join(sorted(_nationals('US')))})$"


def _condition(region: str) -> str | None:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if metadata is None or _adds_digits(metadata):
        return None
    code = phonenumbers.country_code_for_region(region)
    sharing = phonenumbers.region_codes_for_country_code(code)
    kept = {int(number) for number in re.findall(r"(?:[$\\]|\\g<)(\d)", metadata.national_prefix_transform_rule or "")}
    prefix = f"(?:{_grouped(_without_groups(metadata.national_prefix_for_parsing or '', kept))})?"
    national = "|".join(sorted(_nationals(region).union(*(_outlines(one) for one in sharing if one != region))))
    abroad = f"(?:{_grouped(metadata.international_prefix or '')})[0-9]{{4}}"
    try:
        own = spread(f"{prefix}(?:{code})?{prefix}{prefix}(?:{national})", _MARKS)
        other = spread(abroad, _MARKS) if metadata.international_prefix else ""
    except re.error:
        return None
    start, end = (
        "(?:^|[^0-9A-Za-z])",
        "(?:[^0-9B-DF-HJ-WYZb-df-hj-wyz]|$)",
    )  # an extension may follow: x, ext, int, anexo
    parts = [_ALWAYS, f"{start}{own}{end}", *([f"{start}{other}"] if other else [])]
    written = "|".join(parts)
    return written if len(written) <= _LONGEST else None


def _nationals(region: str) -> set[str]:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    kinds = [getattr(metadata, name, None) for name in _KINDS]
    patterns = [kind.national_number_pattern for kind in kinds if kind is not None and kind.national_number_pattern]
    return {branch for pattern in patterns for branch in _branches(_grouped(pattern))}


def _outlines(region: str) -> set[str]:
    """The numbers of a region that shares its country code, by their first digits only: the plan of North America would
    make a pattern too large to be quick."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    lengths = sorted(metadata.general_desc.possible_length or ()) if metadata and metadata.general_desc else []
    found = set()
    for branch in _nationals(region):
        start = re.match(r"[0-9]{3}", branch)
        found |= {f"{start[0]}[0-9]{{{n - 3}}}" for n in lengths} if start and lengths else {branch}
    return found


def _branches(pattern: str) -> list[str]:
    """The alternatives of a pattern, taken apart at its bars outside of groups: regions share many of them."""
    parts, depth = [""], 0
    for char in pattern:
        depth += (char in "([") - (char in ")]")
        if char == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _adds_digits(metadata: phonenumbers.PhoneMetadata) -> bool:
    """Whether the plan completes local numbers with digits that are not written."""
    rule = metadata.national_prefix_transform_rule or ""
    return re.search(r"\d", re.sub(r"[$\\]\d|\\g<\d+>", "", rule)) is not None


def _without_groups(pattern: str, numbers: Set[int]) -> str:
    """A prefix without those groups of it that stay in the number (`$2` of a transform rule)."""
    found: list[tuple[int, int]] = []
    open_: list[tuple[int, int]] = []
    count = 0
    for place, char in enumerate(pattern):
        if char == "(":
            captures = not pattern.startswith("(?", place)
            count += captures
            open_.append((place, count if captures else 0))
        elif char == ")":
            start, number = open_.pop()
            if number in numbers:
                found.append((start, place + 1))
    for start, end in sorted(found, reverse=True):
        pattern = pattern[:start] + pattern[end:]
    return pattern


def _grouped(pattern: str) -> str:
    """Without groups that are kept, and without spaces that only lay the pattern out."""
    return re.sub(r"\((?!\?)", "(?:", re.sub(r"\s+", "", pattern))


def _fewest_digits(regions: Sequence[str]) -> int:
    """The fewest digits in a row of a number of these regions that is written without a plus sign. After a prefix for
    international calls (at least two digits) and a country code, the shortest number anywhere has four; where a region
    completes local numbers, the digits that it adds need not be there."""
    fewest = 2 + 1 + 4
    for region in regions:
        sharing = phonenumbers.region_codes_for_country_code(phonenumbers.country_code_for_region(region))
        metadata = [phonenumbers.PhoneMetadata.metadata_for_region(r) for r in (region, *sharing)]
        lengths = [n for m in metadata if m and m.general_desc for n in m.general_desc.possible_length]
        rules = [m.national_prefix_transform_rule or "" for m in metadata[:2] if m]
        added = max(len(re.findall(r"\d", re.sub(r"[$\\]\d|\\g<\d+>", "", rule))) for rule in rules)
        fewest = min([fewest, *(n - added for n in lengths)])
    return max(fewest, 1)
