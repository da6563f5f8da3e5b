"""A secret never stands in a settings file nor shows in a repr; a relative path is relative to the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from proxy.references import RelativePath, Secret


class Model(BaseModel):
    key: Secret
    folder: RelativePath = Path("data")


def resolve(reference: str) -> str:
    return {"env:KEY": "s3cret", "file:/run/key": "from-file"}[reference]


CONTEXT = {"resolve": resolve, "base": Path("/etc/usher")}


@pytest.mark.parametrize(("reference", "value"), [("env:KEY", "s3cret"), ("file:/run/key", "from-file")])
def test_reference_is_resolved(reference: str, value: str) -> None:
    assert Model.model_validate({"key": reference}, context=CONTEXT).key.get_secret_value() == value


@pytest.mark.parametrize("plain", ["s3cret", "ENV:KEY", " env:KEY", "", 5, None, ["env:KEY"]])
def test_plain_secret_in_a_file_is_refused_without_being_shown(plain: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Model.model_validate({"key": plain}, context=CONTEXT)
    messages = [e["msg"] for e in caught.value.errors(include_input=False)]
    assert messages == ["Value error, must be a reference, env:NAME or file:PATH, never the secret itself"]
    assert "s3cret" not in str(messages)


def test_secret_never_shows() -> None:
    model = Model.model_validate({"key": "env:KEY"}, context=CONTEXT)
    for shown in (repr(model), str(model), model.model_dump_json()):
        assert "s3cret" not in shown


def test_without_context_a_plain_value_is_taken() -> None:
    assert Model(key=SecretStr("x")).key.get_secret_value() == "x"
    assert Model.model_validate({"key": "x"}).key.get_secret_value() == "x"


def test_resolved_secret_passes_a_second_validation() -> None:
    model = Model.model_validate({"key": SecretStr("x")}, context=CONTEXT)
    assert model.key.get_secret_value() == "x"


def test_default_and_relative_paths_start_at_the_file() -> None:
    given = Model.model_validate({"key": "env:KEY", "folder": "a/b"}, context=CONTEXT)
    assert given.folder == Path("/etc/usher/a/b")


def test_absolute_path_stays() -> None:
    given = Model.model_validate({"key": "env:KEY", "folder": "/srv/x"}, context=CONTEXT)
    assert given.folder == Path("/srv/x")


def test_without_base_a_path_stays_as_written() -> None:
    assert Model.model_validate({"key": "x", "folder": "a"}).folder == Path("a")
