"""The JSON schemas of a policy folder's YAML files, for editors and for `usher policy schema`.

Rule kept here: they are made from the very models that check the files, so they cannot differ from what is taken.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from proxy.policy.datafile import DataFile
from proxy.policy.maskfile import MaskFile

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """By the file they are for: `data` (data/*.yaml) and `masks` (masks.yaml)."""
    models: dict[str, type[BaseModel]] = {"data": DataFile, "masks": MaskFile}
    return {name: {"$schema": DRAFT, **model.model_json_schema(by_alias=True)} for name, model in models.items()}
