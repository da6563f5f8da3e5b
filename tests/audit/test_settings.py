"""Settings of the log: unknown keys and kinds are refused, and every mistake says its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from proxy.audit.settings import Settings


def test_a_file_sink_is_found_by_its_kind(tmp_path: Path) -> None:
    settings = Settings.model_validate({"sinks": [{"kind": "file", "path": "audit/"}]}, context={"base": tmp_path})
    sink = settings.sinks[0]
    assert type(sink).__module__ == "proxy.audit.sinks.file"
    assert sink.model_dump()["path"] == tmp_path / "audit"
    assert settings.writer == "usher"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Field required"),
        ({"sinks": []}, "at least 1"),
        ({"sinks": [{"kind": "file", "path": "a"}, {"kind": "file", "path": "b"}]}, "at most 1"),
        ({"sinks": [{"path": "a"}]}, "there are: file"),
        ({"sinks": ["file"]}, "there are: file"),
        ({"sinks": [{"kind": "nothing"}]}, "there are: file"),
        ({"sinks": [{"kind": "../os"}]}, "there are: file"),
        ({"sinks": [{"kind": "file"}]}, "path: Field required"),
        ({"sinks": [{"kind": "file", "path": "a", "colour": 1}]}, "colour: Extra inputs"),
        ({"sinks": [{"kind": "file", "path": "a", "max_bytes": 1}]}, "max_bytes"),
        ({"sinks": [{"kind": "file", "path": "a"}], "colour": 1}, "Extra inputs"),
        ({"sinks": [{"kind": "file", "path": "a"}], "writer": "../x"}, "pattern"),
        ({"sinks": [{"kind": "file", "path": "a"}], "writer": "a\n"}, "pattern"),
        ({"sinks": [{"kind": "file", "path": "a"}], "sync_interval_s": 2}, "less than or equal to 1"),
    ],
)
def test_mistakes_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate(given)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = Settings.model_validate({"sinks": [{"kind": "file", "path": "a"}]})
    with pytest.raises(ValidationError):
        settings.writer = "other"  # type: ignore[misc]
