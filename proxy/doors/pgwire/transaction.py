"""Transactions as clients see them: idle, in one, or in one that failed.

Rule kept here: pure state. Every statement is a transaction of its own in the warehouse, and nothing can be written; so
what is kept is what clients count on: the status, that a failed transaction takes only its end, and savepoints by name.
"""

from __future__ import annotations

from proxy.doors.pgwire.refusals import Refused

IDLE, OPEN, FAILED = "I", "T", "E"
MOST_SAVEPOINTS = 100


class Transaction:
    """One connection's transaction. `implicit`: the statements of one simple query, which end together."""

    def __init__(self) -> None:
        self.status = IDLE
        self.implicit = False
        self._savepoints: list[str] = []

    @property
    def block(self) -> bool:
        """Whether what lives to the end of a transaction lives on."""
        return self.status != IDLE or self.implicit

    def admit(self) -> None:
        """Raises `Refused` where the transaction failed, and only its end is taken."""
        if self.status == FAILED:
            text = "current transaction is aborted, commands ignored until end of transaction block"
            raise Refused("25P02", text, "Send ROLLBACK.")

    def begin(self) -> str | None:
        """Begin; answers a warning where one is open already."""
        self.admit()
        if self.status == OPEN:
            return "there is already a transaction in progress"
        self.status = OPEN
        return None

    def commit(self, chain: bool) -> tuple[str, str | None]:
        """End; answers the tag (that of a rollback where it failed), and a warning where none is open."""
        tag = "ROLLBACK" if self.status == FAILED else "COMMIT"
        return tag, self._end(chain)

    def rollback(self, chain: bool) -> str | None:
        """End; answers a warning where none is open."""
        return self._end(chain)

    def _end(self, chain: bool) -> str | None:
        if self.status == IDLE:
            if chain:
                raise Refused("25P01", "AND CHAIN can only be used in transaction blocks")
            return "there is no transaction in progress"
        self._savepoints.clear()
        self.status = OPEN if chain else IDLE
        return None

    def fail(self) -> None:
        """A statement failed."""
        if self.status == OPEN:
            self.status = FAILED

    def save(self, name: str) -> None:
        """Set a savepoint. Raises `Refused`."""
        self.admit()
        self._inside("SAVEPOINT")
        if len(self._savepoints) >= MOST_SAVEPOINTS:
            raise Refused("54000", f"A transaction has at most {MOST_SAVEPOINTS} savepoints.", "Release some.")
        self._savepoints.append(name)

    def release(self, name: str) -> None:
        """Forget a savepoint, and those after it. Raises `Refused`."""
        self.admit()
        self._inside("RELEASE SAVEPOINT")
        del self._savepoints[self._at(name) :]

    def back_to(self, name: str) -> None:
        """Go on from a savepoint. Raises `Refused`."""
        self._inside("ROLLBACK TO SAVEPOINT")
        del self._savepoints[self._at(name) + 1 :]
        self.status = OPEN

    def _inside(self, what: str) -> None:
        if self.status == IDLE:
            raise Refused("25P01", f"{what} can only be used in transaction blocks", "Send BEGIN first.")

    def _at(self, name: str) -> int:
        for place in range(len(self._savepoints) - 1, -1, -1):
            if self._savepoints[place] == name:
                return place
        raise Refused("3B001", "There is no savepoint of that name.", "Set it first.")
