"""The labelled messages of ``tests/data/bounces``, and how many of each are judged as what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from perthyn_email.bounces import Judgement, judged
from perthyn_email.reading import parsed

DATA = Path(__file__).parents[2] / "data" / "bounces"
TOKEN = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"
SORTS = ("hard", "soft", "unsaid", "auto", "reply", "complaint", "unsubscribe", "other")


@dataclass(frozen=True)
class Labelled:
    name: str
    label: str
    raw: bytes

    @property
    def judgement(self) -> Judgement:
        return judged(parsed(self.raw))


def of_flufl() -> Iterator[Labelled]:
    for line in (DATA / "flufl.tsv").read_text(encoding="utf-8").splitlines():
        label, name = line.split("\t")
        yield Labelled(name, label, (DATA / "flufl" / name).read_bytes())


def ours() -> Iterator[Labelled]:
    for piece in (DATA / "ours.txt").read_text(encoding="utf-8").split("=== ")[1:]:
        head, _, raw = piece.partition("\n")
        label, name = head.split()
        yield Labelled(name, label, raw.replace("{TOKEN}", TOKEN).encode())


def diagnostics(file: str = "diagnostics.txt") -> Iterator[tuple[str, str]]:
    for line in (DATA / file).read_text(encoding="utf-8").splitlines():
        label, _, said = line.partition(" ")
        yield label, said


def all_of_them() -> list[Labelled]:
    return [*of_flufl(), *ours()]


def counted(messages: list[Labelled]) -> Counter[tuple[str, str]]:
    """(label, judged as) -> how many."""
    return Counter((one.label, one.judgement.kind) for one in messages)


def table(counts: Counter[tuple[str, str]]) -> str:
    """The confusion table: a line for each label, a column for what it was judged."""
    columns = [one for one in SORTS if one != "unsaid"]
    lines = [f"{'label':12}" + "".join(f"{one:>12}" for one in columns)]
    for label in SORTS:
        lines.append(f"{label:12}" + "".join(f"{counts[label, one] or '.':>12}" for one in columns))
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(counted(all_of_them())))
