"""The error tree is what its docstring draws, travels between processes whole, and is safe to show."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from proxy import errors
from proxy.errors import ConfigError, GatewayError
from proxy.values import Reason, ReasonCode, Span

DRAWN = re.compile(
    r"^    (?P<indent> *)(?P<name>[A-Z]\w+) +(?P<code>[a-z-]+) +(?P<http>\d{3}) +(?P<state>\w{5})$", re.M
)
SQLSTATE = re.compile(r"[0-9A-Z]{5}\Z")


def gateway_errors() -> list[type[GatewayError]]:
    return [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, GatewayError)]


def leaves() -> list[type[GatewayError]]:
    return [c for c in gateway_errors() if c is not GatewayError]


def test_docstring_draws_exactly_the_classes_that_exist() -> None:
    drawn = {m["name"]: (m["code"], int(m["http"]), m["state"]) for m in DRAWN.finditer(errors.__doc__ or "")}
    real = {c.__name__: (c.code, c.http_status, c.default_sqlstate) for c in leaves()}
    assert drawn == real


def test_docstring_draws_the_inheritance() -> None:
    drawn = {m["name"]: len(m["indent"]) // 2 for m in DRAWN.finditer(errors.__doc__ or "")}
    real = {c.__name__: c.__mro__.index(GatewayError) for c in leaves()}
    assert drawn == real


def test_config_error_is_no_gateway_error() -> None:
    assert "ConfigError                     start-up only" in (errors.__doc__ or "")
    assert not issubclass(ConfigError, GatewayError)


def test_codes_are_unique() -> None:
    codes = [c.code for c in gateway_errors()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("cls", gateway_errors())
def test_class_says_what_it_is_in_every_language(cls: type[GatewayError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cls.code)
    assert cls.title
    assert cls.title[0].isupper()
    assert not cls.title.endswith(".")
    assert 400 <= cls.http_status <= 599
    assert SQLSTATE.match(cls.default_sqlstate)
    assert inspect.getdoc(cls)


@pytest.mark.parametrize("cls", gateway_errors())
def test_own_class_attributes_are_set_on_each_class(cls: type[GatewayError]) -> None:
    assert {"code", "title", "http_status", "default_sqlstate"} <= set(vars(cls)), "inherited by accident"


@pytest.mark.parametrize("cls", gateway_errors())
def test_pickling_keeps_everything(cls: type[GatewayError]) -> None:
    reason = Reason(ReasonCode.FUNCTION, "pg_sleep")
    error = cls("Leave it out.", reason, ReasonCode.CONSTRUCT, span=Span(3, 9), sqlstate="22012")
    error.decision_id = "0190-id"
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is cls
    assert back.detail == "Leave it out."
    assert str(back) == "Leave it out."
    assert back.reasons == (reason, Reason(ReasonCode.CONSTRUCT))
    assert back.span == Span(3, 9)
    assert back.sqlstate == "22012"
    assert back.decision_id == "0190-id"


@pytest.mark.parametrize("cls", gateway_errors())
def test_str_is_the_detail_alone(cls: type[GatewayError]) -> None:
    cause = ValueError("secret of the engine")
    with pytest.raises(cls) as caught:
        raise cls("Ask for less.", ReasonCode.MAX_ROWS) from cause
    assert str(caught.value) == caught.value.detail == "Ask for less."
    assert "secret" not in repr(caught.value)


def test_sqlstate_defaults_to_the_class_and_may_be_narrowed() -> None:
    assert errors.QueryFailed("x").sqlstate == "42000"
    assert errors.QueryFailed("x", sqlstate="22012").sqlstate == "22012"


def test_bare_reason_code_becomes_a_reason() -> None:
    assert errors.Denied("x", ReasonCode.NO_GRANT).reasons == (Reason(ReasonCode.NO_GRANT, ""),)


def test_config_error_shows_every_problem() -> None:
    error = ConfigError(["a.yaml:1: first", "b.yaml:2: second"])
    assert error.problems == ("a.yaml:1: first", "b.yaml:2: second")
    assert str(error) == "a.yaml:1: first\nb.yaml:2: second"


def test_config_error_travels_between_processes() -> None:
    error = ConfigError(["a.yaml:1: first", "b.yaml:2: second"])
    back = pickle.loads(pickle.dumps(error))
    assert (back.problems, str(back)) == (error.problems, str(error))
