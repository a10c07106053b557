"""The battery: every check there is, in the order in which they run, and the one function that runs them.

A check is a function of a session. It plays, accuses through the session, and returns nothing; its numbers
are collected here. What does not apply costs nothing.
"""

import hashlib
import importlib
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from firsthand.audit import certificate as certificates
from firsthand.audit.answers import slow
from firsthand.audit.certificate import Certificate, Seeds
from firsthand.audit.finding import Check, Finding, Witness
from firsthand.audit.process.pool import FAST_SECONDS, MOST_HANGS, Hangs, Lab
from firsthand.audit.session import NotRun, Options, Outcome, Session
from firsthand.audit.target import Facts, Spec
from firsthand.errors import FirsthandError, UnknownName, UserError


class Item(msgspec.Struct, frozen=True):
    """One check of the battery: where it lives, what it is about, and what it claims when it passes."""

    id: str
    class_: str
    kinds: tuple[str, ...]
    """Kinds of target it applies to: answer, episode."""
    module: str
    claim: str

    @property
    def run(self) -> Callable[[Session], str | None]:
        """The check: returns None, or why it does not apply to this target."""
        return getattr(importlib.import_module(f"firsthand.audit.{self.module}"), self.id)


BOTH = ("answer", "episode")
BATTERY = (
    Item("oracle", "contract", BOTH, "purity", "The oracle earns the full reward on every instance; rewards are finite numbers."),
    Item("repeats", "purity", BOTH, "purity", "The same play earns the same, in whatever order, process, time zone, locale and date."),
    Item("nulls", "answer channel", ("answer",), "attacks.text", "Answers without content earn nothing."),
    Item("constants", "answer channel", ("answer",), "attacks.text", "No fixed answer earns more than the labels' balance allows."),
    Item("echo", "answer channel", ("answer",), "attacks.text", "Repeating the prompt earns nothing."),
    Item("enumeration", "answer channel", ("answer",), "attacks.text", "Listing many answers does not earn what the right one earns."),
    Item("odd_values", "answer channel", ("answer",), "attacks.text", "Numbers that are none, and other odd values, earn nothing."),
    Item("judges", "judge", ("answer",), "attacks.judges", "Text that addresses a judge earns nothing."),
    Item("fail_closed", "contract", BOTH, "attacks.hostile", "Hostile input is refused with a reward of 0, in time, without harm to the process."),
    Item("programs", "code execution", ("answer",), "attacks.programs", "A submitted program earns nothing by other means than solving the task."),
    Item("mutation", "oracle mutation", ("answer",), "mutation", "A changed answer does not earn what the right one earns."),
    Item("program_mutation", "oracle mutation", ("answer",), "program_mutation", "A broken or guarded reference program is not paid in full."),
    Item("plan_mutation", "oracle mutation", ("episode",), "plan_mutation", "A plan with a needed step dropped or altered is not paid in full."),
    Item("metamorphic", "metamorphic", BOTH, "metamorphic", "Padding, repeating and joining never raise a reward; equal answers earn the same."),
    Item("passive", "episodic", ("episode",), "attacks.episodes", "Doing nothing, stalling, quitting and invalid actions earn nothing."),
    Item("cycles", "episodic", ("episode",), "attacks.episodes", "No cycle of actions can be repeated for reward."),
    Item("absorbing", "episodic", ("episode",), "attacks.episodes", "Nothing is paid after done."),
    Item("leaks", "taint", ("episode",), "taint", "What is told before success does not carry the answer."),
    Item("blind_plan", "blind search", ("episode",), "search", "No plan that is the same on every instance earns more than the base rate."),
    Item("blind_answer", "blind search", ("answer",), "blind_answers", "No rule that copies from the prompt earns more than the base rate."),
    Item("states", "blind search", ("episode",), "states", "No path through the states earns more than the oracle, and no cycle of states pays."),
    Item("dataset", "data set", BOTH, "dataset", "Instances differ, splits share none, answers do not follow from the seed, levels get harder."),
    Item("differential", "differential", BOTH, "differential", "Verifiers of the same answer agree on every probe."),
)  # fmt: skip


def run(
    spec: Spec,
    options: Options = Options(),
    *,
    tick: Callable[[int], None] | None = None,
    begin: Callable[[str], None] | None = None,
) -> Certificate:
    """Audit one target. `tick` is told of every play, `begin` of every check. Raises `UserError` when the target cannot be loaded.

    Ctrl-C ends the audit early: the certificate is then `partial`, and what had not run is NOT_RUN.
    """
    known = [item.id for item in BATTERY]
    for wanted in options.only:
        if wanted not in known:
            raise UnknownName("check", wanted, known, hint=f"There are: {', '.join(known)}.")
    started = time.perf_counter()
    session = Session(spec, options, tick=tick)
    checks, findings, stopped = list[Check](), list[Finding](), False
    try:
        for item in BATTERY:
            if options.only and item.id not in options.only:
                continue
            if stopped:
                checks.append(
                    Check(
                        item.id, item.class_, "NOT_RUN", item.claim, reason="the audit was stopped"
                    )
                )
                continue
            if begin:
                begin(item.id)
            try:
                check, outcome = _checked(item, session)
            except KeyboardInterrupt:
                stopped = True
                check, outcome = (
                    Check(
                        item.id, item.class_, "NOT_RUN", item.claim, reason="the audit was stopped"
                    ),
                    session.outcome,
                )
            checks.append(check)
            findings.extend(outcome.findings)
        return _certificate(
            session, checks, findings, time.perf_counter() - started, partial=stopped
        )
    finally:
        session.close()


def _checked(item: Item, session: Session) -> tuple[Check, Outcome]:
    if session.facts.kind not in item.kinds:
        return Check(
            item.id,
            item.class_,
            "NA",
            item.claim,
            reason=f"for targets of kind {' or '.join(item.kinds)}",
        ), Outcome()
    session.check, session.class_, session.outcome = item.id, item.class_, Outcome()
    started, plays = time.perf_counter(), session.lab.plays
    reason, failed = "", False
    try:
        if len(session.lab.hung) >= MOST_HANGS:
            raise NotRun("the target hung too often to be played on")
        if "usable" in session.__dict__ and not slow(session):
            session.lab.seconds = min(session.lab.seconds, FAST_SECONDS)
        if item.id not in ("oracle", "dataset", "repeats") and not session.usable:
            raise NotRun(
                "the oracle earns nothing on any instance, so that nothing can be compared with it"
            )
        reason = item.run(session) or ""
    except NotRun as error:
        reason, failed = str(error), True
    except Hangs:
        reason, failed = "the target hung too often to be played on", True
    except FirsthandError:
        raise
    except Exception as error:  # a fault of the auditor: what it found so far counts, and nobody is told that it passed
        place = traceback.extract_tb(error.__traceback__)[-1]
        reason, failed = (
            f"the check itself failed: {type(error).__name__}: {error} ({place.name}, line {place.lineno})",
            True,
        )
    outcome = session.outcome
    if session.lab.hung and item.id not in ("programs", "program_mutation"):
        session.hangs()
    if item.id != "oracle":
        session.falls()
        session.rises()
    bad = [finding for finding in outcome.findings if finding.severity != "minor"]
    status = "FAIL" if bad else "NOT_RUN" if failed else "NA" if reason else "PASS"
    check = Check(
        item.id, item.class_, status, item.claim, outcome.n, outcome.probes, session.lab.plays - plays, outcome.hits,
        outcome.max, outcome.mean, outcome.upper95, reason, round(time.perf_counter() - started, 3),
    )  # fmt: skip
    return check, outcome


def _certificate(
    session: Session, checks: list[Check], findings: list[Finding], seconds: float, *, partial: bool
) -> Certificate:
    facts = session.facts
    blind = [
        check.mean
        for check in checks
        if check.class_ in ("blind search", "episodic", "answer channel") and check.n
    ]
    skipped = [
        f"{check.id}: {check.reason}" for check in checks if check.status in ("NA", "NOT_RUN")
    ]
    return certificates.sealed(
        Certificate(
            verdict=certificates.verdict(checks),
            target=facts,
            spec=session.spec,
            findings=tuple(findings),
            checks=tuple(checks),
            seeds=Seeds(
                len(session.__dict__.get("instances", ()) if partial else session.instances),
                session.options.key,
            ),
            budget=session.options.budget,
            base_rate={"declared": facts.base_rate, "measured": max(blind, default=0.0)},
            diversity=getattr(session, "diversity", {}),
            difficulty=tuple(getattr(session, "difficulty", ())),
            not_checked=(*skipped, *NOT_CHECKED),
            auditor=certificates.auditor(),
            platform=certificates.host(),
            made=datetime.now(UTC).date().isoformat(),
            seconds=round(seconds, 2),
            partial=partial,
        )
    )


NOT_CHECKED = (
    "attacks that need a language model",
    "whether the task is worth solving, and whether its statement is good",
    "instances published elsewhere",
)


def spec_of(target: str) -> Spec:
    """Turn what a user names into a spec: a Python file, `reasoning-gym:NAME`, or an environment. Raises `UserError`, `UnknownName`."""
    if target.startswith("reasoning-gym:"):
        return Spec("reasoning-gym", target.partition(":")[2])
    if target.endswith(".py"):
        path = Path(target)
        if not path.is_file():
            raise UserError(f"There is no file {target}.")
        return Spec("file", str(path.resolve()))
    from firsthand.registry import lookup

    return Spec("native", lookup(target).name if ":" not in target else target)


def describe(facts: Facts) -> str:
    """Say in a few words what a target is."""
    what = "grader" if facts.kind == "answer" else "environment"
    return f"{facts.name} ({what}{f', {facts.instances} instances' if facts.instances is not None else ''})"


def digest_now(spec: Spec) -> str:
    """Return the hash of a target as it is now. Raises `UserError` when it is no file and cannot be loaded."""
    if spec.source == "file":
        return hashlib.sha256(Path(spec.name).read_bytes()).hexdigest()
    with Lab(spec, workers=1) as lab:
        return lab.start().sha256


def load_failed(spec: Spec, options: Options, error: str) -> Certificate:
    """Return the certificate of a file that cannot even be loaded: that, too, is a result."""
    claim = "The target can be loaded."
    path = Path(spec.name)
    witness = Witness("fault", (), fault="load")
    advice = "Make the file importable, in time and without leaving the process."
    finding = Finding(
        "load",
        "contract",
        "major",
        error.replace(spec.name, path.name),
        0,
        0,
        0.0,
        1.0,
        witness,
        advice,
    )
    facts = Facts("answer", path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    return certificates.sealed(
        Certificate(
            "FAIL", facts, spec, (finding,), (Check("load", "contract", "FAIL", claim),), Seeds(0, options.key), options.budget,
            {"declared": None, "measured": 0.0}, {}, (), NOT_CHECKED,
            certificates.auditor(), certificates.host(), datetime.now(UTC).date().isoformat(), 0.0,
        )
    )  # fmt: skip
