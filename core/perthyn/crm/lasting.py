"""Lasting: what was worked out from the store by a rule, and is put right, not worked out anew, after a write."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from perthyn.crm.desk import Desk
from perthyn.crm.written import Mark, Written, mark_of, written_since
from perthyn.rules import Closed

Answer = TypeVar("Answer")


class Lasting(Desk):
    """What `Crm` remembers beyond the next write."""

    def _lasts(
        self,
        name: str,
        rule: Closed,
        make: Callable[[], Answer],
        put_right: Callable[[Answer, Written], Answer | None],
        most: int,
    ) -> Answer:
        """What `make` answers of a closed rule, under a name; at most so many are held, those asked for last.

        When something was written since, `put_right` is given what was held and what was written; where that can't be
        told, and where it answers None, `make` is asked again.
        """
        with self.one_picture():
            here = self.kept("mark", lambda: mark_of(self.store, self.store.position()))
            mark, answer = self.answers.held(name, rule) or (here, None)
            if answer is None or mark != here:
                written = None if answer is None else self._written(mark)
                answer = None if answer is None or written is None else put_right(answer, written)
                answer = make() if answer is None else answer
                if self.store.position() != here.number:  # of no one moment: the database has no pictures
                    return answer
            self.answers.keep(name, rule, here, answer, most)
            return answer

    def _written(self, mark: Mark) -> Written | None:
        return self.kept(f"written since {mark}", lambda: written_since(self.store, mark, self.store.position()))
