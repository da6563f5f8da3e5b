"""Columns whose contents are known, for measuring the scan: personal ones in many spellings, and harmless ones.

Rule kept here: everything is drawn from a seed, and nothing is shared with the columns by which the scan's thresholds
were chosen, nor with `tests.bench.people`: other names, other templates, other numbers. Nobody in it exists.
"""

# ruff: noqa: E501, SIM905 - tables of data
from __future__ import annotations

import hashlib
import ipaddress
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

Make: TypeAlias = Callable[[random.Random], Any]
Told: TypeAlias = Callable[[random.Random], tuple[str, frozenset[str]]]


@dataclass(frozen=True, slots=True)
class Personal:
    """A column of which every cell is one entity."""

    name: str
    entity: str
    make: Make


@dataclass(frozen=True, slots=True)
class Prose:
    """A column of sentences; `make` also tells which entities each holds."""

    name: str
    make: Told


@dataclass(frozen=True, slots=True)
class Harmless:
    """A column that holds nothing personal."""

    name: str
    make: Make


FIRST = (
    "Aaliyah Adrien Agnes Akira Alejandro Amara Anders Anjali Astrid Benedikt Bianca Brendan Camille Cedric Chidi Colleen "
    "Dagmar Declan Deepak Dmitri Eamon Eleanor Emre Esther Fabio Farah Fiona Gareth Gemma Giulia Gregory Gustav Hannah "
    "Harold Helga Hiroshi Ines Irene Ivan Jasper Joanna Julian Kamal Katarina Keith Kirsten Laila Leopold Louise Lydia "
    "Magnus Marcus Margaret Miriam Nadia Naomi Nikhil Olga Oliver Pascal Paula Quentin Rachel Rafael Rhiannon Roland "
    "Sabine Saskia Simone Stefan Tamara Theodore Ursula Valerie Victor Vivian Walter Xavier Yolanda Zachary"
).split()
LAST = (
    "Abernathy Achterberg Adeyemi Almeida Andersson Aoki Baptiste Barnes Bauer Beaumont Bergstrom Bianchi Blackwood Borg "
    "Brannigan Castellano Chaudhary Coleman Cooper Dalgaard Delacroix Diallo Doyle Ekström Eriksen Falkner Ferreira "
    "Fitzgerald Fontaine Fraser Gallagher Goldberg Gupta Haugen Hawthorne Hoffmann Holloway Ibrahim Iyer Jankowski Kaplan "
    "Kaufmann Keller Kovacs Krishnan Lachlan Larsen Leclerc Lindqvist Lombardi Mahmoud Marchetti McAllister Mendoza "
    "Mitchell Moretti Morrison Nakamura Nielsen Novotny Obrien Okonkwo Olsen Osborne Parker Pettersen Pereira Quigley "
    "Rasmussen Reinhardt Richter Romano Sandoval Schultz Sorensen Stewart Sullivan Takahashi Thornton Vasquez Vermeulen "
    "Wallace Watanabe Weber Whitfield Yamamoto Zimmermann"
).split()
HOSTS = "mailbox.org,posteo.de,fastmail.com,northwind.co.uk,contoso.fr,uni-graz.at,example.gov,bluebird.io".split(",")
CITIES = (
    "Gothenburg,Antwerp,Bristol,Graz,Porto,Nantes,Bologna,Leipzig,Tampere,Valencia,Kraków,Ghent,Cork,Sapporo,Perth,Halifax,"
    "Omaha,Tucson,Fresno,Memphis,Baltimore,Tulsa,Oakland,Richmond,Santa Rosa,San Jose,St. Louis,Baton Rouge,Jackson,Austin"
).split(",")
COMPANIES = (
    "Northwind Traders,Contoso,Fabrikam,Litware,Proseware,Tailspin Toys,Wingtip Toys,Blue Yonder Airlines,Fourth Coffee,"
    "Alpine Ski House,Margie's Travel,Trey Research,Lucerne Publishing,Coho Winery,Humongous Insurance,Woodgrove Bank,"
    "Graphic Design Institute,City Power & Light,Consolidated Messenger,Baldwin Museum of Science,Morgan & Steele,"
    "Parker Freight,Wallace Foods,Graham Chemicals,Hudson Steel,Lincoln Optics"
).split(",")
GOODS = (
    "Cordless Drill,Espresso Machine,Rain Jacket,Running Shoe,Bluetooth Speaker,Cast Iron Pan,Yoga Mat,Desk Organizer,"
    "LED Strip,Water Bottle,Camping Stove,Ceramic Mug,Standing Desk,Bike Helmet,Noise Cancelling Headphones,Hiking Pole,"
    "Phone Case,Cotton Sheet Set,Air Fryer,Robot Vacuum,Snow Shovel,Picnic Basket,Reading Light,Gaming Chair"
).split(",")
LOOKS = "Graphite,Ivory,Sage,Coral,Navy,Walnut,Birch,Charcoal,Amber,Slate,Olive,Teal".split(",")
JOBS = "Analyst,Sales Manager,Warehouse Operator,Senior Engineer,Nurse,Head of Finance,Intern,Electrician".split(",")
GENRES = "Comedy,Science Fiction,Jazz,Documentary,True Crime,Folk,Children,Classical,Western,Thriller".split(",")
COUNTRIES = "Norway,Chile,Kenya,Japan,Portugal,Canada,New Zealand,South Korea,Jordan,Chad,Georgia,Austria".split(",")
SHIFTS = "pending,in progress,on hold,done,failed,archived,awaiting parts".split(",")
HEX = "0123456789abcdef"


def _first(d: random.Random) -> str:
    return d.choice(FIRST)


def _last(d: random.Random) -> str:
    return d.choice(LAST)


def full_name(d: random.Random) -> str:
    """A given and a family name."""
    return f"{_first(d)} {_last(d)}"


def _digits(d: random.Random, count: int) -> str:
    return "".join(d.choice("0123456789") for _ in range(count))


def _mail(d: random.Random) -> str:
    user = d.choice(("{f}.{l}", "{f}_{l}{n}", "{i}{l}", "{l}+shop", "{f}{n}"))
    parts = {"f": _first(d).lower(), "l": _last(d).lower().replace("ö", "o"), "n": d.randrange(99)}
    return f"{user.format(i=parts['f'][0], **parts)}@{d.choice(HOSTS)}"  # type: ignore[str-format]


def _luhn(body: str) -> str:
    total = sum(int(c) if place % 2 else sum(divmod(2 * int(c), 10)) for place, c in enumerate(reversed(body)))
    return body + str(-total % 10)


def _card(d: random.Random) -> str:
    return d.choice(
        (
            lambda: _luhn("4" + _digits(d, 14)),
            lambda: _luhn(f"5{d.randrange(1, 6)}" + _digits(d, 13)),
            lambda: _luhn("37" + _digits(d, 12)),
        )
    )()


def _spaced_card(d: random.Random) -> str:
    number = _luhn("4" + _digits(d, 14))
    return d.choice((" ", "-")).join(number[i : i + 4] for i in range(0, 16, 4))


def _iban(d: random.Random) -> str:
    country, bank = d.choice(
        (
            ("DE", _digits(d, 18)),
            ("NL", "INGB" + _digits(d, 10)),
            ("GB", "BARC" + _digits(d, 14)),
            ("ES", _digits(d, 20)),
        )
    )
    spelt = "".join(str(int(c, 36)) for c in f"{bank}{country}00")
    return f"{country}{98 - int(spelt) % 97:02d}{bank}"


def _spaced_iban(d: random.Random) -> str:
    whole = _iban(d)
    return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))


def _ssn(d: random.Random) -> tuple[int, int, int]:
    area = d.choice([a for a in range(101, 899) if a != 666])
    return area, d.randrange(1, 100), d.randrange(1, 10_000)


def _bitcoin(d: random.Random) -> str:
    payload = b"\0" + d.randbytes(20)
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, letters = int.from_bytes(payload, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[rest] + letters
    return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + letters


def _us_phone(d: random.Random) -> tuple[str, str, str]:
    return d.choice(("215", "267", "414", "509", "614", "651", "801", "858")), str(d.randrange(222, 999)), _digits(d, 4)


def _abroad(d: random.Random) -> str:
    return d.choice(
        (
            lambda: f"+44 161 496 0{_digits(d, 3)}",
            lambda: f"+49 30 2345{_digits(d, 4)}",
            lambda: f"+33 1 42 68 {_digits(d, 2)} {_digits(d, 2)}",
            lambda: f"+91 98{_digits(d, 3)} {_digits(d, 5)}",
        )
    )()


def _when(d: random.Random) -> datetime:
    return datetime(2019, 3, 4) + timedelta(seconds=d.randrange(2 * 10**8))


PERSONAL: tuple[Personal, ...] = (
    Personal("e_mail", "EMAIL_ADDRESS", _mail),
    Personal("LoginName", "EMAIL_ADDRESS", lambda d: _mail(d).upper()),
    Personal("contact_uri", "EMAIL_ADDRESS", lambda d: f"mailto:{_mail(d)}"),
    Personal("sender", "EMAIL_ADDRESS", lambda d: f"{full_name(d)} <{_mail(d)}>"),
    Personal("daytime_contact", "PHONE_NUMBER", lambda d: "({}) {}-{}".format(*_us_phone(d))),
    Personal("reach_at", "PHONE_NUMBER", lambda d: "{}.{}.{}".format(*_us_phone(d))),
    Personal("col_17", "PHONE_NUMBER", lambda d: "+1{}{}{}".format(*_us_phone(d))),
    Personal("callback", "PHONE_NUMBER", lambda d: "{}-{}-{}".format(*_us_phone(d))),
    Personal("Mobile", "PHONE_NUMBER", lambda d: "".join(_us_phone(d))),
    Personal("phone_as_number", "PHONE_NUMBER", lambda d: int("".join(_us_phone(d)))),
    Personal("hotel_contact", "PHONE_NUMBER", _abroad),
    Personal("pan", "CREDIT_CARD", _card),
    Personal("c_num", "CREDIT_CARD", lambda d: int(_card(d))),
    Personal("payment_ref", "CREDIT_CARD", _spaced_card),
    Personal("payout_to", "IBAN_CODE", _iban),
    Personal("bank_details", "IBAN_CODE", _spaced_iban),
    Personal("wallet", "CRYPTO", _bitcoin),
    Personal("client_addr", "IP_ADDRESS", lambda d: str(ipaddress.IPv4Address(d.getrandbits(32)))),
    Personal("peer", "IP_ADDRESS", lambda d: str(ipaddress.IPv6Address((0x20010DB8 << 96) + d.getrandbits(96)))),
    Personal("device", "MAC_ADDRESS", lambda d: ":".join(f"{d.randrange(256):02X}" for _ in range(6))),
    Personal("nic", "MAC_ADDRESS", lambda d: "-".join(f"{d.randrange(256):02x}" for _ in range(6))),
    Personal("soc_sec", "US_SSN", lambda d: "{:03d}-{:02d}-{:04d}".format(*_ssn(d))),
    Personal("employee_ssn", "US_SSN", lambda d: "{:03d}{:02d}{:04d}".format(*_ssn(d))),
    Personal("ref", "US_SSN", lambda d: "{:03d} {:02d} {:04d}".format(*_ssn(d))),
    Personal("itin", "US_ITIN", lambda d: f"9{_digits(d, 2)}-7{d.randrange(9)}-{_digits(d, 4)}"),
    Personal("full_name", "PERSON", full_name),
    Personal("CUSTOMER", "PERSON", lambda d: full_name(d).upper()),
    Personal("owner", "PERSON", lambda d: full_name(d).lower()),
    Personal("patient", "PERSON", lambda d: f"{_last(d)}, {_first(d)}"),
    Personal("signed_by", "PERSON", lambda d: f"{d.choice(('Mr.', 'Ms.', 'Dr.', 'Prof.'))} {full_name(d)}"),
    Personal("author", "PERSON", lambda d: f"{_first(d)} {d.choice('ABCDEFGHJKLM')}. {_last(d)}"),
    Personal("given_name", "PERSON", _first),
    Personal("surname", "PERSON", _last),
)

_SENTENCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("The courier could not reach {PERSON}, so the box is back at the depot.", ("PERSON",)),
    ("Sent the new contract to {EMAIL_ADDRESS} this morning.", ("EMAIL_ADDRESS",)),
    ("Caller asks to be rung at {PHONE_NUMBER} after six.", ("PHONE_NUMBER",)),
    ("Charged twice on {CREDIT_CARD}; one of the two was returned.", ("CREDIT_CARD",)),
    ("Her social security number is {US_SSN}, checked against the form.", ("US_SSN",)),
    ("Login from {IP_ADDRESS} was blocked by the firewall rule.", ("IP_ADDRESS",)),
    ("Please pay out to {IBAN_CODE} before the end of the month.", ("IBAN_CODE",)),
    ("{PERSON} (reach: {EMAIL_ADDRESS}) wants a quote for twelve units.", ("PERSON", "EMAIL_ADDRESS")),
    ("Spare part 4471-20 is out of stock until week 32.", ()),
    ("Machine stopped at 14:35, pressure 3.2 bar, restarted by the night shift.", ()),
    ("Pallet 17 of 40 was damaged; photos are in the shared folder.", ()),
    ("Rebooked to flight LH 1823 because of fog, no extra cost.", ()),
    ("The manual for version 2.4.1 does not mention the reset button.", ()),
    ("Invoice 2023-00871 over 1,240.50 EUR is settled.", ()),
)
FILLS: Mapping[str, Make] = {
    "PERSON": full_name,
    "EMAIL_ADDRESS": _mail,
    "PHONE_NUMBER": lambda d: d.choice((lambda: "({}) {}-{}".format(*_us_phone(d)), lambda: _abroad(d)))(),
    "CREDIT_CARD": _spaced_card,
    "US_SSN": lambda d: "{:03d}-{:02d}-{:04d}".format(*_ssn(d)),
    "IP_ADDRESS": lambda d: str(ipaddress.IPv4Address(d.getrandbits(32))),
    "IBAN_CODE": _iban,
}


def _sentence(d: random.Random) -> tuple[str, frozenset[str]]:
    text, entities = d.choice(_SENTENCES)
    return text.format(**{name: FILLS[name](d) for name in entities}), frozenset(entities)


def _document(d: random.Random) -> tuple[str, frozenset[str]]:
    mail, has = _mail(d), d.random() < 0.5
    inner = f'"reply_to": "{mail}", ' if has else ""
    return f'{{"kind": "ticket", {inner}"priority": {d.randrange(5)}}}', frozenset({"EMAIL_ADDRESS"} if has else ())


PROSE: tuple[Prose, ...] = (Prose("remarks", _sentence), Prose("payload", _document))


def _code(d: random.Random, form: str) -> str:
    """A code of a form: `#` is a digit, `?` a letter, anything else itself."""
    return "".join(
        d.choice("0123456789") if c == "#" else d.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") if c == "?" else c for c in form
    )


def _coded(name: str, form: str) -> Harmless:
    return Harmless(name, lambda d: _code(d, form))


def _one_of(name: str, values: list[str]) -> Harmless:
    return Harmless(name, lambda d: d.choice(values))


HARMLESS: tuple[Harmless, ...] = (
    # Numbers.
    Harmless("id", lambda d: d.randrange(10**6)),
    Harmless("account_no", lambda d: d.randrange(10**9, 10**10)),
    Harmless("event_id", lambda d: d.randrange(10**15, 10**16)),
    Harmless("snowflake_id", lambda d: d.randrange(10**17, 10**18)),
    Harmless("ticket", lambda d: d.randrange(10**8, 10**9)),
    Harmless("batch", lambda d: d.randrange(10**11, 10**12)),
    Harmless("ean", lambda d: d.randrange(4 * 10**12, 5 * 10**12)),
    Harmless("quantity", lambda d: d.randrange(500)),
    Harmless("year", lambda d: d.randrange(1950, 2030)),
    Harmless("epoch", lambda d: int(_when(d).timestamp())),
    Harmless("epoch_ms", lambda d: int(_when(d).timestamp() * 1000)),
    Harmless("amount", lambda d: f"{d.randrange(10**7) / 100:.2f}"),
    Harmless("amount_text", lambda d: f"{d.randrange(10**8) / 100:,.2f}"),
    Harmless("price_eur", lambda d: f"{d.randrange(10**4)},{d.randrange(100):02d} €"),
    Harmless("price_usd", lambda d: f"${d.randrange(10**5):,}.{d.randrange(100):02d}"),
    Harmless("ratio", lambda d: repr(d.random())),
    Harmless("percent", lambda d: f"{d.randrange(1000) / 10}%"),
    Harmless("latlon", lambda d: f"{d.uniform(-90, 90):.6f}, {d.uniform(-180, 180):.6f}"),
    Harmless("size", lambda d: f"{d.randrange(20, 200)}x{d.randrange(20, 200)}x{d.randrange(5, 90)} cm"),
    Harmless("duration", lambda d: f"{d.randrange(24):02d}:{d.randrange(60):02d}:{d.randrange(60):02d}"),
    # Dates and times as text.
    Harmless("created", lambda d: _when(d).isoformat()),
    Harmless("updated_at", lambda d: _when(d).strftime("%Y-%m-%d %H:%M:%S.%f")),
    Harmless("day", lambda d: _when(d).strftime("%d/%m/%Y")),
    Harmless("period", lambda d: _when(d).strftime("%Y-%m")),
    Harmless("stamp", lambda d: _when(d).strftime("%Y%m%d%H%M%S")),
    Harmless("stamp_day", lambda d: _when(d).strftime("%Y%m%d")),
    Harmless("weekday", lambda d: _when(d).strftime("%A")),
    Harmless("month", lambda d: _when(d).strftime("%B %Y")),
    # Codes.
    _coded("sku", "??-####-??"),
    _coded("sku_long", "###-???-######"),
    _coded("part_no", "#####-###-##"),
    _coded("part_code", "?##.###.###"),
    _coded("order_no", "ORD-2024-######"),
    _coded("order_key", "SO########"),
    _coded("invoice", "INV/2023/#####"),
    _coded("shipment", "1Z###?#########"),
    _coded("tracking", "?? ### ### ### ??"),
    _coded("flight", "?? ####"),
    _coded("plate_form", "??## ???"),
    _coded("batch_lot", "LOT-####-####"),
    _coded("case_ref", "CASE #######"),
    _coded("asset_tag", "A######"),
    _coded("room", "B#.###"),
    _coded("shelf", "R##-S##-B###"),
    _coded("course", "??? ###"),
    _coded("isbn", "978-#-###-#####-#"),
    _coded("policy_number", "P####-#####-##"),
    _coded("rating_code", "#-#-#"),
    _coded("zip", "#####"),
    _coded("zip4", "#####-####"),
    _coded("postcode", "?## #??"),
    _coded("cost_center", "####-####"),
    _coded("gl_account", "####.####.##"),
    Harmless("version", lambda d: f"{d.randrange(9)}.{d.randrange(30)}.{d.randrange(99)}"),
    Harmless("build", lambda d: f"v{d.randrange(9)}.{d.randrange(30)}.{d.randrange(99)}-rc{d.randrange(9)}"),
    Harmless("firmware", lambda d: f"{d.randrange(9)}.{d.randrange(30)}.{d.randrange(99)}.{d.randrange(9999)}"),
    # Made by machines.
    Harmless("uuid", lambda d: str(uuid.UUID(int=d.getrandbits(128), version=4))),
    Harmless("md5", lambda d: "".join(d.choice(HEX) for _ in range(32))),
    Harmless("sha256", lambda d: "".join(d.choice(HEX) for _ in range(64))),
    Harmless("commit", lambda d: "".join(d.choice(HEX) for _ in range(7))),
    Harmless("trace", lambda d: "".join(d.choice(HEX) for _ in range(16))),
    Harmless("etag", lambda d: f'W/"{"".join(d.choice(HEX) for _ in range(10))}"'),
    Harmless("color", lambda d: "#" + "".join(d.choice(HEX) for _ in range(6))),
    Harmless("token_id", lambda d: "".join(d.choice(HEX + "ghijkmnpqrstuvwxyzABCDEFGH") for _ in range(22))),
    Harmless("path", lambda d: f"/var/data/{d.choice(GENRES).lower().replace(' ', '-')}/{_digits(d, 6)}.parquet"),
    Harmless("file", lambda d: f"report_{_when(d):%Y%m%d}_{_digits(d, 3)}.xlsx"),
    Harmless("url_path", lambda d: f"/shop/{d.choice(GOODS).lower().replace(' ', '-')}?ref={_digits(d, 5)}"),
    Harmless("link", lambda d: f"https://shop.example.com/p/{_digits(d, 8)}"),
    Harmless("table_name", lambda d: f"{d.choice(('raw', 'mart', 'stage'))}.{d.choice(GENRES).lower().replace(' ', '_')}"),
    Harmless("agent", lambda d: f"Mozilla/5.0 (X11; Linux x86_64; rv:{d.randrange(90, 140)}.0) Gecko/20100101"),
    Harmless("mime", lambda d: d.choice(("text/csv", "image/png", "application/json"))),
    Harmless("json", lambda d: f'{{"retries": {d.randrange(9)}, "took_ms": {d.randrange(10**5)}, "ok": true}}'),
    # Words.
    _one_of("status", SHIFTS),
    _one_of("country", COUNTRIES),
    _one_of("city", CITIES),
    _one_of("company", COMPANIES),
    _one_of("genre", GENRES),
    _one_of("job_title", JOBS),
    Harmless("currency", lambda d: d.choice(("EUR", "USD", "SEK", "JPY", "BRL"))),
    Harmless("language", lambda d: d.choice(("en", "de-AT", "pt-BR", "ja", "nb"))),
    Harmless("weather", lambda d: d.choice(("light rain", "clear sky", "fog", "snow showers"))),
    Harmless("product", lambda d: f"{d.choice(LOOKS)} {d.choice(GOODS)}"),
    Harmless("product_no", lambda d: f"{d.choice(GOODS)} {d.randrange(10, 900)}"),
    Harmless("model", lambda d: f"{d.choice(LOOKS)} {d.choice('XTRS')}{d.randrange(1, 90)} {d.choice(('Pro', 'Mini', 'Max'))}"),
    Harmless("brand_line", lambda d: f"{d.choice(COMPANIES)} {d.choice(GOODS)} {d.randrange(2, 60)}"),
    Harmless("campaign", lambda d: f"{d.choice(('Spring', 'Summer', 'Winter'))} Sale {d.randrange(2015, 2026)}"),
    Harmless("address_line", lambda d: f"{d.randrange(1, 400)} {d.choice(('Mill', 'Station', 'Harbour', 'Oak'))} Road"),
    Harmless("team", lambda d: f"{d.choice(CITIES)} {d.choice(('Hawks', 'United', 'Rovers', 'Bears'))}"),
    Harmless("title", lambda d: f"{d.choice(('The', 'A', 'Our'))} {d.choice(LOOKS)} {d.choice(('River', 'Hour', 'Map'))}"),
    Harmless("log", lambda d: f"worker {d.randrange(64)} finished job {_digits(d, 9)} in {d.randrange(9999)} ms"),
    Harmless("error", lambda d: f"timeout after {d.randrange(60)} s while reading block {_digits(d, 7)}"),
    Harmless("recipe", lambda d: f"Mix {d.randrange(50, 900)} g of flour with {d.randrange(1, 9)} eggs and rest it."),
)  # fmt: skip
