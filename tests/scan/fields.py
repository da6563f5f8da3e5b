"""More columns whose contents are known, in two halves: by one the verdicts are mended, by the other they are measured.

A column's half goes by its name, and was settled before anything had been measured on it. `tests.scan.accuracy` shows
the half for development with `--set development`; the other one is in its page, and is not looked at for mending.

Rule kept here: nothing is shared with `tests.scan.tabular` but its makers of numbers; other names, words and templates.
"""

# ruff: noqa: E501, SIM905 - tables of data
from __future__ import annotations

import base64
import random
import zlib
from typing import NamedTuple

from tests.scan import tabular
from tests.scan.tabular import Harmless, Make, Personal, Prose, Told


class Columns(NamedTuple):
    """Columns of each kind."""

    personal: tuple[Personal, ...]
    prose: tuple[Prose, ...]
    harmless: tuple[Harmless, ...]


GIVEN = (
    "Abigail Ahmed Alicia Andreas Barbara Beatriz Bernard Bruno Carla Charlotte Claudia Daniel David Diego Elena Emily "
    "Erik Felix Frances George Grace Henrik Hugo Isabel Jacob Jan Jessica Jonas Jose Karen Kevin Laura Leila Li Linda "
    "Lucas Maria Martin Mei Michael Mohammed Nina Noah Olivia Patrick Pedro Priya Robert Rosa Ryan Samuel Sandra Sarah "
    "Sofia Susan Thomas Vera Wei William Yusuf"
).split()
FAMILY = (
    "Adams Ali Alvarez Anderson Bailey Bakker Becker Bennett Brown Carter Chen Clark Costa Davis Diaz Dubois Edwards Evans "
    "Fischer Garcia Gomez Green Hall Harris Hernandez Hill Huang Hughes Jackson Jansen Johnson Jones Khan Kim King Kowalski "
    "Kumar Lee Lopez Martin Meyer Moore Muller Murphy Nguyen Novak Patel Petrov Phillips Roberts Rossi Sato Scott Silva "
    "Singh Smith Taylor Torres Turner Walker Wang White Wilson Wood Young Zhang"
).split()
TOWNS = (
    "Madrid,Lyon,Hamburg,Osaka,Nairobi,Lima,Denver,Phoenix,Charlotte,Houston,Florence,Victoria,Sydney,Adelaide,Lancaster,"
    "Kingston,Salem,Franklin,Georgetown,Wellington,Montreal,Geneva,Turin,Seville,Zagreb,Riga,Oslo,Bergen,Malmö,San Diego,"
    "Santa Fe,Fort Wayne,Saint Paul,Los Angeles,El Paso,Ho Chi Minh City,Rio de Janeiro,Cape Town,Mount Vernon,Vinh Long"
).split(",")
FIRMS = (
    "Acme Corp,Globex,Initech,Umbrella Ltd,Stark Industries,Wayne Enterprises,Cyberdyne Systems,Soylent Foods,Hooli,"
    "Vandelay Industries,Dunder Mifflin,Sterling Cooper,Massive Dynamic,Oscorp,Tyrell GmbH,Gringotts,Duff Beer,Bluth Company,"
    "Johnson & Sons,Miller Brothers,Anderson Consulting,Harris Teeter,Jones Logistics,Pierce & Pierce,Taylor Steel Inc.,"
    "Meyer Werft,Siemens AG,Carrefour S.A.,Toyota Motor,Nestlé,Ford,Ferrero,Dell,Boeing,Phillips Petroleum,Martin Marietta"
).split(",")
BRANDS = "Adidas,Levi's,Gillette,Colgate,Philips,Braun,Dyson,Ray-Ban,Hugo Boss,Calvin Klein,Tommy Hilfiger,Jack Daniel's,Ben & Jerry's,Dr. Oetker,Uncle Ben's,Aunt Bessie's,Johnnie Walker,Captain Morgan,Lacoste,Montblanc".split(
    ","
)
WARES = "Stapler,Lamp,Backpack,Notebook,Wool Scarf,Garden Hose,Toaster,Wall Clock,Hand Cream,Olive Oil,Rice Cooker,Puzzle,Tent Peg,Socket Set,Power Bank,Dog Leash,Candle,Baking Tray,Office Chair,Keyboard".split(
    ","
)
TITLES = (
    "The Last Harbour,Winter in Lisbon,A Quiet Engine,Madame Bovary,Anna Karenina,Jane Eyre,Oliver Twist,Robinson Crusoe,"
    "Emma,Hamlet,Macbeth,Dracula,Harry Potter,Don Quixote,David Copperfield,Moby Dick,Cooking for Two,Introduction to Algebra,"
    "The Art of War,Gone Girl,Jurassic Park,Forrest Gump,Rocky,Amadeus,Lincoln,Selma,Erin Brockovich,Jerry Maguire"
).split(",")
BANDS = "The Beatles,Pink Floyd,Queen,Daft Punk,Arctic Monkeys,Franz Ferdinand,Jethro Tull,Lynyrd Skynyrd,Alice in Chains,Florence and the Machine,Fleetwood Mac,Massive Attack,Simple Minds,Dire Straits".split(
    ","
)
VENUES = "Central Park,Union Square,Victoria Station,Wembley Stadium,St. James Church,Lincoln Center,O'Hare Airport,Charles de Gaulle,Kennedy Terminal 4,Martin Luther King Library,Washington Monument,Lake Michigan,Mount Rainier,Camp Nou,Madison Square Garden,Waterloo Bridge".split(
    ","
)
SCHOOLS = "Oxford,Stanford University,Johns Hopkins University,ETH Zurich,Carnegie Mellon,Duke University,Brown University,Lincoln High School,St. Mary's College,George Washington University,TU Berlin,Uppsala".split(
    ","
)
DRUGS = "Ibuprofen,Metformin,Lisinopril,Amoxicillin,Simvastatin,Omeprazole,Warfarin,Insulin Glargine,Paracetamol,Sertraline".split(
    ","
)
ILLS = "Asthma,Crohn Disease,Parkinson Disease,Type 2 Diabetes,Hodgkin Lymphoma,Migraine,Alzheimer,Influenza,Down Syndrome,Hashimoto Thyroiditis".split(
    ","
)
SPECIES = "Quercus robur,Canis lupus,Panthera leo,Homo sapiens,Rosa canina,Salmo salar,Felis catus,Pinus sylvestris,Apis mellifera,Corvus corax".split(
    ","
)
PLANTS = "Basil,Rosemary,Sage,Iris,Violet,Jasmine,Daisy,Heather,Ivy,Ginger,Olive,Poppy,Saffron,Thyme,Willow".split(",")
CARS = "Ford Focus,Tesla Model 3,Mercedes C 180,Alfa Romeo Giulia,Renault Clio,Fiat 500,Honda Civic,Chrysler Voyager,Dodge Ram 1500,Aston Martin DB9".split(
    ","
)
MEALS = "Caesar Salad,Eggs Benedict,Chicken Kiev,Beef Wellington,Pizza Margherita,Spaghetti Carbonara,Earl Grey,Bloody Mary,Tom Yum,Shirley Temple,Peach Melba,Crêpe Suzette,Lamb Korma,Fish and Chips".split(
    ","
)
PAINTS = "Prussian Blue,Burnt Sienna,Rose Madder,Crimson,Forest Green,Off White,Jet Black,Hunter Green,Van Dyke Brown,Royal Purple".split(
    ","
)
FONTS = "Helvetica,Times New Roman,Georgia,Verdana,Garamond,Gill Sans,Franklin Gothic,Comic Sans MS,Lucida Console,Bodoni".split(
    ","
)
TONGUES = "English,German,Brazilian Portuguese,Mandarin,Swahili,Norwegian Bokmål,Hindi,Farsi".split(",")
FAITHS = "Engineering,Human Resources,Legal,Marketing,Research and Development,Customer Success,Procurement,Facilities".split(
    ","
)
ROLES = "Chief Executive Officer,Plumber,Barista,Data Scientist,Staff Engineer,Vice President Sales,Registered Nurse,Teaching Assistant,Account Executive,Bus Driver,Chef de Partie,Judge".split(
    ","
)
SKILLS = "Python,Java,Project Management,Public Speaking,Welding,SQL,Forklift License,First Aid,Tableau,Excel,Ruby,Julia,Scala,Pascal,Ada".split(
    ","
)
WARDS = "North Wing,Cardiology,Intensive Care,Maternity,Ward 7B,Day Clinic,Radiology,St. Lucas Pavilion".split(",")
SHIPS = "Queen Mary,HMS Victory,Ever Given,Marie Celeste,Emma Maersk,Edmund Fitzgerald,Titanic,USS Arizona".split(",")
TEAMS = "Real Madrid,Chicago Bulls,Boston Celtics,Bayern München,Utah Jazz,Green Bay Packers,Melbourne Storm,Toronto Blue Jays".split(
    ","
)
LAWS = "Miranda v. Arizona,Roe v. Wade,Brown v. Board of Education,Sarbanes-Oxley Act,Dodd-Frank Act,Moore's Law".split(
    ","
)
WINES = (
    "Château Margaux 2015,Dom Pérignon,Chianti Classico,Robert Mondavi Reserve,Penfolds Bin 389,Veuve Clicquot".split(
        ","
    )
)
FUNDS = (
    "Franklin Income Fund,Janus Henderson Global,T. Rowe Price Growth,Vanguard 500 Index,BlackRock World Mining".split(
        ","
    )
)
ERRORS = "NullPointerException,ConnectionResetError,KeyError,SegmentationFault,TimeoutException,OutOfMemoryError".split(
    ","
)
WORDS = "alpha bridge carbon delta engine filter garden harbour index junction kernel ladder marble needle orbit panel quartz river signal tunnel union vector window yellow zenith".split()


def _full(d: random.Random) -> str:
    return f"{d.choice(GIVEN)} {d.choice(FAMILY)}"


def _n(d: random.Random, count: int) -> str:
    return "".join(d.choice("0123456789") for _ in range(count))


def _one(name: str, some: list[str]) -> Harmless:
    return Harmless(name, lambda d: d.choice(some))


def _form(name: str, *forms: str) -> Harmless:
    """Codes: `#` is a digit, `?` a capital, `%` a hex digit, `~` a word, `1` to `9` themselves."""
    return Harmless(name, lambda d: coded(d, d.choice(forms)))


def coded(d: random.Random, form: str) -> str:
    """One code of a form."""
    kinds = {"#": "0123456789", "?": "ABCDEFGHJKLMNPQRSTUVWXYZ", "%": "0123456789abcdef"}
    return "".join(d.choice(WORDS) if c == "~" else d.choice(kinds[c]) if c in kinds else c for c in form)


def _said(name: str, *forms: str) -> Harmless:
    """Sentences and lines with codes in them."""
    return Harmless(name, lambda d: coded(d, d.choice(forms)))


def _base(d: random.Random, alphabet: str, count: int) -> str:
    return "".join(d.choice(alphabet) for _ in range(count))


def _isbn(d: random.Random) -> str:
    """A book's number with its check digit, as books have it."""
    form = d.choice(("978-##-####-###-", "978-#-###-#####-", "979-8-####-####-"))
    body = coded(d, form)
    digits = [int(c) for c in body if c.isdigit()]
    return body + str(-sum(digit * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10)


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_HARMLESS: tuple[Harmless, ...] = (
    # Words and titles.
    _one("town", TOWNS), _one("hub", TOWNS), _one("firm", FIRMS), _one("vendor", FIRMS), _one("brand", BRANDS),
    _one("book", TITLES), _one("movie", TITLES), _one("band", BANDS), _one("venue", VENUES), _one("landmark", VENUES),
    _one("school", SCHOOLS), _one("alma_mater", SCHOOLS), _one("drug", DRUGS), _one("diagnosis", ILLS),
    _one("species", SPECIES), _one("plant", PLANTS), _one("herb", PLANTS), _one("car", CARS), _one("dish", MEALS),
    _one("menu_item", MEALS), _one("paint", PAINTS), _one("shade", PAINTS), _one("typeface", FONTS), _one("spoken", TONGUES),
    _one("department", FAITHS), _one("role", ROLES), _one("occupation", ROLES), _one("skill", SKILLS), _one("ward", WARDS),
    _one("vessel", SHIPS), _one("club", TEAMS), _one("statute", LAWS), _one("wine", WINES), _one("fund", FUNDS),
    _one("exception", ERRORS), _one("severity", ["DEBUG", "INFO", "WARN", "ERROR"]), _one("tier", ["gold", "silver", "bronze"]),
    _one("payment_kind", ["visa", "mastercard", "paypal", "invoice", "cash"]), _one("gender", ["f", "m", "x"]),
    _one("answer", ["yes", "no", "n/a", "unknown"]), _one("mood", ["happy", "frank", "grim", "merry"]),
    _one("grade", ["A+", "B", "C-", "pass"]), _one("region", ["EMEA", "APAC", "LATAM", "North America"]),
    _one("state", ["Virginia", "Georgia", "Carolina", "Montana", "Dakota", "Washington"]),
    _one("weekday_short", ["Mon", "Tue", "Wed", "Thu", "Fri"]), _one("season", ["Spring", "Summer", "Autumn", "Winter"]),
    _one("unit_of", ["kg", "l", "pcs", "m²", "Ah"]), _one("continent", ["Africa", "Asia", "Europe", "Oceania"]),
    Harmless("article", lambda d: f"{d.choice(BRANDS)} {d.choice(WARES)}"),
    Harmless("article_long", lambda d: f"{d.choice(BRANDS)} {d.choice(WARES)} {d.choice(PAINTS)} {d.randrange(1, 60)} cm"),
    Harmless("listing", lambda d: f"{d.choice(WARES)} by {d.choice(BRANDS)}, {d.choice(PAINTS).lower()}"),
    Harmless("line_item", lambda d: f"{d.randrange(1, 20)} x {d.choice(WARES)} ({d.choice(PAINTS)})"),
    Harmless("bundle", lambda d: f"{d.choice(WARES)} and {d.choice(WARES)} set of {d.randrange(2, 9)}"),
    Harmless("ware_upper", lambda d: f"{d.choice(PAINTS)} {d.choice(WARES)}".upper()),
    Harmless("ware_lower", lambda d: f"{d.choice(PAINTS)} {d.choice(WARES)}".lower()),
    Harmless("ware_slug", lambda d: f"{d.choice(PAINTS)}-{d.choice(WARES)}-{d.randrange(99)}".lower().replace(" ", "-")),
    Harmless("song", lambda d: f"{d.choice(('Blue', 'Last', 'Running', 'Sweet'))} {d.choice(WORDS).title()} ({d.choice(('Live', 'Remix', 'Acoustic'))})"),
    Harmless("track_by", lambda d: f"{d.choice(BANDS)} - {d.choice(WORDS).title()} {d.choice(WORDS).title()}"),
    Harmless("headline", lambda d: f"{d.choice(TOWNS)} opens new {d.choice(WORDS)} {d.choice(('line', 'museum', 'market'))} after {d.randrange(2, 20)} years"),
    Harmless("headline_caps", lambda d: f"{d.choice(FIRMS)} Buys {d.choice(FIRMS)} For {d.randrange(2, 90)} Million"),
    Harmless("course_name", lambda d: f"{d.choice(('Intro to', 'Advanced', 'Topics in'))} {d.choice(('Algebra', 'French', 'Roman Law', 'Statistics'))} {d.randrange(100, 500)}"),
    Harmless("branch", lambda d: f"{d.choice(FIRMS)} {d.choice(TOWNS)}"), Harmless("store", lambda d: f"{d.choice(TOWNS)} {d.choice(('North', 'Mall', 'Outlet', 'Airport'))}"),
    Harmless("route", lambda d: f"{d.choice(TOWNS)} - {d.choice(TOWNS)}"), Harmless("trip", lambda d: f"{d.choice(TOWNS)} to {d.choice(TOWNS)} via {d.choice(TOWNS)}"),
    Harmless("place", lambda d: f"{d.choice(TOWNS)}, {d.choice(tabular.COUNTRIES)}"), Harmless("zip_town", lambda d: f"{_n(d, 5)} {d.choice(TOWNS)}"),
    Harmless("fixture", lambda d: f"{d.choice(TEAMS)} vs {d.choice(TEAMS)}"), Harmless("score_line", lambda d: f"{d.choice(TEAMS)} {d.randrange(5)}:{d.randrange(5)} {d.choice(TEAMS)}"),
    Harmless("project", lambda d: f"Project {d.choice(WORDS).title()}"), Harmless("codename", lambda d: f"{d.choice(WORDS)} {d.choice(WORDS)}".title()),
    Harmless("event_name", lambda d: f"{d.choice(TOWNS)} {d.choice(('Marathon', 'Film Festival', 'Open'))} {d.randrange(2005, 2026)}"),
    Harmless("degree", lambda d: f"{d.choice(('BSc', 'MSc', 'PhD', 'MBA'))} {d.choice(('Physics', 'History', 'Economics'))}, {d.choice(SCHOOLS)}"),
    Harmless("specialty", lambda d: f"{d.choice(ROLES)}, {d.choice(FAITHS)}"), Harmless("position", lambda d: f"{d.choice(('Junior', 'Lead', 'Acting'))} {d.choice(ROLES)}"),
    # Codes and numbers.
    _form("lot", "L######", "LT-##-####"), _form("po", "PO-####-#####"), _form("po_plain", "45########"), _form("container", "????#######"),
    _form("seal", "?? ######"), _form("parcel", "## #### #### #### #### ##"), _form("parcel_short", "#### #### ####"), _form("consignment", "?? #### ####"),
    _form("waybill", "###-########"), _form("waybill_spaced", "### #### ####"), _form("rma", "RMA ### ###"), _form("mpn", "??#####-##-?#"), _form("mpn_long", "#-######-#"),
    _form("mpn_digits", "######-####", "#####-###"), _form("bolt", "M# x ##", "M## x ###"), _form("tyre", "205/55 R1#", "225/45 R1#"), _form("bearing", "6###-2RS"),
    _form("isbn10", "#-####-####-#"), Harmless("isbn13", _isbn), _form("issn", "####-####"), _form("upc", "0 ##### ##### #"), _form("gtin14", "1############ #"),
    _form("asin", "B0########", "B0##?#?###"), _form("vin", "WVWZZZ1JZ########"), _form("doi", "10.####/?????.####.######"), _form("arxiv", "23##.#####"),
    _form("patent", "US #,###,### B2", "EP #,###,### A1"), _form("cas", "####-##-#", "#####-##-#"), _form("ec_number", "2##-###-#"), _form("ndc", "####-####-##", "#####-###-##"),
    _form("icd", "?##.#", "?##.##"), _form("loinc", "####-#", "#####-#"), _form("hs_code", "####.##.##"), _form("hs_long", "#### ## ## ##"), _form("naics", "######"),
    _form("duns", "##-###-####"), _form("ein", "##-#######"), _form("vat_de", "DE#########"), _form("vat_nl", "NL#########B##"), _form("lei", "5299############?#?#"),
    _form("isin", "US##########", "DE000???####"), _form("cusip", "######?##"), _form("wkn", "?#####"), _form("swift", "????DEFF", "????GB2L###"), _form("sort_code", "##-##-##"),
    _form("cep", "#####-###"), _form("post_jp", "###-####"), _form("post_nl", "#### ??"), _form("post_pl", "##-###"), _form("post_ca", "?#? #?#"), _form("post_se", "### ##"),
    _form("bic_ref", "NOTPROVIDED-########"), _form("gl", "####-###-####"), _form("gl_dots", "##.###.####.###"), _form("cc_dept", "### / ####"), _form("wbs", "P-######.##.##"),
    _form("docket", "20##-CV-#####"), _form("permit", "B-20##-######"), _form("parcel_apn", "###-###-##", "###-###-##-##"), _form("meter", "## ### ###"), _form("serial", "SN########", "C02??###????"),
    _form("serial_digits", "############"), _form("membership", "### ### ###"), _form("booking", "??????"), _form("seat", "##?"), _form("gate_no", "?##"), _form("train", "ICE ###", "RE ####"),
    _form("bin_loc", "A##-##-##-#"), _form("rack", "##-##-##"), _form("dewey", "###.##"), _form("dewey_long", "###.#### ?##"), _form("lottery", "## ## ## ## ## ##"),
    _form("coupon", "????-####-????"), _form("gift", "####-####-####"), _form("licence_key", "?????-#####-?????"), _form("otp", "### ###"), _form("pin_block", "#### #### ####-##"),
    _form("ver_short", "#.##"), _form("ver_long", "#.##.#-#"), _form("ver_date", "20##.#.##"), _form("kernel", "#.##.#-##-generic"), _form("cve", "CVE-20##-#####"), _form("rfc", "RFC ####"),
    _form("docker", "~:#.##.#", "~@sha256:%%%%%%%%%%%%"), _form("pod", "~-%%%%%%%%%-%%%%%"), _form("host", "~-##.prod.eu-west-1"), _form("branch_git", "feature/JIRA-####-~-~"),
    _form("ticket_key", "OPS-####", "WEB-####"), _form("bucket", "s3://~-~/20##/##/part-#####.gz"), _form("file_name", "~_~_v##.pdf", "IMG_########_######.jpg"), _form("win_path", "C:\\~\\~\\~.dll"),
    _form("cron", "*/# * * * #", "# ## * * *"), _form("regex_text", "^[a-z]{#,##}$"), _form("slug", "~-~-~-########"), _form("topic", "~.~.v#"), _form("queue", "~_~_#"),
    _form("etag_two", '"%%%%%%%%-%%%%"'), _form("span", "%%%%%%%%%%%%%%%%"), _form("digest", "sha1:%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"), _form("hex_pairs", "%% %% %% %% %% %% %% %%"),
    _form("oui", "%%-%%-%%"), _form("guid_braces", "{%%%%%%%%-%%%%-4%%%-a%%%-%%%%%%%%%%%%}"), _form("rgb", "rgb(##, ##, ##)"), _form("resolution", "19##x10##"), _form("ratio_of", "#:##"),
    _form("odds", "##/#", "#/#"), _form("money_kr", "# ### kr", "## ### kr"), _form("money_chf", "CHF #'###.##"), _form("money_fr", "# ###,## €", "## ###,## €"), _form("money_neg", "-#,###.##", "(#,###.##)"),
    _form("money_inr", "₹#,##,###"), _form("big_spaced", "# ### ### ###"), _form("big_dots", "#.###.###.###"), _form("sci", "#.###e+##", "#.###E-#"), _form("range", "##-##", "###-###"),
    _form("weight", "##.# kg", "### g"), _form("dims", "##.# x ##.# x #.#"), _form("angle", "##°##'##\""), _form("dms", "##°##'##.#\"N 1##°##'##.#\"E"), _form("wkt", "POINT (-##.##### ##.#####)"),
    _form("latitude", "##.######", "-##.######"), _form("geohash", "u33d????#"), _form("utm", "33U ###### #######"), _form("grid", "SU ##### #####"), _form("elevation", "####.# m"),
    _form("iso_week", "20##-W##"), _form("clock", "##:## AM", "##:## PM"), _form("time_ms", "##:##:##.###"), _form("timecode", "##:##:##:##"), _form("day_dot", "1#.0#.20##"), _form("day_us", "0#/1#/20##"),
    _form("day_long", "Mon, 1# Jan 20## 1#:##:## GMT"), _form("stamp_utc", "20##-0#-1#T1#:##:##Z"), _form("stamp_zone", "20##-0#-1# 1#:##:##+02:00"), _form("stamp_us", "1################"),
    _form("quarter", "Q# 20##"), _form("fiscal", "FY##/##"), _form("interval", "P#DT#H##M"), _form("age_band", "##-##", "##+"), _form("hours", "Mo-Fr 0#:00-1#:30"),
    Harmless("snowflake", lambda d: d.randrange(10**17, 9 * 10**17)), Harmless("account_key", lambda d: d.randrange(10**9, 10**10)),
    Harmless("row_no", lambda d: d.randrange(10**6)), Harmless("barcode", lambda d: d.randrange(10**11, 10**12)), Harmless("epoch_us", lambda d: d.randrange(15 * 10**14, 17 * 10**14)),
    Harmless("txn", lambda d: f"{d.randrange(10**15, 10**16)}"), Harmless("txn_long", lambda d: f"{d.randrange(10**18, 10**19)}"), Harmless("ulid", lambda d: "01H" + _base(d, _CROCKFORD, 23)),
    Harmless("nano", lambda d: _base(d, "abcdefghijkmnopqrstuvwxyz0123456789_-ABCDEFGHJKLMNPQRSTUVWXYZ", 21)), Harmless("b64", lambda d: base64.b64encode(d.randbytes(18)).decode()),
    Harmless("short_link", lambda d: f"https://go.example.net/{_base(d, 'abcdefghjkmnpqrstuvwxyz23456789', 7)}"), Harmless("video", lambda d: f"https://video.example.net/watch?v={_base(d, 'abcDEFghiJKL0123456789_-', 11)}&t={d.randrange(999)}"),
    Harmless("rgba", lambda d: f"rgba({d.randrange(256)}, {d.randrange(256)}, {d.randrange(256)}, 0.{d.randrange(10)})"), Harmless("bbox", lambda d: ",".join(f"{d.uniform(-90, 90):.4f}" for _ in range(4))),
    Harmless("price_list", lambda d: "; ".join(f"{d.randrange(10**4) / 100:.2f}" for _ in range(3))), Harmless("series", lambda d: " ".join(str(d.randrange(1000)) for _ in range(6))),
    Harmless("vector_text", lambda d: "[" + ", ".join(f"{d.gauss(0, 1):.6f}" for _ in range(4)) + "]"), Harmless("flags", lambda d: f"0x{d.getrandbits(32):08x}"),
    # Lines of machines, statements, and sentences of people about things.
    _said("app_log", "task ######## finished, offset #########, took ### ms", "commit of ########## in partition ##", "retry # of block #########"),
    _said("access_log", '"########?page=## HTTP/1.1" 200 ####', '"POST /~/~ HTTP/1.1" 404 ###'),
    _said("syslog", "1# 0#:##:## ~ kernel: [#######.######] ~ ~ at 0x%%%%%%%%", "Jan 1# 0#:##:## ~ sshd[#####]: session closed"),
    _said("batch_log", "rows ######### read, ######### written, # rejected", "Run ########## ended with code #"),
    _said("trace_line", "  at ~.~(~.java:###)", '  File "/srv/~/~.py", line ####, in ~'), _said("sql_text", "SELECT ~, ~ FROM ~ WHERE id = ######### LIMIT ##", "UPDATE ~ SET ~ = ########## WHERE ~ > ###"),
    _said("shell", "rm -rf /tmp/~-######", "kubectl get pods -n ~ --timeout=##s"), _said("config", "~_~=#####", "max.~.size=##########"), _said("kv", "order=######### batch=######## qty=##", "id:########## rev:##"),
    _said("gcode", "G1 X##.### Y##.### F####"), _said("nmea", "$GPGGA,######.##,####.####,N,#####.####,E,1,0#,0.9"), _said("hl7", "OBX|#|NM|####-#^~||##.#|mg/dL|||||F"),
    Harmless("json_event", lambda d: f'{{"seq": {d.randrange(10**9)}, "sku": "{_n(d, 8)}", "at": {d.randrange(15 * 10**8, 17 * 10**8)}, "tags": ["{d.choice(WORDS)}"]}}'),
    Harmless("json_conf", lambda d: f'{{"theme": "{d.choice(PAINTS)}", "build": "{d.randrange(9)}.{d.randrange(99)}.{d.randrange(9999)}", "id": "{_n(d, 12)}"}}'),
    Harmless("xml_bit", lambda d: f'<item id="{_n(d, 9)}"><qty>{d.randrange(99)}</qty></item>'), Harmless("html_bit", lambda d: f"<p>{d.choice(WARES)} <b>now {d.randrange(99)} €</b></p>"),
    _said("shop_note", "Order ########## was packed in two boxes.", "Item ######### is on back order until week ##.", "The ~ came without its ~, see picture ####."),
    _said("stock_note", "Moved ## pallets from A## to B##.", "Counted #### pieces, the list says ####.", "Part ###-#### fits the old ~ too."),
    _said("bank_text", "Invoice ######## of 1#.0#.20##, customer no. ######", "Rent 0#/20## flat ##", "Ref ##########/##, thank you"),
    _said("release", "Fixes a crash of the ~ on start (#####).", "Adds the ~ to the ~ page.", "The ~ is now ## % faster."),
    _said("review", "Great ~, works as described, arrived in # days.", "The ~ broke after ## weeks of use.", "Would buy this ~ again for the price."),
    _said("manual", "Tighten the ~ to ## Nm, then turn the ~ by ## degrees.", "Set the dial to # and wait ## minutes."),
    _said("meeting", "We agreed to move the ~ to week ##.", "Open: budget of ###,### for the ~, decision on 1#.0#."),
    _said("weather_note", "Wind ## km/h from the north, ##.# mm of rain, pressure 10## hPa."),
    _said("legal", "Pursuant to section ##(#) of the Act, the fee is ###.## EUR.", "See Reg. (EU) 20##/#### and Annex ##."),
    _said("lab", "Sample ######-## diluted 1:##, reading #.### at ### nm.", "Plate ######## failed the control."),
)  # fmt: skip


# --------------------------------------------------------------------------------------------------------- personal data
def _us(d: random.Random) -> tuple[str, str, str]:
    return d.choice(("206", "312", "415", "617", "713", "919")), str(d.randrange(222, 999)), _n(d, 4)


def _many(*forms: Make) -> Make:
    return lambda d: d.choice(forms)(d)


_PERSONAL: tuple[Personal, ...] = (
    Personal("contact_no", "PHONE_NUMBER", lambda d: "{} {} {}".format(*_us(d))),
    Personal("us_dialled", "PHONE_NUMBER", lambda d: "US {} {} {}".format(*_us(d))),
    Personal("tagged_tel", "PHONE_NUMBER", lambda d: "T {}-{}-{}".format(*_us(d))),
    Personal("with_ext", "PHONE_NUMBER", lambda d: "({}) {}-{} x{}".format(*_us(d), d.randrange(10, 999))),
    Personal("uk_line", "PHONE_NUMBER", lambda d: f"020 7946 0{_n(d, 3)}"),
    Personal("uk_labelled", "PHONE_NUMBER", lambda d: f"UK 020 7946 0{_n(d, 3)}"),
    Personal("fr_line", "PHONE_NUMBER", lambda d: f"01 42 68 {_n(d, 2)} {_n(d, 2)}"),
    Personal("in_line", "PHONE_NUMBER", lambda d: f"98{_n(d, 3)} {_n(d, 5)}"),
    Personal("plus_glued", "PHONE_NUMBER", lambda d: "+1-{}-{}-{}".format(*_us(d))),
    Personal("zero_zero", "PHONE_NUMBER", lambda d: "001 {} {} {}".format(*_us(d))),
    Personal("call_text", "PHONE_NUMBER", lambda d: "call {}{}{}".format(*_us(d))),
    Personal("phone_mixed", "PHONE_NUMBER", _many(lambda d: "{}-{}-{}".format(*_us(d)), lambda d: "{}{}{}".format(*_us(d)))),
    Personal("named_line", "PHONE_NUMBER", lambda d: "{}: {}-{}-{}".format(d.choice(GIVEN), *_us(d))),
    Personal("mail_upper", "EMAIL_ADDRESS", lambda d: f"{d.choice(GIVEN)}.{d.choice(FAMILY)}@{d.choice(tabular.HOSTS)}".upper()),
    Personal("mail_angle", "EMAIL_ADDRESS", lambda d: f"<{d.choice(GIVEN).lower()}{d.randrange(99)}@{d.choice(tabular.HOSTS)}>"),
    Personal("card_plain", "CREDIT_CARD", tabular.FILLS["CREDIT_CARD"]), Personal("iban_plain", "IBAN_CODE", tabular.FILLS["IBAN_CODE"]),
    Personal("ip_plain", "IP_ADDRESS", tabular.FILLS["IP_ADDRESS"]), Personal("ssn_plain", "US_SSN", tabular.FILLS["US_SSN"]),
    Personal("ip_port", "IP_ADDRESS", lambda d: f"{d.randrange(1, 224)}.{d.randrange(256)}.{d.randrange(256)}.{d.randrange(256)}:{d.randrange(1024, 60000)}"),
    Personal("person", "PERSON", _full), Personal("buyer", "PERSON", _full), Personal("person_upper", "PERSON", lambda d: _full(d).upper()), Personal("person_lower", "PERSON", lambda d: _full(d).lower()),
    Personal("last_first", "PERSON", lambda d: f"{d.choice(FAMILY)}, {d.choice(GIVEN)}"), Personal("two_given", "PERSON", lambda d: f"{d.choice(GIVEN)} {d.choice(GIVEN)} {d.choice(FAMILY)}"),
    Personal("double_family", "PERSON", lambda d: f"{d.choice(GIVEN)} {d.choice(FAMILY)}-{d.choice(FAMILY)}"), Personal("with_degree", "PERSON", lambda d: f"{_full(d)}, {d.choice(('MD', 'PhD', 'Jr.', 'Esq.'))}"),
    Personal("with_role", "PERSON", lambda d: f"{_full(d)} ({d.choice(FAITHS)})"), Personal("named_by_role", "PERSON", lambda d: f"{d.choice(ROLES)} {_full(d)}"),
    Personal("couple", "PERSON", lambda d: f"{d.choice(GIVEN)} and {d.choice(GIVEN)} {d.choice(FAMILY)}"), Personal("first_name", "PERSON", lambda d: d.choice(GIVEN)), Personal("last_name", "PERSON", lambda d: d.choice(FAMILY)),
    Personal("person_town", "PERSON", lambda d: f"{_full(d)}, {d.choice(TOWNS)}"), Personal("care_of", "PERSON", lambda d: f"c/o {_full(d)}"),
    Personal("signature_line", "PERSON", lambda d: f"{_full(d)} {d.choice(ROLES)} {d.choice(FIRMS)}"), Personal("crew", "PERSON", lambda d: f"{_full(d)}, {_full(d)}, {_full(d)}"),
)  # fmt: skip
_FILLS = {
    **tabular.FILLS,
    "PERSON": _full,
    "PHONE_NUMBER": lambda d: d.choice(("{}-{}-{}", "({}) {}-{}", "{} {} {}", "{}.{}.{}")).format(*_us(d)),
    "BARE_PHONE": lambda d: "{}{}{}".format(*_us(d)),
}


def _told(*templates: str) -> Told:
    """Sentences with entities in braces (BARE_PHONE: a telephone number as mere digits) and forms of `coded`."""

    def make(d: random.Random) -> tuple[str, frozenset[str]]:
        template = d.choice(templates)
        inside = [name for name in _FILLS if f"{{{name}}}" in template]
        text = coded(d, template)
        for name in inside:
            text = text.replace(f"{{{name}}}", str(_FILLS[name](d)))
        return text, frozenset("PHONE_NUMBER" if name == "BARE_PHONE" else name for name in inside)

    return make


_PROSE: tuple[Prose, ...] = (
    Prose("desk_note", _told("{PERSON} asked to be called at {BARE_PHONE} about order ########.", "Order ######## was sent on 1#.0#.", "Please ring {BARE_PHONE} before noon.", "Case ######### is closed.")),
    Prose("chat_line", _told("my number is {BARE_PHONE}", "its {BARE_PHONE}", "text me {PHONE_NUMBER} thx", "where is my parcel", "ok see you at ##:##", "ref ######### pls")),
    Prose("crm_note", _told("Spoke to {PERSON}, new mobile {BARE_PHONE}, wants part ###-####.", "Left a message ({BARE_PHONE}).", "Quote ##-#### sent to {EMAIL_ADDRESS}.", "No answer, try again in week ##.")),
    Prose("delivery_note", _told("Deliver to {PERSON}, ring {PHONE_NUMBER} on arrival.", "Leave parcel ########## with the ~.", "Gate code ####, floor #.", "Contact {BARE_PHONE}")),
    Prose("mail_text", _told("Hi, this is {PERSON}. You can reach me under {PHONE_NUMBER} or {EMAIL_ADDRESS}.", "The ~ of invoice ######## is wrong.", "Account of {PERSON}: {IBAN_CODE}.")),
    Prose("fraud_note", _told("Card {CREDIT_CARD} was used from {IP_ADDRESS}.", "SSN {US_SSN} given by phone {BARE_PHONE}.", "Batch ######### checked, nothing found.")),
    Prose("log_with_data", _told("sms to {BARE_PHONE} accepted, job #########", "job ######### done in ### ms", "user {EMAIL_ADDRESS} logged in from {IP_ADDRESS}", "worker ## idle")),
    Prose("subject_caps", _told("Meeting With {PERSON} On Monday Morning", "Invoice For The ~ Project", "Contract {PERSON} And Annex ##", "New Price List For The North Region")),
)  # fmt: skip


def is_development(name: str) -> bool:
    """Whether a column is of the half by which the verdicts are mended."""
    return zlib.crc32(name.encode()) % 2 == 0


def _half(development: bool) -> Columns:
    return Columns(
        tuple(one for one in _PERSONAL if is_development(one.name) is development),
        tuple(one for one in _PROSE if is_development(one.name) is development),
        tuple(one for one in _HARMLESS if is_development(one.name) is development),
    )


DEVELOPMENT, HELD_OUT = _half(True), _half(False)
