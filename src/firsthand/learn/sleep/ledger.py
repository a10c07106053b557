"""The lesson ledger: each lesson's effect in the prompt, its effect in the weights, and its price.

What decides is the family (`families.py`): of a hundred worked examples too few plays tell about
each. A lesson's own line says what little is known of it (`single.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from firsthand.errors import UserError
from firsthand.evaluate.wording import number
from firsthand.learn.sleep.families import Family
from firsthand.learn.sleep.remask import Effect, Measured, Share
from firsthand.learn.sleep.single import Single
from firsthand.playbook import Credit, replace_file
from firsthand.task import fingerprint

FILE = "ledger.json"

Fate = Literal["retired", "kept", "revoked"]
"""`retired`: its remaining effect is about 0 or below, so it left the prompt; `kept`: it is not, or
that is not shown; `revoked`: a person withdrew it, and the weights were made anew without it."""


class Line(msgspec.Struct, frozen=True):
    """One lesson of a family."""

    id: str
    says: str
    credit: Credit | None = None
    """What was known of it when it was learned."""
    own: Single | None = None
    """Its effects and its price; None: the family's are all that is known."""


class Gone(msgspec.Struct, frozen=True):
    """What became of a revoked family, on the tasks that it speaks to.

    `followed`: share of the tasks on which the agent does what the lessons say; `score`: its mean
    score. Each of bare weights, of bare weights with the remaining lessons in the prompt, of the
    adapter before and of the one after, these three without a lesson in the prompt.
    """

    followed: tuple[float, float, float, float]
    score: tuple[float, float, float, float]
    before: Effect
    """How much more often it was followed with the old adapter than by what remains."""
    after: Effect
    """The same with the new adapter. What remains may say the same: that is no effect of it."""
    n: int

    @property
    def is_gone(self) -> bool:
        """Whether it is shown to be followed hardly more often than without it.

        One-sided: that it is followed less is no remaining effect.
        """
        return self.after.high <= MOST_LEFT


MOST_LEFT = 0.2
"""How much more often than without it, by the upper end of the interval, counts as gone. With 80
tasks the interval is .1 to .15 wide to each side, because other weights decide tasks anew."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One family in the ledger."""

    id: str
    """Names the family, e.g. for --revoke; a hash of the ids of its lessons."""
    name: str
    """What its lessons do."""
    fate: Fate
    lessons: tuple[Line, ...]
    prompt: Effect | None = None
    """Effect of showing it, bare weights."""
    left: Effect | None = None
    """Effect of showing it that remains with the adapter."""
    weights: Effect | None = None
    """What the weights have taken over: the difference of both."""
    tokens: tuple[float, float] = (0.0, 0.0)
    """Price in the prompt, in tokens an episode, before and after sleep."""
    own: tuple[Share, Share, Share, Share] | None = None
    """Score on the tasks that it speaks to: bare weights without it, with it; adapter without it,
    with it."""
    gone: Gone | None = None
    """For a revoked family: that its effect is gone."""


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What one sleep did to every lesson."""

    source: int
    """The version of the playbook that went to sleep."""
    version: int
    """The version that it became."""
    adapter: str
    margin: float
    entries: tuple[Entry, ...]

    def of(self, fate: Fate) -> list[Entry]:
        """Return the families with one fate."""
        return [entry for entry in self.entries if entry.fate == fate]


def family_id(family: Family) -> str:
    """Name a family by its lessons."""
    return fingerprint(" ".join(sorted(family.ids)), length=8)


def entry(
    family: Family,
    found: Measured | None,
    *,
    margin: float,
    single: Mapping[str, Single] | None = None,
) -> Entry:
    """Write down one family that was measured again; None: there was nothing to measure on.

    `single` tells about its lessons by their ids.
    """
    lines = tuple(
        Line(
            lesson.id,
            lesson.text or f"{lesson.observation} => {lesson.action}",
            lesson.credit,
            (single or {}).get(lesson.id),
        )
        for lesson in family.lessons
    )
    if found is None:
        return Entry(id=family_id(family), name=family.name, fate="kept", lessons=lines)
    retired = found.left.n > 0 and found.left.is_at_most(margin)
    price = max(found.tokens.mean, 0.0)
    return Entry(
        id=family_id(family),
        name=family.name,
        fate="retired" if retired else "kept",
        lessons=lines,
        prompt=found.prompt,
        left=found.left,
        weights=found.weights,
        tokens=(round(price, 2), 0.0 if retired else round(price, 2)),
        own=found.own,
    )


def save(ledger: Ledger, path: Path) -> None:
    """Write a ledger as a whole."""
    replace_file(path, msgspec.json.format(msgspec.json.encode(ledger), indent=1))


def load(path: Path) -> Ledger:
    """Read a ledger. Raises `UserError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Ledger)
    except FileNotFoundError:
        raise UserError(
            f"There is no ledger at {path}: `firsthand sleep RUN` writes one."
        ) from None
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise UserError(f"The ledger {path} cannot be read: {error}") from None


def named(ledger: Ledger, ids: Iterable[str]) -> frozenset[str]:
    """Return the ids of lessons that are meant by ids of lessons or of families.

    Raises `UserError` for one that is neither.
    """
    families = {entry.id: [line.id for line in entry.lessons] for entry in ledger.entries}
    known = {line.id for entry in ledger.entries for line in entry.lessons}
    found: set[str] = set()
    for id in ids:
        if id not in families and id not in known:
            raise UserError(
                f"The ledger has no lesson or family {id}. `firsthand sleep RUN --ledger` shows "
                f"the families: {', '.join(families)}."
            )
        found.update(families.get(id, [id]))
    return frozenset(found)


COLUMNS = (
    "family",
    "in the prompt",
    "left, adapter on",
    "in the weights",
    "tokens",
    "its tasks: bare, shown, adapter, both",
    "fate",
)


def rows(ledger: Ledger) -> list[tuple[str, ...]]:
    """Return the cells of the table, family by family, in up to two lines; columns: `COLUMNS`."""
    return [
        (
            f"{entry.name}\n{entry.id}, {len(entry.lessons)} lessons",
            told(entry.prompt),
            told(entry.left),
            told(entry.weights),
            f"{entry.tokens[0]:.1f}\n-> {entry.tokens[1]:.1f}",
            _own(entry.own),
            _fate(entry),
        )
        for entry in ledger.entries
    ]


def told(effect: Effect | None) -> str:
    """Write an effect with its interval."""
    if effect is None:
        return "not measured"
    mean, low, high = (
        number(value, signed=True) for value in (effect.mean, effect.low, effect.high)
    )
    return f"{mean}\n[{low}, {high}]"


def _own(own: Sequence[Share] | None) -> str:
    if own is None:
        return ""
    off, on = own[0].n, own[2].n
    n = f"{off}" if off == on else f"{off}, adapter on {on}"
    return f"{' '.join(number(share.mean) for share in own)}\nn = {n}"


def _fate(entry: Entry) -> str:
    if entry.gone is None:
        return entry.fate
    _, rest, before, after = (number(value) for value in entry.gone.followed)
    state = "its effect is gone" if entry.gone.is_gone else "its effect is not shown to be gone"
    return f"{entry.fate}, {state}: followed {rest} without it, {before} before, {after} after"
