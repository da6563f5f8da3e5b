"""What looks like a telephone number and is something else; and what looks like something else and is one."""

from __future__ import annotations

import pytest

from proxy.scan.codes import is_book, is_odd, is_part


def part(text: str, number: str) -> bool:
    start = text.index(number)
    return is_part(text, start, start + len(number))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("ORD-2024-123456", "2024-123456"),
        ("10:2125551234", "2125551234"),
        ("2024-06-10 11:23:41+02:00", "2024-06-10 11"),
        ("POINT (-00.35318 79.38272)", "(-00.35318 79.38272"),
        ("POINT (-08.92562 31.03540)", "31.03540"),
        ("48.208176, 16.373819", "48.208176"),
        ("finished job 2125551234 in 20 ms", "2125551234"),
        ("Order no. 2125551234 was sent", "2125551234"),
        ("commit of 2125551234 in partition 3", "2125551234"),
        ("batch=2125551234", "2125551234"),
        ('"offset": "2125551234"', "2125551234"),
        ("Sample 300316-76 diluted", "300316-76"),
        ("wrote 2125551234 bytes", "2125551234"),
    ],
)
def test_parts_of_codes_and_numbers_of_things_are_no_telephone_numbers(text: str, number: str) -> None:
    assert part(text, number)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("call 2125551234 about the order", "2125551234"),
        ("my number is 2125551234", "2125551234"),
        ("To order: 2125551234", "2125551234"),
        ("order 212-555-1234", "212-555-1234"),
        ("the customer 2125551234 wants it back", "2125551234"),
        ("user id 2125551234", "2125551234"),
        ("account=2125551234", "2125551234"),
        ("sms to 2125551234 failed", "2125551234"),
        ("please block 2125551234", "2125551234"),
        ("Callback request: 2125551234", "2125551234"),
        ("run 2125551234 again", "2125551234"),
        ("border 2125551234", "2125551234"),
        ("job +12125551234", "+12125551234"),
        ("1985-12-34 56", "1985-12-34 56"),
        ("2024-06-10 11", "2024-06-10 11"),
        ("215.5551234 617.5551234", "215.5551234"),
        ("tel_2125551234", "2125551234"),
        ("2125551234 msisdn", "2125551234"),
    ],
)
def test_telephone_numbers_stay_telephone_numbers(text: str, number: str) -> None:
    assert not part(text, number)


@pytest.mark.parametrize("text", ["63629-970-55", "9287.3013.47", "6 258 517 812", "6.258.517.812"])
def test_groups_that_no_telephone_number_has(text: str) -> None:
    assert is_odd(text)


@pytest.mark.parametrize(
    "text",
    [
        "070-123 45 67",
        "22 12 34 56",
        "(08) 123 456 78",
        "0 800 123 456",
        "612 345 678",
        "34 612 345 678",
        "1 800 555 1234",
        "1 23 45 67 89",
        "6 258 517",
        "6 258.517 812",
    ],
)
def test_groups_that_a_telephone_number_may_have(text: str) -> None:
    assert not is_odd(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("978-05-7893-873-3", False),
        ("978-05-7893-873-8", True),
        ("ISBN 978-05-7893-873-8, paperback", True),
        ("978-05-7893-873-8-1", False),
        ("4978-05-7893-873-8", False),
        ("978-05-7893", False),
    ],
)
def test_only_a_whole_book_number_with_its_check_digit_is_one(text: str, expected: bool) -> None:
    start = text.index("978-05-7893")
    assert is_book(text, start, start + 11) is expected
    assert not is_book(f"512-34-5678 {text}", 0, 11)
