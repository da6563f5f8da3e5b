"""Unexpected errors in program logs: where, never what."""

from __future__ import annotations

from proxy.traces import shape_of


def failing() -> None:
    raise ValueError("could not convert 'secret-4711'")


def chained() -> None:
    try:
        failing()
    except ValueError as error:
        raise KeyError("secret-4712") from error


def caught(function) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("it raises")


def test_class_and_place_are_told_and_the_message_is_not() -> None:
    told = shape_of(caught(failing))
    assert told.startswith("ValueError at ")
    assert "test_traces.py:9 in failing" in told
    assert "4711" not in told


def test_causes_are_told() -> None:
    told = shape_of(caught(chained))
    assert told.index("KeyError") < told.index("ValueError")
    assert "471" not in told


def test_groups_are_told_part_by_part() -> None:
    told = shape_of(ExceptionGroup("secret-4711", [caught(failing), KeyError("secret-4712")]))
    assert "of ValueError at" in told
    assert "of KeyError at an unknown place" in told
    assert "471" not in told


def test_errors_that_cause_each_other_end() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    assert shape_of(one).count("ValueError") == 1
