"""An OpenEnv server as one of our environments: `adopt("http://127.0.0.1:8000", ...)`, or by name
`openenv:http://127.0.0.1:8000?solved_at=1&turns=20`.

OpenEnv tells the form of an action and no more. When an episode counts as solved (`solved_at`), how
many turns it has (`turns`), and which form an action has where several would do (`action`) must be
told; what is not told is refused, with the argument's name. Two things are measured at adoption:
one seed begins alike twice, and seeds begin differently, since tasks and splits rest on both.

A fork is a replay: the world is on the server, so a restored one is reset with the same seed and
takes the same actions again, and fails if it then shows something else. What cannot be known from
outside is warned of once, with `PartialContract`, and kept in the class's `unknown`.
"""

import json
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple, cast

import msgspec

from firsthand.bridges.adopted import adopted
from firsthand.bridges.openenv_wire import Connection, Facts, Server, ServerFailed, Told, facts
from firsthand.bridges.partial_contract import PartialContract
from firsthand.bridges.stepping import waited
from firsthand.environment import Action, Environment, Observation, Score
from firsthand.errors import InvalidTask, UserError
from firsthand.registry import register
from firsthand.task import Task

TRIES = 200
"""Instances that are drawn until one belongs to the task's split; half, a quarter, a quarter do."""

PROBES = range(8)
"""Seeds that adoption resets: the first one twice, the others until one begins differently."""

JSON = "json"
"""The form of an action that is written as one JSON object."""

Describe = Callable[[dict[str, Any]], str]
"""From an observation as the server tells it to the text that is shown."""

Moves = Callable[["Played"], Iterator[Any]]
"""From the environment, whose `seen` is what the server told last, to the actions of somebody who
plays it well: texts, or objects where an action is JSON.
"""


class Form(NamedTuple):
    """How a text becomes an action: the field that takes it, or none where it is JSON."""

    field: str
    schema: dict[str, Any]

    def read(self, text: str) -> dict[str, Any] | None:
        """Return the data of a step; None: the text is no JSON object."""
        if self.field:
            return {self.field: text}
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return cast("dict[str, Any]", data) if isinstance(data, dict) else None


class Played(Environment):
    """An environment behind an OpenEnv server, one action a turn; made by `adopt`."""

    server: ClassVar[Server]
    form: ClassVar[Form]
    solved_at: ClassVar[float]
    """The least sum of rewards of an episode that counts as solved."""
    describe: ClassVar[Describe]
    well: ClassVar[Moves | None] = None
    unknown: ClassVar[tuple[str, ...]] = ()
    """What of our contract is not promised, as it was told at adoption."""

    def __init__(self) -> None:
        self.connection = Connection(self.server)
        self.seed, self.taken = 0, cast("list[dict[str, Any]]", [])
        self.seen: dict[str, Any] = {}
        self.returned, self.over, self.behind, self.finished = 0.0, False, False, False

    async def reset(self, task: Task) -> Observation:
        """Draw seeds until the instance belongs to the task's split."""
        rng = task.rng("instance")
        for _ in range(TRIES):
            seed = rng.randrange(2**31)
            if self.server.split_by == "seed" and not task.owns(str(seed)):
                continue
            told = await self.connection.begin(seed)
            text = type(self).describe(told.observation)
            if self.server.split_by == "seed" or task.owns(text):
                self.seed, self.taken, self.seen = seed, [], told.observation
                self.returned, self.over, self.behind = 0.0, False, False
                return Observation(text)
        raise InvalidTask(
            f"{self.server.url} began alike, or outside split {task.split}, in {TRIES} draws: it "
            "has too few instances for splits that share none."
        )

    async def act(self, action: Action) -> Observation:
        """Take one step. An action that the server does not accept changes nothing."""
        if self.over:
            return Observation("The episode is over.", done=True)
        data = self.form.read(action.text)
        if data is None:
            return Observation(f"This is no action: write one JSON object, {_keys(self.form)}.")
        if self.behind:
            await self._catch_up()
        try:
            told = await self.connection.step(data)
        except ServerFailed as failed:
            if failed.code != "VALIDATION_ERROR":
                raise
            return Observation(f"This action was not taken: {failed}")
        self.taken.append(data)
        self.seen, self.over = told.observation, told.done
        self.returned += told.reward or 0.0
        if told.done:
            self.finish()
            await self.connection.close()  # a server may have one place only
        return Observation(_shown(type(self).describe, told), done=told.done)

    def score(self) -> Score:
        """Whether the episode has ended, and with a return that counts as solved."""
        return Score(ended=self.over, solved=self.over and self.returned >= self.solved_at)

    def expert(self) -> Iterator[Action]:
        """Play as `expert=` does. Raises `UserError` where there is none."""
        if type(self).well is None:
            raise UserError(
                f"{self.server.url} has no known expert: adopt it with expert=FUNCTION."
            )
        for move in cast("Moves", type(self).well)(self):
            yield Action(move if isinstance(move, str) else json.dumps(move))

    def snapshot(self) -> Any:
        """Return what a replay needs: the seed, the actions, and what has come of them."""
        state = {name: value for name, value in vars(self).items() if name != "connection"}
        return {**state, "taken": list(self.taken)}

    def restore(self, state: Any) -> None:
        """Go to a state that `snapshot` returned; the server follows with the next action."""
        vars(self).update({**state, "taken": list(state["taken"]), "behind": True})

    async def close(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Hang up."""
        await self.connection.close()

    async def _catch_up(self) -> None:
        """Take the same actions again. Raises `ServerFailed` when they lead elsewhere."""
        told = await self.connection.begin(self.seed)
        for data in self.taken:
            told = await self.connection.step(data)
        if type(self).describe(told.observation) != type(self).describe(self.seen):
            raise ServerFailed(
                f"{self.server.url} cannot be forked: the same seed and the same "
                f"{len(self.taken)} actions led elsewhere."
            )
        self.behind = False


def adopt(
    server: str | Server,
    *,
    name: str | None = None,
    solved_at: float | None = None,
    turns: int | None = None,
    action: str | None = None,
    describe: Describe | None = None,
    expert: Moves | None = None,
) -> type[Played]:
    """Register the environment behind a server as one of this process, and return its class.

    It is named `openenv/...` after the server's own name unless `name` says otherwise. `action` is
    the field of an action that takes the player's text, or "json". Raises `UserError` for a server
    that is not there, is none of OpenEnv, or does not honour seeds, and for what has to be told.
    """
    found = Server(server) if isinstance(server, str) else server
    found = msgspec.structs.replace(found, url=found.url.rstrip("/"))
    if not found.url.startswith(("http://", "https://")):
        raise UserError(f"An OpenEnv server has an address like http://HOST:PORT, got {found.url}.")
    if found.split_by not in ("observation", "seed"):
        raise UserError(f"split_by is 'observation' or 'seed', got {found.split_by!r}.")
    told = waited(facts(found))
    if solved_at is None:
        raise UserError(
            f"{found.url} does not say when it is solved: adopt it with solved_at=RETURN, the "
            "least sum of rewards of an episode that counts, or name it "
            f"openenv:{found.url}?solved_at=RETURN&turns=NUMBER."
        )
    if turns is None:
        raise UserError(
            f"{found.url} does not say how long it is: adopt it with turns=NUMBER, or add "
            "turns=NUMBER to its name."
        )
    form = _form(told, action, found.url)
    waited(_probe(found, describe or _plain))
    slug = re.sub(r"[^a-z0-9]+", "_", told.name.lower()).strip("_")
    if not (name or slug):
        raise UserError(f"{found.url} does not say its name: adopt it with name='openenv/NAME'.")
    name = name or f"openenv/{slug}"
    unknown = _unknown(found, expert)
    family = name.partition("/")[2]
    made = adopted(
        Played,
        family,
        f"{told.name or family} of an OpenEnv server.",
        name=name,
        version=re.sub(r"[^\w.]+", "_", told.version),
        levels=range(1, 2),
        turns=turns,
        server=found,
        form=form,
        solved_at=float(solved_at),
        describe=staticmethod(describe or _plain),
        well=staticmethod(expert) if expert else None,
        unknown=unknown,
        statement=_statement(told, form),
    )
    warnings.warn(f"{found.url}: {' '.join(unknown)}", PartialContract, stacklevel=2)
    return cast("type[Played]", register(made))


def by_name(
    url: str,
    *,
    name: str,
    solved_at: float | None = None,
    turns: int | None = None,
    action: str | None = None,
    split_by: str = "observation",
) -> type[Played]:
    """Return what `openenv:URL?solved_at=...&turns=...` names, as far as a text can tell."""
    server = Server(url, split_by=split_by)
    return adopt(server, name=name, solved_at=solved_at, turns=turns, action=action)


def _form(told: Facts, wanted: str | None, url: str) -> Form:
    """Return how actions are written. Raises `UserError` where the schema allows several ways."""
    fields: dict[str, Any] = {
        key: value for key, value in told.action.get("properties", {}).items() if key != "metadata"
    }
    texts = [key for key, value in fields.items() if value.get("type") == "string"]
    needed = [key for key in told.action.get("required", ()) if key in fields]
    if wanted is None and len(fields) == len(texts) == 1:
        wanted = texts[0]
    if wanted is None and fields and (not texts or len(needed) > 1):
        wanted = JSON
    if wanted is not None and wanted in (JSON, *texts):
        if wanted != JSON and (others := [key for key in needed if key != wanted]):
            also = ", ".join(others)
            raise UserError(f"An action of {url} also needs {also}: adopt it with action={JSON!r}.")
        return Form("" if wanted == JSON else wanted, {**told.action, "properties": fields})
    ways = " or ".join(f"action={way!r}" for way in (*texts, JSON))
    got = "" if wanted is None else f", got {wanted!r}"
    raise UserError(
        f"An action of {url} has {', '.join(fields) or 'no fields that its schema tells'}: adopt "
        f"it with {ways}, or add action=... to its name: a field that takes the player's text, or "
        f"the whole as JSON{got}."
    )


async def _probe(server: Server, describe: Describe) -> None:
    """Refuse a server on which no task can be rebuilt. Raises `UserError`, `ServerFailed`."""
    connection = Connection(server)
    try:
        first, again = [describe((await connection.begin(0)).observation) for _ in range(2)]
        if first != again:
            raise UserError(
                f"{server.url} does not honour seeds: seed 0 began in two ways, so no task could "
                "be rebuilt. Where they differ in a clock or an id, leave it out: "
                "describe=FUNCTION(observation).\n"
                f"First: {first[:200]}\nThen:  {again[:200]}"
            )
        if server.split_by == "seed":
            return
        for seed in PROBES[1:]:
            if describe((await connection.begin(seed)).observation) != first:
                return
    except ServerFailed as failed:
        raise UserError(f"No episode could be begun. {failed}") from None
    finally:
        await connection.close()
    raise UserError(
        f"{server.url} begins alike with {len(PROBES)} seeds: either it ignores them, or they "
        "decide what is hidden at first. In the second case adopt "
        "Server(url, split_by='seed'), or add split_by=seed to its name; its splits share no seed."
    )


def _unknown(server: Server, expert: Moves | None) -> tuple[str, ...]:
    """Say what of our contract is not promised."""
    found = [
        "Seeds were compared by how episodes begin, not by how they go on.",
        "A fork is a replay from the seed, and fails where that leads elsewhere.",
    ]
    if server.split_by == "seed":
        found.append("Splits share no seed, but may share an instance.")
    if expert is None:
        found.append("It has no expert, so nobody has shown that it can be solved.")
    return tuple(found)


def _statement(told: Facts, form: Form) -> str:
    name = told.name or "an environment"
    if form.field:
        return f"You act in {name}, one action a turn. Your whole message is the action."
    schema = {key: form.schema[key] for key in ("properties", "required") if key in form.schema}
    return f"You act in {name}, one JSON object a turn. Its schema: {json.dumps(schema)}"


def _keys(form: Form) -> str:
    return f"with {', '.join(form.schema['properties']) or 'the fields that the server wants'}"


def _shown(describe: Describe, told: Told) -> str:
    text = describe(told.observation)
    return text if told.reward is None else f"{text}\nReward: {told.reward:g}"


def _plain(seen: dict[str, Any]) -> str:
    """Show an observation that is one text as it is, any other as JSON."""
    (only,) = seen.values() if len(seen) == 1 else (None,)
    return only if isinstance(only, str) else json.dumps(seen, ensure_ascii=False)
