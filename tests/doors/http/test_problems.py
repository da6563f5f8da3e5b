"""Problem documents: members, header fields, and what they do not quote."""

from __future__ import annotations

import orjson
import pytest

from proxy.doors.http.models import ProblemModel
from proxy.doors.http.problems import HttpCode, HttpRefusal, invalid, problem_of
from proxy.errors import GatewayError, InvalidSql, LimitExceeded, QueryFailed, Unauthenticated, WarehouseUnavailable
from proxy.values import Reason, ReasonCode, Span


def tree(kind: type[GatewayError]) -> list[type[GatewayError]]:
    return [kind, *(k for sub in kind.__subclasses__() for k in tree(sub))]


@pytest.mark.parametrize("kind", tree(GatewayError), ids=lambda k: k.code)
def test_every_error_becomes_a_document_of_the_documented_form(kind: type[GatewayError]) -> None:
    error = kind("Do this.", ReasonCode.CONSTRUCT, span=Span(1, 2))
    error.decision_id = "d1"
    response = problem_of(error).response()
    problem = ProblemModel.model_validate_json(bytes(response.body), strict=True)
    assert (response.status_code, problem.status) == (kind.http_status, kind.http_status)
    assert response.media_type == "application/problem+json"
    assert response.headers["usher-decision-id"] == problem.decision_id == "d1"
    assert problem.span is not None


def test_codes_are_of_one_list() -> None:
    codes = [k.code for k in tree(GatewayError)] + [c.value[0] for c in HttpCode]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("code", list(HttpCode), ids=lambda c: c.value[0])
def test_refusals_of_requests_are_4xx(code: HttpCode) -> None:
    problem = HttpRefusal(code, "Do this.").problem
    assert 400 <= problem.status < 500
    assert orjson.loads(bytes(problem.response().body))["decision_id"] is None
    assert "usher-decision-id" not in problem.response().headers


def test_ordinary_refusals_are_4xx() -> None:
    outages = {"internal", "unavailable", "timeout", "scan", "audit"}
    assert {k.code for k in tree(GatewayError) if k.http_status >= 500} == outages


@pytest.mark.parametrize("kind", [LimitExceeded, WarehouseUnavailable])
def test_what_passes_says_when_to_try_again(kind: type[GatewayError]) -> None:
    assert problem_of(kind("x")).headers["Retry-After"] == "1"


def test_others_do_not_say_when_to_try_again() -> None:
    assert problem_of(QueryFailed("x")).headers == {}


def test_challenge_says_whether_a_token_was_wrong_or_missing() -> None:
    missing, wrong = (problem_of(Unauthenticated("x"), token_given=given) for given in (False, True))
    assert missing.headers["WWW-Authenticate"] == 'Bearer realm="usher"'
    assert wrong.headers["WWW-Authenticate"] == 'Bearer realm="usher", error="invalid_token"'


def test_place_is_left_out_where_it_is_not_known() -> None:
    assert "span" not in problem_of(InvalidSql("x")).document()
    assert problem_of(InvalidSql("x", span=Span(3, 5))).document()["span"] == {"start": 3, "end": 5}


def test_reasons_keep_what_they_are_about() -> None:
    document = problem_of(InvalidSql("x", Reason(ReasonCode.FUNCTION, "pg_sleep"))).document()
    assert document["reasons"] == [{"code": "function", "about": "pg_sleep"}]


def test_mistakes_are_told_all_at_once_and_without_the_input() -> None:
    mistakes = [
        {"loc": ("query", "limit"), "msg": "too small", "input": "4711"},
        {"loc": (), "msg": "not an object", "input": "4711"},
    ]
    detail = invalid(mistakes).problem.detail
    assert detail.startswith("query.limit: too small; body: not an object.")
    assert "4711" not in detail
