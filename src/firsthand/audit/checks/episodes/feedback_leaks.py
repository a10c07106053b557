"""What the agent is told before success must not carry the answer.

A parrot makes a mistake, reads the reply, and says back what is new in it. Finding something out by
an action that is there for that is the task; being told the answer by an error, or by a wrong
answer after which one may answer again, is a leak. Twins, which look the same and are solved
differently, tell which replies to nonsense depend on what is hidden: that is told as a minor
finding, for a world may show more of itself whatever one does.
"""

import re
from collections import Counter, defaultdict

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.wrong_slots import told_by_wrong_slots
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import SLOT, arguments, fill, kind
from firsthand.audit.targets.protocol import Instance, Play, Trace
from firsthand.audit.thresholds import FULL

TOKEN = re.compile(r"-?\d+(?:\.\d+)?|[A-Za-z_][\w-]*")
SECRET = r"(?:debug|secret|answer|solution|target|expected|gold|hidden|seed|key|internal)\w*"
Told = tuple[Instance, str, str, list[str]]
"""An instance, a mistake, its reply, and what a parrot would say then."""
ERRORS = ("zebra quartz", "", "?", "-1", "help")


def mistakes(run: CheckRun, instance: Instance) -> list[str]:
    """Return actions that are invalid or wrong here.

    Junk, and the right kind of step with another value.
    """
    found = list(ERRORS)
    for template in run.session.facts.grammar:
        if SLOT.search(template):
            found += [fill(template, value) for value in ("zebra", "-1", "0", "1", "999999")]
    own, ways = set(instance.oracle), {kind(action) for action in instance.oracle[-1:]}
    others = [
        action
        for i in run.session.usable[:20]
        for action in i.oracle[-1:]
        if action not in own and kind(action) in ways
    ]
    return list(dict.fromkeys([*found, *others[:3]]))


@check(
    "feedback_leaks",
    class_="taint",
    kinds=("episode",),
    claim="What is told before success does not carry the answer.",
)
def feedback_leaks(run: CheckRun) -> str | None:
    """Make a mistake, then say back each new token, as an action and in every template."""
    chosen = run.session.some(16 if run.session.options.budget != "quick" else 8)[:16]
    if len({i.oracle for i in chosen}) < 2:
        return "all instances have the same plan"
    _at_once(run, chosen)
    _twins(run)
    _follow(run, chosen[:8])
    if told_by_wrong_slots(run, chosen):
        return None
    told: list[Told] = []
    recited: list[tuple[Instance, str, tuple[str, ...]]] = []
    first = [(i, wrong) for i in chosen for wrong in mistakes(run, i)]
    traces = run.play(Play(i.seed, (wrong,)) for i, wrong in first)
    everywhere = _said_everywhere(first, traces)
    for (instance, wrong), trace in zip(first, traces, strict=True):
        if (
            trace.done
            or trace.value is None
            or len(trace.observations) < 2
            or run.session.value(instance.seed, trace) >= FULL
        ):
            continue
        known = (
            set(TOKEN.findall(instance.prompt))
            | set(TOKEN.findall(wrong))
            | everywhere.get(wrong, set())
        )
        tokens = list(
            dict.fromkeys(
                token for token in TOKEN.findall(trace.observations[1]) if token not in known
            )
        )
        actions = _said(run, instance, trace.observations[1], tokens)
        told.append((instance, wrong, trace.observations[1], actions))
        if plan := _lines(trace.observations[1]):
            recited.append((instance, wrong, plan))
    if _recite(run, recited, chosen):
        return None
    if _quoted(run, told):
        return None
    plays = [
        (i, wrong, action)
        for place in range(60)
        for i, wrong, _, actions in told
        for action in actions[place : place + 1]
    ]
    plays = plays[: run.session.tries(quick=2000, standard=8000)]
    values = [
        run.session.value(i.seed, t)
        for (i, *_), t in zip(
            plays, run.play(Play(i.seed, (w, a)) for i, w, a in plays), strict=True
        )
    ]
    straight = [
        run.session.value(i.seed, t)
        for (i, *_), t in zip(plays, run.play(Play(i.seed, (a,)) for i, _, a in plays), strict=True)
    ]
    run.note([0.0] * len(chosen))
    paying: dict[str, dict[int, Play]] = defaultdict(dict)
    telling: dict[str, Counter[str]] = defaultdict(Counter)
    for (instance, wrong, action), value, alone in zip(plays, values, straight, strict=True):
        if (
            value >= 0.4 and alone >= 0.9
        ):  # the reply told an action that is right by itself: nothing had to be found out first
            paying[kind(wrong) or wrong].setdefault(
                instance.seed, Play(instance.seed, (wrong, action))
            )
            telling[kind(wrong) or wrong][wrong] += 1
    tried = {i.seed for i, *_ in told}
    said, moves = (
        {(i.seed, w): actions for i, w, _, actions in told},
        {i.seed: i.moves for i in chosen},
    )
    for way, hits in paying.items():
        mistaken = {wrong for _, wrong, *_ in told if (kind(wrong) or wrong) == way}
        if len(mistaken) > 2 and sum(count >= 3 for count in telling[way].values()) < 2:
            continue  # one wrong value alone tells: by arithmetic, as the distance from 0 does
        if len(hits) >= max(3, 0.6 * len(tried)) and _pointed(hits, said, moves):
            play = next(iter(hits.values()))
            (trace,) = run.play([play])
            run.accuse(
                f"A wrong action is answered with the right one: after {play.actions[0][:40]!r}, "
                "saying back what is new pays on "
                f"{len(hits)} of {len(tried)} instances.",
                Witness("pays", (play,), value=trace.paid),
                values=[1.0] * len(hits) + [0.0] * (len(tried) - len(hits)),
                advice=(
                    "Errors say what was wrong with the form of an action, never what would be "
                    "right; a wrong answer is final."
                ),
            )
            return None
    return None


LEAST_STEPS = 4
"""Steps that a plan must have before being led through it counts."""


def _follow(run: CheckRun, chosen: list[Instance]) -> None:
    """Do wrong steps on purpose, and then whatever single action their replies name, until the end.

    Errors alone must not lead there.
    """
    literal = [action for action in run.session.facts.grammar if not SLOT.search(action)]
    chosen = [
        i for i in chosen if len(set(i.oracle)) >= LEAST_STEPS and set(i.oracle) <= set(literal)
    ]
    if len(chosen) < 4 or len(literal) > 40:
        return
    hits: list[Play] = []
    afford = run.session.lab.plays + run.session.tries(quick=2000, standard=8000)
    for instance in chosen:
        plan, led = list[str](), 0
        while len(plan) < run.session.facts.turns and run.session.lab.plays < afford:
            tried = run.session.lab.run([Play(instance.seed, (*plan, wrong)) for wrong in literal])
            ended = [
                trace
                for trace in tried
                if trace.done and run.session.value(instance.seed, trace) >= 0.9
            ]
            named = [
                (wrong, _named(trace.observations[-1], wrong, literal))
                for wrong, trace in zip(literal, tried, strict=True)
                if not trace.done
            ]
            pointing = [(wrong, one[0]) for wrong, one in named if len(one) == 1]
            if not pointing and not ended:
                break
            if ended and not pointing:
                plan.append(literal[tried.index(ended[0])])
                break
            wrong, right = pointing[-1]
            plan += [wrong, right]
            led += 1
        play = Play(instance.seed, tuple(plan))
        if (
            led >= LEAST_STEPS - 1
            and run.session.value(instance.seed, run.session.lab.run([play])[0]) >= 0.9
        ):
            hits.append(play)
    if len(hits) >= 0.6 * len(chosen):
        run.accuse(
            f"Replies to wrong steps lead to the end: doing what they name solves {len(hits)} of "
            f"{len(chosen)} instances.",
            Witness("pays", (hits[0],), value=0.9 * run.session.best(hits[0].seed)),
            values=[1.0] * len(hits) + [0.0] * (len(chosen) - len(hits)),
            advice="Say that a step is not possible now, not which one is.",
        )


def _named(reply: str, wrong: str, literal: list[str]) -> list[str]:
    """Return the actions that a reply names, other than the one it answers."""
    return [
        action
        for action in literal
        if action != wrong
        and re.search(rf"(?<!\w){re.escape(_last(action))}(?!\w)", reply, re.IGNORECASE)
    ]


def _last(action: str) -> str:
    return action.rpartition(":")[2].strip() or action


def _twins(run: CheckRun) -> None:
    """Say nonsense to instances that look the same and are solved differently.

    Their replies should be the same too.
    """
    looks: dict[str, list[Instance]] = defaultdict(list)
    for instance in run.session.usable[:200]:
        looks[instance.prompt].append(instance)
    groups = [group for group in looks.values() if len({i.oracle for i in group}) > 1]
    pairs = [
        (group[0], next(i for i in group if i.oracle != group[0].oracle)) for group in groups[:8]
    ]
    nonsense = [
        *ERRORS[:3],
        *(fill(t, "zebra") for t in run.session.facts.grammar[:6] if SLOT.search(t)),
    ]
    made = [
        (Play(one.seed, (word,)), Play(two.seed, (word,)))
        for one, two in pairs
        for word in nonsense
    ]
    first, second = (
        run.play(plays) for plays in ([one for one, _ in made], [two for _, two in made])
    )
    for (one, two), a, b in zip(made, first, second, strict=True):
        if not (a.done or b.done) and a.observations[1:] != b.observations[1:]:
            run.accuse(
                f"The reply to {one.actions[0][:40]!r}, which does nothing, differs between "
                "instances that look the same.",
                Witness("differs", (one,), against=(two,)),
                severity="minor",
                values=[0.0] * len(pairs),
                advice="See whether the reply gives away what is hidden.",
            )
            return


def _said_everywhere(first: list[tuple[Instance, str]], traces: list[Trace]) -> dict[str, set[str]]:
    """Return, for each mistake, the words that its reply has on every instance.

    They tell nothing of one.
    """
    replies: dict[str, list[set[str]]] = defaultdict(list)
    for (_, wrong), trace in zip(first, traces, strict=True):
        if len(trace.observations) > 1:
            replies[wrong].append(set(TOKEN.findall(trace.observations[1])))
    return {wrong: set.intersection(*said) for wrong, said in replies.items() if len(said) >= 4}


def _pointed(
    hits: dict[int, Play], said: dict[tuple[int, str], list[str]], moves: dict[int, tuple[str, ...]]
) -> bool:
    """Say whether what pays stands at a place that a parrot could know.

    Among few, or at the same place of most replies.

    A list of what is possible holds the right action at any of its places, and a reply that is the
    same everywhere tells nothing.
    """
    places, ends, sizes, lists = Counter[int](), Counter[int](), list[int](), set[tuple[str, ...]]()
    for seed, play in hits.items():
        wrong, right = play.actions
        if len(moves[seed]) > 1 and set(moves[seed]) <= set(said[seed, wrong]):
            continue
        alike = [
            action
            for action in said[seed, wrong]
            if kind(action) == kind(right) or not (arguments(action) or arguments(right))
        ]
        place = alike.index(right)
        places[place] += 1
        ends[len(alike) - place] += 1
        sizes.append(len(alike))
        lists.add(tuple(alike))
    if len(sizes) < max(3, 0.6 * len(hits)) or len(lists) == 1:
        return False
    steady = max(*places.values(), *ends.values())
    return sum(sizes) <= 1.5 * len(sizes) or steady >= 0.6 * len(hits)


def _quoted(run: CheckRun, told: list[Told]) -> bool:
    """Do the plan after a mistake whose reply holds all that differs between instances."""
    often = Counter(action for i in run.session.usable for action in set(i.oracle))
    known = {action for action, count in often.items() if count >= 0.5 * len(run.session.usable)}
    made: dict[str, list[tuple[Instance, Play]]] = defaultdict(list)
    tried: dict[str, set[int]] = defaultdict(set)
    for instance, wrong, reply, actions in told:
        own = [action for action in dict.fromkeys(instance.oracle) if action not in known]
        tried[wrong].add(instance.seed)
        alike = sum(kind(action) in {kind(a) for a in own} for action in actions)
        if (
            len(instance.oracle) > 1
            and own
            and set(own) <= set(actions)
            and (alike <= 6 * len(own) or all(action in reply for action in own))
        ):
            made[wrong].append((instance, Play(instance.seed, (wrong, *instance.oracle))))
    for wrong, plays in made.items():
        if len(plays) < max(3, 0.6 * len(tried[wrong])):
            continue
        values = [
            run.session.value(i.seed, t)
            for (i, _), t in zip(plays, run.play(play for _, play in plays), strict=True)
        ]
        hits = [play for (_, play), value in zip(plays, values, strict=True) if value >= 0.4]
        if len(hits) >= 0.8 * len(plays):
            return run.accuse(
                "A wrong action is answered with what the plan needs: the reply to "
                f"{wrong[:40]!r} holds it on "
                f"{len(hits)} of {len(tried[wrong])} instances.",
                Witness("pays", (hits[0],), value=0.4 * run.session.best(hits[0].seed)),
                values=values,
                advice=(
                    "Errors say what was wrong with the form of an action, never what would be "
                    "right."
                ),
            )
    return False


def _lines(reply: str) -> tuple[str, ...]:
    """Return the lines that follow the first one, as many as one would do as a plan."""
    return tuple(line for line in (line.strip() for line in reply.splitlines()[1:]) if line)[:60]


def _recite(
    run: CheckRun, recited: list[tuple[Instance, str, tuple[str, ...]]], chosen: list[Instance]
) -> bool:
    """Do what a reply lists, line by line.

    It is a leak when that pays after the reply, and would have paid without it.
    """
    moves = sum(len(i.moves) for i in chosen) / max(1, len(chosen))
    by_wrong: dict[str, list[tuple[Instance, Play]]] = defaultdict(list)
    for instance, wrong, plan in recited:
        if (
            len(plan) == 1 or len(plan) < moves or any(line not in instance.moves for line in plan)
        ):  # no list of legal moves
            by_wrong[wrong].append((instance, Play(instance.seed, (wrong, *plan))))
    for wrong, made in by_wrong.items():
        if len(made) < 3:
            continue
        after = run.play(play for _, play in made)
        alone = run.play(Play(play.seed, play.actions[1:]) for _, play in made)
        values = [
            min(run.session.value(i.seed, one), run.session.value(i.seed, two))
            for (i, _), one, two in zip(made, after, alone, strict=True)
        ]
        hits = [play for (_, play), value in zip(made, values, strict=True) if value >= 0.98]
        if len(hits) >= max(3, 0.8 * len(made)):
            return run.accuse(
                f"A wrong action is answered with the solution: after {wrong[:40]!r}, doing what "
                "the reply lists pays on "
                f"{len(hits)} of {len(made)} instances.",
                Witness("pays", (hits[0],), value=0.98 * run.session.best(hits[0].seed)),
                values=values,
                advice=(
                    "Errors say what was wrong with the form of an action, never what would be "
                    "right."
                ),
            )
    return False


def _said(run: CheckRun, instance: Instance, reply: str, tokens: list[str]) -> list[str]:
    """Return what a parrot would say.

    New tokens and quoted phrases, bare, in templates and with the commands of the grammar.
    """
    phrases = [a or b or c for a, b, c in re.findall(r"'([^']+)'|\"([^\"]+)\"|`([^`]+)`", reply)]
    phrases += [part.strip(" .!") for part in re.split(r"[:=]", reply)[1:]] + re.findall(
        r"\w+:[\w,=.-]*[\w-]", reply
    )
    phrases += re.findall(r'\{"calls":.*\}', reply)
    values = list(dict.fromkeys([*tokens, *phrases]))[:25]
    templates = [template for template in run.session.facts.grammar if SLOT.search(template)]
    literal = [
        action
        for action in (*run.session.facts.grammar, *instance.moves)
        if not SLOT.search(action) and action in values
    ]
    bare = [value for value in values if not templates or value.startswith("{") or ":" in value]
    return list(
        dict.fromkeys(
            [
                *bare,
                *literal,
                *(fill(template, value) for template in templates for value in values),
            ]
        )
    )


def _at_once(run: CheckRun, chosen: list[Instance]) -> None:
    """Say back what the first observation states as `answer: ...`, or another internal name."""
    pattern = re.compile(SECRET + r"\s*[:=]\s*['\"]?([\w.,-]+)", re.IGNORECASE)
    made = [
        (i, action)
        for i in chosen
        for value in pattern.findall(i.prompt)
        for action in (
            value,
            *(fill(t, value.strip(".,")) for t in run.session.facts.grammar if SLOT.search(t)),
        )
    ]
    listed = re.compile(SECRET + r"[^\n]{0,20}[:=][ \t]*\n((?:.+\n?)+)", re.IGNORECASE)
    plans = [
        (i, tuple(line.strip() for line in found[1].splitlines() if line.strip()))
        for i in chosen
        if (found := listed.search(i.prompt))
    ]
    plays = [
        (i, Play(i.seed, actions))
        for i, actions in (*((i, (action,)) for i, action in made), *plans)
    ]
    traces = run.play(play for _, play in plays)
    hits = {
        i.seed: play
        for (i, play), trace in zip(plays, traces, strict=True)
        if run.session.value(i.seed, trace) >= 0.98
    }
    if len(hits) >= max(3, 0.8 * len(chosen)):
        run.accuse(
            f"The first observation states the answer, on {len(hits)} of {len(chosen)} instances.",
            Witness(
                "pays",
                (next(iter(hits.values())),),
                value=0.98 * run.session.best(next(iter(hits))),
            ),
            values=[1.0] * len(hits),
            advice="Show the agent what it may know, and no internal value.",
        )
