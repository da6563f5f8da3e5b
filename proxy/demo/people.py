"""The demo's principals: four people named by their role, and the chatbot they all talk to.

Rule kept here: they are subjects of the demo's own issuer, which only the demo's settings trust.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BOT = "helpbot"


@dataclass(frozen=True, slots=True)
class Person:
    """One user of the demo: what its token says, and who that is, in words."""

    name: str
    title: str
    groups: tuple[str, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def email(self) -> str:
        """The address in the token."""
        return f"{self.name}@example.com"


PEOPLE: Mapping[str, Person] = {
    p.name: p
    for p in (
        Person("analyst", "sales analyst, Europe", ("staff", "eu-analysts"), {"region": "EU"}),
        Person("support", "support agent", ("staff", "support"), {"region": "US"}),
        Person("hr", "HR partner", ("staff", "hr"), {"region": "EU"}),
        Person("auditor", "auditor", ("staff", "auditors"), {"region": "EU"}),
    )
}
