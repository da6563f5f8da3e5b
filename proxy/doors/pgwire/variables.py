"""A session's settings: the ones that may be set, to what, and what the session reports.

Rule kept here: an allow-list. What has one honest value here takes that value only; what nobody knows is refused as
PostgreSQL refuses it; names with a dot are labels that are recorded and never trusted. Who asks is no setting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from proxy.doors.pgwire.refusals import Refused
from proxy.values import CATALOG_VERSION

SERVER_VERSION = f"{CATALOG_VERSION} (Usher)"
"""That of the catalog, so that clients ask it what it can answer."""
_MAJOR, _MINOR = (int(part) for part in CATALOG_VERSION.split("."))
INTERVALS = "postgres"
MOST_LABELS = 16
LONGEST_LABEL = 200
LONGEST_WAIT_MS = 2**31 - 1
_UTC = frozenset({"utc", "etc/utc", "gmt", "etc/gmt", "zulu", "uct", "universal", "0", "+00", "+00:00", "00:00"})
_ON = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
_TIME = re.compile(r"(\d{1,10}) ?(us|ms|s|min|h|d)?\Z")
_UNITS = {"us": 0.001, "ms": 1.0, None: 1.0, "s": 1000.0, "min": 60_000.0, "h": 3_600_000.0, "d": 86_400_000.0}
_SCHEMA = re.compile(r'"((?:[^"]|"")*)"|([^",\s]+)')
MOST_SCHEMAS = 32
LONGEST_PATH = 4000
_LEVELS = ("debug5", "debug4", "debug3", "debug2", "debug1", "log", "info", "notice", "warning", "error")
_LABEL = re.compile(r"[a-z_][a-z0-9_$]{0,62}(?:\.[a-z_][a-z0-9_$]{0,62})+\Z")

Check = Callable[[str], str | None]
"""A value as it is kept, or None where it cannot be."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting: its name as it is shown, the value of a new session, what it may be set to (None: nothing), and
    whether clients are told of it unasked."""

    name: str
    default: str
    check: Check | None = None
    reported: bool = False


def only(*values: str) -> Check:
    """One honest value, by any of its spellings; kept as the first."""
    spelt = {re.sub(r"\s", "", v.lower()) for v in values}
    return lambda text: values[0] if re.sub(r"\s", "", text.lower()) in spelt else None


def switch(text: str) -> str | None:
    """On or off."""
    found = _ON.get(text.lower())
    return None if found is None else "on" if found else "off"


def _fixed_switch(value: str) -> Check:
    return lambda text: value if switch(text) == value else None


def _wait(text: str) -> str | None:
    """A length of time; 0 is none."""
    found = _TIME.match(text)
    if found is None:
        return None
    milliseconds = int(int(found[1]) * _UNITS[found[2]])
    if milliseconds > LONGEST_WAIT_MS:
        return None
    return "0" if milliseconds == 0 else f"{milliseconds}ms"


def _name(text: str) -> str | None:
    return "".join(c if c.isprintable() else "?" for c in text)[:63]


def _encoding(text: str) -> str | None:
    """UTF-8, by any spelling: the server compares letters and digits alone (src/common/encnames.c)."""
    return "UTF8" if re.sub(r"[^a-z0-9]", "", text.lower()) in ("utf8", "unicode") else None


def _digits(text: str) -> str | None:
    return text if text in ("1", "2", "3") else None


def _level(text: str) -> str | None:
    return text.lower() if text.lower() in _LEVELS else None


_ISO = only("ISO, MDY", "ISO", "MDY, ISO", "MDY")


def schemas(text: str) -> tuple[str, ...]:
    """The schemas of a search path, each once; what stands for the user's own schema, which nobody has, is left out."""
    found = (name.replace('""', '"') or plain.lower() for name, plain in _SCHEMA.findall(text))
    return tuple(dict.fromkeys(name for name in found if name and name not in ("$user", "pg_catalog")))


def _path(text: str) -> str | None:
    return text if len(schemas(text)) <= MOST_SCHEMAS and len(text) <= LONGEST_PATH else None


_COMMITTED = only("read committed", "read uncommitted")

_LIST = (
    Variable("application_name", "", _name, reported=True),
    Variable("bytea_output", "hex", only("hex")),
    Variable("client_encoding", "UTF8", _encoding, reported=True),
    Variable("client_min_messages", "notice", _level),
    Variable("DateStyle", "ISO, MDY", _ISO, reported=True),
    Variable("default_transaction_deferrable", "off", _fixed_switch("off")),
    Variable("default_transaction_isolation", "read committed", _COMMITTED),
    Variable("default_transaction_read_only", "on", _fixed_switch("on"), reported=True),
    Variable("escape_string_warning", "on", switch),
    Variable("extra_float_digits", "1", _digits),
    Variable("idle_in_transaction_session_timeout", "0", _wait),
    Variable("idle_session_timeout", "0", _wait),
    Variable("in_hot_standby", "off", reported=True),
    Variable("integer_datetimes", "on", reported=True),
    Variable("IntervalStyle", INTERVALS, only(INTERVALS), reported=True),
    Variable("is_superuser", "off", reported=True),
    Variable("jit", "off", _fixed_switch("off")),
    Variable("lc_collate", "C"),
    Variable("lc_ctype", "C"),
    Variable("lc_messages", "C", only("C")),
    Variable("lc_monetary", "C", only("C")),
    Variable("lc_numeric", "C", only("C")),
    Variable("lc_time", "C", only("C")),
    Variable("lock_timeout", "0", _wait),
    Variable("max_identifier_length", "63"),
    Variable("max_index_keys", "32"),
    Variable("row_security", "on", _fixed_switch("on")),
    Variable("search_path", "", _path, reported=True),
    Variable("server_encoding", "UTF8", reported=True),
    Variable("server_version", SERVER_VERSION, reported=True),
    Variable("server_version_num", f"{_MAJOR * 10_000 + _MINOR}"),
    Variable("session_authorization", "", reported=True),
    Variable("standard_conforming_strings", "on", _fixed_switch("on"), reported=True),
    Variable("statement_timeout", "0", _wait),
    Variable("TimeZone", "UTC", lambda text: "UTC" if text.lower() in _UTC else None, reported=True),
    Variable("transaction_deferrable", "off", _fixed_switch("off")),
    Variable("transaction_isolation", "read committed", _COMMITTED),
    Variable("transaction_read_only", "on", _fixed_switch("on")),
    Variable("usher.notices", "on", switch),
)
VARIABLES: Mapping[str, Variable] = {variable.name.lower(): variable for variable in _LIST}
"""Every setting, by its name in lower case."""
OWN = "usher."


class Variables:
    """The settings of one session. A transaction that rolls back takes its SETs back. `revision` changes whenever one
    may have."""

    def __init__(self, given: Mapping[str, str], fixed: Mapping[str, str]) -> None:
        """`given` at start-up are what RESET goes back to; `fixed` are the session's own values. Raises `Refused`."""
        self._start = {**{name: v.default for name, v in VARIABLES.items()}, **fixed}
        for name, value in given.items():
            self._start[name] = self._checked(name, value, starting=True)
        self._values = dict(self._start)
        self.revision = 0
        self._before: dict[str, str] | None = None
        self._local: dict[str, str | None] = {}

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def milliseconds(self, name: str) -> int:
        """A setting that is a length of time; 0 is none."""
        return int(self._values[name].removesuffix("ms"))

    def show(self, name: str) -> str:
        """A value, as SHOW tells it. Raises `Refused`."""
        if name not in self._values:
            raise unknown(name)
        return self._values[name]

    def all(self) -> list[tuple[str, str]]:
        """Every setting by its name, sorted."""
        shown = {VARIABLES[n].name if n in VARIABLES else n: value for n, value in self._values.items()}
        return sorted(shown.items(), key=lambda item: item[0].lower())

    def labels(self) -> dict[str, str]:
        """What the client says of itself."""
        found = {name: value for name, value in self._values.items() if name not in VARIABLES}
        if self._values["application_name"]:
            found["application_name"] = self._values["application_name"]
        return found

    def set(self, name: str, value: str | None, local: bool, block: bool) -> None:
        """SET; None is the default. Outside of a transaction block SET LOCAL does nothing. Raises `Refused`."""
        if value is None:
            kept = self._start.get(name)
            if kept is None and name not in VARIABLES:
                raise unknown(name)
            value = kept or ""
        else:
            value = self._checked(name, value)
        if local and not block:
            return
        if local:
            self._local.setdefault(name, self._values.get(name))
        else:
            self._local.pop(name, None)
        self._values[name] = value
        self.revision += 1

    def reset(self, name: str | None) -> None:
        """RESET; None resets all. Raises `Refused`."""
        self.revision += 1
        if name is None:
            self._values = dict(self._start)
            self._local.clear()
        elif name in self._start:
            self._values[name] = self._start[name]
        elif name in self._values:
            del self._values[name]
        else:
            raise unknown(name)
        if name is not None:
            self._local.pop(name, None)

    def assign(self, name: str, value: str) -> None:
        """What the session itself is, and no client can set or reset."""
        self._start[name] = self._values[name] = value
        self.revision += 1

    # ------------------------------------------------------------------------------------------------- transactions
    def begin(self) -> None:
        """A transaction begins."""
        self._before = dict(self._values)

    def end(self, kept: bool) -> None:
        """A transaction ends: what it set is kept or not, but for SET LOCAL, which never is."""
        self.revision += 1
        if not kept and self._before is not None:
            self._values = self._before
        elif kept:
            for name, value in self._local.items():
                if value is None:
                    self._values.pop(name, None)
                else:
                    self._values[name] = value
        self._before = None
        self._local.clear()

    # ------------------------------------------------------------------------------------------------------- reports
    def reported(self) -> dict[str, str]:
        """What clients are told unasked: the names as shown, and the values."""
        return {v.name: self._values[name] for name, v in VARIABLES.items() if v.reported}

    def _checked(self, name: str, value: str, starting: bool = False) -> str:
        variable = VARIABLES.get(name)
        if variable is None:
            return self._label(name, value)
        if variable.check is None:
            raise Refused("55P02", f'parameter "{variable.name}" cannot be changed')
        kept = variable.check(value)
        if kept is None and starting and name == "timezone":
            return variable.default  # drivers send their machine's zone unasked; times say their offset
        if kept is None:
            text = f'invalid value for parameter "{variable.name}"'
            raise Refused("22023", text, f"Here it is {variable.default or 'another'}; leave it so.")
        return kept

    def _label(self, name: str, value: str) -> str:
        if not _LABEL.match(name) or name.startswith(OWN):
            raise unknown(name)
        known = getattr(self, "_values", self._start)
        if name not in known and sum(n not in VARIABLES for n in known) >= MOST_LABELS:
            raise Refused("54000", f"A session has at most {MOST_LABELS} settings of its own.", "Use fewer.")
        return "".join(c if c.isprintable() else "?" for c in value)[:LONGEST_LABEL]


def unknown(name: str) -> Refused:
    """The refusal of a setting that does not exist here."""
    shown = "".join(c for c in name if c.isprintable())[:63]
    return Refused("42704", f'unrecognized configuration parameter "{shown}"')
