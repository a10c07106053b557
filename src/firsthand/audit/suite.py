"""The suite: every check, in the order in which they run, and the function that runs them."""

import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from firsthand.audit.accusation import Check, CheckRun, Outcome
from firsthand.audit.budget import Options
from firsthand.audit.checks import (
    agreement,
    determinism,
    instances,
    invariance,
    level_sizes,
    malformed_input,
    oracle,
    recomputation,
)
from firsthand.audit.checks.answers import (
    constants,
    copy_rules,
    echo,
    empty,
    enumeration,
    judges,
    merged_answers,
    mutation,
    odd_values,
    other_answers,
    side_numbers,
    surrounding_text,
)
from firsthand.audit.checks.episodes import (
    accepted_values,
    after_done,
    blind_plans,
    cycles,
    dropped_clauses,
    early_values,
    error_chains,
    feedback_leaks,
    harmless_extras,
    led_by_errors,
    listed_plans,
    passive,
    plan_arguments,
    plan_steps,
    quoted_plans,
    repeated_steps,
    state_graph,
    stated_answers,
    twin_replies,
    wrong_slots,
)
from firsthand.audit.checks.programs import exploits, expressions, patterns
from firsthand.audit.checks.programs import mutation as program_mutation
from firsthand.audit.finding import CheckResult, Finding, Witness
from firsthand.audit.process.pool import FAST_SECONDS, MOST_HANGS, Hangs, Interferes, Runaway
from firsthand.audit.report import certificate as certificates
from firsthand.audit.report.certificate import Certificate, Seeds
from firsthand.audit.session import NotRun, Session
from firsthand.audit.targets.named_file import file_sha256
from firsthand.audit.targets.protocol import Facts, Play, Spec
from firsthand.audit.thresholds import ERROR, EXCESS, FULL
from firsthand.errors import FirsthandError, UnknownName

SUITE: tuple[Check, ...] = (
    oracle.oracle,
    determinism.determinism,
    empty.empty,
    constants.constants,
    echo.echo,
    enumeration.enumeration,
    odd_values.odd_values,
    judges.judges,
    malformed_input.malformed_input,
    exploits.exploits,
    expressions.expressions,
    patterns.patterns,
    mutation.mutation,
    merged_answers.merged_answers,
    side_numbers.side_numbers,
    other_answers.other_answers,
    surrounding_text.surrounding_text,
    program_mutation.program_mutation,
    plan_steps.plan_steps,
    plan_arguments.plan_arguments,
    accepted_values.accepted_values,
    dropped_clauses.dropped_clauses,
    invariance.invariance,
    harmless_extras.harmless_extras,
    passive.passive,
    cycles.cycles,
    repeated_steps.repeated_steps,
    after_done.after_done,
    twin_replies.twin_replies,
    stated_answers.stated_answers,
    led_by_errors.led_by_errors,
    wrong_slots.wrong_slots,
    listed_plans.listed_plans,
    quoted_plans.quoted_plans,
    feedback_leaks.feedback_leaks,
    error_chains.error_chains,
    early_values.early_values,
    blind_plans.blind_plans,
    copy_rules.copy_rules,
    state_graph.state_graph,
    instances.instances,
    level_sizes.level_sizes,
    agreement.agreement,
    recomputation.recomputation,
)
WITHOUT_ORACLE = ("oracle", "instances", "determinism", "recomputation")
"""Checks that say something of a target whose oracle earns nothing."""
WAITS_ON_PURPOSE = ("exploits", "program_mutation")
"""Checks whose plays hang on purpose, and which judge hangs themselves."""
KNOWS_NOTHING = ("empty", "odd_values", "judges", "passive")
"""Checks whose plays know nothing of the instance: what they earn, any play may earn."""
LEAKS = (
    "stated_answers",
    "wrong_slots",
    "listed_plans",
    "quoted_plans",
    "feedback_leaks",
    "error_chains",
    "early_values",
)
"""Checks of what replies tell: the first that accuses has told the cause, and the others wait."""
NOT_CHECKED = (
    "attacks that need a language model",
    "whether the task is worth solving, and whether its statement is good",
    "instances published elsewhere",
)


class Ran(msgspec.Struct, frozen=True):
    """One check that ran, or could not."""

    check: Check
    outcome: Outcome
    failed: str = ""
    """Why it could not run to its end."""
    plays: int = 0
    seconds: float = 0.0

    @property
    def accuses(self) -> bool:
        """Whether it found what fails a target."""
        return any(finding.severity != "minor" for finding in self.outcome.findings)


def run(
    spec: Spec,
    options: Options = Options(),
    *,
    tick: Callable[[int], None] | None = None,
    begin: Callable[[str], None] | None = None,
) -> Certificate:
    """Audit one target. `tick` is told of every play, `begin` of every check.

    Raises `UserError` when the target cannot be loaded. Ctrl-C ends the audit early: the
    certificate is then `partial`, and what had not run is NOT_RUN.
    """
    chosen = _chosen(options)
    started = time.perf_counter()
    session = Session(spec, options, tick=tick)
    ran, stopped = list[Ran](), False
    told: set[str] = set()
    try:
        for check in chosen:
            if stopped:
                ran.append(Ran(check, Outcome(), "the audit was stopped"))
                continue
            failed = any(one.accuses for one in ran) and not session.lab.interference
            if check is recomputation.recomputation and failed:
                ran.append(Ran(check, Outcome(reason="the target has failed already")))
                continue
            if check.id in LEAKS and any(one.accuses and one.check.id in LEAKS for one in ran):
                ran.append(Ran(check, Outcome(reason="a leak is told above")))
                continue
            if begin:
                begin(check.id)
            try:
                ran.append(_ran(check, session, told))
            except KeyboardInterrupt:
                stopped = True
                ran.append(Ran(check, Outcome(), "the audit was stopped"))
        return _certificate(session, ran, time.perf_counter() - started, partial=stopped)
    finally:
        session.close()


def _chosen(options: Options) -> list[Check]:
    known = [check.id for check in SUITE]
    for wanted in options.only:
        if wanted not in known:
            raise UnknownName("check", wanted, known, hint=f"There are: {', '.join(known)}.")
    return [check for check in SUITE if not options.only or check.id in options.only]


def _ran(check: Check, session: Session, told: set[str]) -> Ran:
    if session.facts.kind not in check.kinds:
        return Ran(check, Outcome(reason=f"for targets of kind {' or '.join(check.kinds)}"))
    started, plays = time.perf_counter(), session.lab.plays
    session.lab.deadline = time.monotonic() + session.check_seconds
    work, failed = CheckRun(session, check), ""
    try:
        if session.lab.interference and check is not recomputation.recomputation:
            raise Interferes
        if len(session.lab.hung) >= MOST_HANGS:
            raise NotRun("the target hung too often to be played on")
        if check.id not in WITHOUT_ORACLE and not session.usable:
            if session.left_out:
                return Ran(check, Outcome(reason="every instance pays for nothing, as told above"))
            raise NotRun("the oracle earns nothing on any instance to compare an attack with")
        if "usable" in session.__dict__ and not session.costly:
            session.lab.seconds = min(session.lab.seconds, FAST_SECONDS)
        elif "usable" in session.__dict__:
            session.lab.seconds = session.play_seconds
        work.outcome.reason = check.examine(work) or ""
    except NotRun as error:
        failed = str(error)
    except Hangs:
        failed = "the target hung too often to be played on"
    except Interferes:
        failed = "the target interferes with the auditor"
    except Runaway:
        failed = f"not finished after {session.check_seconds:g} s"
    except FirsthandError:
        raise
    except Exception as error:  # a fault of the auditor: what was found counts, nothing passes
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.name}, line {place.lineno}"
        failed = f"the check itself failed: {type(error).__name__}: {error} ({where})"
    session.lab.deadline = None
    if check.id in KNOWS_NOTHING:
        session.leave_out(_paid_for_nothing(work))
    _extremes(work, told)
    return Ran(
        check, work.outcome, failed, session.lab.plays - plays, time.perf_counter() - started
    )


# --- what any play of any check may show, told once in an audit ----------------------------------


def _extremes(work: CheckRun, told: set[str]) -> None:
    """Accuse plays that hung, cost more than an answer can earn, or earned more than the oracle.

    Each is told once in an audit, and not where the check has told it better.
    """
    if work.session.lab.hung and work.check.id not in WAITS_ON_PURPOSE and "hang" not in told:
        already = any(found.witness.fault == "hang" for found in work.outcome.findings)
        if already or _hangs(work):
            told.add("hang")
    if work.check.id == "oracle":
        return
    lowest, play = work.outcome.lowest
    if play is not None and "lowest" not in told and _falls(work, lowest, play):
        told.add("lowest")
    highest, play = work.outcome.highest
    if play is not None and "highest" not in told:
        limit = EXCESS * work.session.top
        already = any(found.witness.value > limit for found in work.outcome.findings)
        if already or _rises(work, highest, play):
            told.add("highest")


def _paid_for_nothing(work: CheckRun) -> set[int]:
    """Return the instances on which a play that the check accuses is paid in full."""
    session = work.session
    plays = [
        found.witness.plays[-1] for found in work.outcome.findings if found.severity == "critical"
    ]
    made = [
        Play(i.seed, actions)
        for actions in {play.actions for play in plays}
        for i in session.usable
    ]
    paid = zip(made, session.lab.run(made), strict=True)
    return {play.seed for play, trace in paid if session.value(play.seed, trace) >= FULL}


def _hangs(work: CheckRun) -> bool:
    play = min(work.session.lab.hung, key=lambda play: sum(map(len, play.actions)))
    seconds = work.patience
    return work.accuse(
        f"A play takes more than {seconds:g} s: {' / '.join(play.actions)[:80]!r}.",
        Witness("fault", (play,), value=seconds, fault="hang"),
        severity="major",
        class_="contract",
        advice="Bound the input before parsing it, and avoid patterns that backtrack.",
    )


def _falls(work: CheckRun, lowest: float, play: Play) -> bool:
    right = work.session.best(play.seed)
    return work.accuse(
        f"A reward falls to {lowest:g}, where the right answer earns {right:g}.",
        Witness("refused", (play,), value=lowest),
        severity="major",
        class_="contract",
        advice="Keep rewards in [0, 1]: bound what a wrong answer can cost.",
    )


def _rises(work: CheckRun, highest: float, play: Play) -> bool:
    top = work.session.top
    return work.accuse(
        (
            f"A play that is not the oracle's earns {highest:g}, where the oracle earns "
            f"{top:g} at most."
        ),
        Witness("pays", (play,), value=highest),
        severity="major",
        class_="contract",
        advice="Nothing may earn more than solving the task: bound the reward.",
    )


# --- the certificate -----------------------------------------------------------------------------


def _result(ran: Ran, *, alpha: float) -> CheckResult:
    outcome = ran.outcome
    bad = [finding for finding in outcome.findings if finding.severity != "minor"]
    unclear = outcome.unconfirmed and not bad
    reason = ran.failed or outcome.reason
    if unclear and not reason:
        reason = f"not confirmed in a fresh process: {outcome.unconfirmed[0]}"
    waits = ran.failed or unclear
    return CheckResult(
        id=ran.check.id,
        class_=ran.check.class_,
        status="FAIL" if bad else "NOT_RUN" if waits else "NA" if reason else "PASS",
        claim=ran.check.claim,
        n=outcome.n,
        probes=outcome.probes,
        plays=ran.plays,
        hits=outcome.hits,
        max=outcome.max,
        mean=outcome.mean,
        upper95=outcome.upper95(alpha=alpha),
        reason=reason,
        seconds=round(ran.seconds, 3),
    )


def _certificate(session: Session, ran: list[Ran], seconds: float, *, partial: bool) -> Certificate:
    facts = session.facts
    attacks = sum(len(one.outcome.attacks) for one in ran if one.outcome.bounded)
    alpha = ERROR / max(attacks, 1)
    checks = [_result(one, alpha=alpha) for one in ran]
    about_blind = ("blind search", "episodic", "answer channel")
    blind = [check.mean for check in checks if check.class_ in about_blind and check.n]
    skipped = [f"{c.id}: {c.reason}" for c in checks if c.status in ("NA", "NOT_RUN")]
    cut = partial or session.lab.interference
    seen = session.__dict__.get("instances", ()) if cut else session.instances
    measured = {key: value for one in ran for key, value in one.outcome.measured.items()}
    return certificates.sealed(
        Certificate(
            verdict=certificates.verdict(checks),
            target=facts,
            spec=session.spec,
            findings=tuple(found for one in ran for found in one.outcome.findings),
            checks=tuple(checks),
            seeds=Seeds(len(seen), session.options.key),
            budget=session.options.budget,
            base_rate={"declared": facts.base_rate, "measured": max(blind, default=0.0)},
            diversity=measured.get("diversity", {}),
            difficulty=tuple(measured.get("difficulty", ())),
            bounds={"error": ERROR, "attacks": attacks},
            not_checked=(*skipped, *NOT_CHECKED),
            auditor=certificates.auditor(),
            platform=certificates.host(),
            made=datetime.now(UTC).date().isoformat(),
            seconds=round(seconds, 2),
            partial=partial,
        )
    )


def load_failed(spec: Spec, options: Options, error: str) -> Certificate:
    """Return the certificate of a file that cannot even be loaded: that, too, is a result."""
    name, sha256 = file_sha256(spec)
    finding = Finding(
        check="load",
        class_="contract",
        severity="major",
        claim=error.replace(spec.name, name),
        n=0,
        hits=0,
        mean=0.0,
        witness=Witness("fault", (), fault="load"),
        advice="Make the file importable, in time and without leaving the process.",
    )
    load = CheckResult("load", "contract", "FAIL", "The target can be loaded.")
    return certificates.sealed(
        Certificate(
            verdict="FAIL",
            target=Facts("answer", name, sha256),
            spec=spec,
            findings=(finding,),
            checks=(load,),
            seeds=Seeds(0, options.key),
            budget=options.budget,
            base_rate={"declared": None, "measured": 0.0},
            diversity={},
            difficulty=(),
            bounds={"error": ERROR, "attacks": 0},
            not_checked=NOT_CHECKED,
            auditor=certificates.auditor(),
            platform=certificates.host(),
            made=datetime.now(UTC).date().isoformat(),
            seconds=0.0,
        )
    )
