"""`firsthand audit`: attack an environment, a grader or a reward function, and certify what was
found.
"""

import shlex
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from firsthand.audit.budget import Budget, Options
from firsthand.audit.naming import spec_of
from firsthand.audit.report.terminal import report
from firsthand.bridges.rewards import Wanted, is_reward
from firsthand.bridges.sarif import Audited
from firsthand.bridges.sarif import sarif as written
from firsthand.cli import auditing
from firsthand.cli.auditing import Subject
from firsthand.cli.options import Json
from firsthand.cli.terminal import tell
from firsthand.errors import UserError

Target = Annotated[
    str | None,
    typer.Argument(
        metavar="TARGET",
        help="An environment, a domain, FILE.py, FILE.py:CLASS, or reasoning-gym:NAME; with "
        "--data a reward: FILE.py:FUNCTION, MODULE:FUNCTION, or a folder of tests.",
    ),
]
Everything = Annotated[bool, typer.Option("--all", help="Audit every installed environment.")]
Seeds = Annotated[
    int, typer.Option(min=1, help="Instances, where the target makes as many as are asked for.")
]
HowMuch = Annotated[Budget, typer.Option(help="quick, standard or deep.")]
Key = Annotated[
    str,
    typer.Option(
        metavar="HEX", help="Your own seed key, so that no author can have tuned to the seeds."
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(help="Run only this check; may be given several times, or with commas."),
]
Out = Annotated[
    Path | None,
    typer.Option(help="Write the certificate to this file; of several targets, into this folder."),
]
Page = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Write the report as one HTML page.")
]
Replay = Annotated[
    Path | None,
    typer.Option(
        metavar="CERTIFICATE", dir_okay=False, help="Run the witnesses of a certificate again."
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        help="The rows that a reward function is audited on: .jsonl, .json or .parquet.",
        dir_okay=False,
    ),
]
Prompt = Annotated[str | None, typer.Option(metavar="COLUMN", help="The column of the prompts.")]
Answer = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN", help="The column of the reference answers; a.b for what is nested."
    ),
]
Oracle = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN|TEMPLATE",
        help="How a right completion is written: a column, or a text such as '#### {answer}'.",
    ),
]
Shape = Annotated[
    str | None,
    typer.Option(help="How the function is called: trl, verl, verl-batch, verifiers or named."),
]
Completions = Annotated[
    str | None, typer.Option(help="What the function gets of a completion: text or messages.")
]
Written = Annotated[
    str, typer.Option("--file", help="Of a folder of tests: the file that the model writes.")
]
OwnTests = Annotated[
    str | None,
    typer.Option(
        "--tests",
        metavar="COLUMN",
        help="Of a folder of tests: a row's own tests, as code or as a path in the folder.",
    ),
]
Changed = Annotated[
    bool,
    typer.Option(
        "--changed",
        help="Only what has no certificate in the folder --out (certificates) or another hash: "
        "of TARGET, of what pyproject.toml lists, or of all that is installed.",
    ),
]
Since = Annotated[
    str,
    typer.Option(metavar="REVISION", help="With --changed: certificates as git had them then."),
]
Sarif = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Write the findings as SARIF 2.1.0.")
]
Report = Annotated[
    Literal["text", "rfc008"],
    typer.Option(
        "--report", help="What is printed: text, or OpenEnv's validation report (RFC 008) as JSON."
    ),
]
Arguments = Annotated[
    list[str] | None,
    typer.Option(
        "--argument",
        metavar="NAME=COLUMN",
        help="Fill an argument with a column, with `completion`, or, as NAME==TEXT, with a text.",
    ),
]


def audit(
    target: Target = None,
    everything: Everything = False,
    seeds: Seeds = 700,
    budget: HowMuch = "standard",
    key: Key = "",
    only: Only = None,
    out: Out = None,
    html: Page = None,
    sarif: Sarif = None,
    form: Report = "text",
    replay: Replay = None,
    changed: Changed = False,
    since: Since = "",
    data: Data = None,
    prompt: Prompt = None,
    answer: Answer = None,
    oracle: Oracle = None,
    shape: Shape = None,
    completions: Completions = None,
    argument: Arguments = None,
    file: Written = "solution.py",
    tests: OwnTests = None,
    json: Json = False,
) -> None:
    """Attack an environment, a grader or a reward function, and certify what was found.

    Exits with 0 when every check passes, 1 when one fails, 2 when one that applies could not run.
    Ctrl-C ends it early: the report then says that it is partial, and what had not run is NOT_RUN.

    Example: firsthand audit data/ledger --seeds 100

    Example: firsthand audit rewards.py:accuracy --data train.jsonl --oracle '#### {answer}'
    """
    if replay is not None:
        raise typer.Exit(auditing.replayed(replay))
    if html is not None:
        from firsthand.evaluate.html import require

        require()
    if since and not changed:
        raise UserError("--since says as of when --changed looks for certificates: give both.")
    options = _options(seeds, budget, key, only)
    folder = (out or Path("certificates")) if changed else None
    quiet = json or form == "rfc008"
    with ExitStack() as held:
        if data is not None:
            wanted = Wanted(
                _reward(target), data, prompt, answer, oracle, shape, completions,
                _pairs(argument or ()), file, tests,
            )  # fmt: skip
            subjects = [held.enter_context(auditing.prepared(wanted, out))]
        else:
            _no_data(prompt, answer, oracle, shape, completions, argument, tests)
            subjects = held.enter_context(_subjects(target, everything, folder))
        if folder is None:
            done = _audited(subjects, options, out, alone=len(subjects) == 1, quiet=quiet)
        else:
            done = _stale(subjects, options, folder, since, quiet=quiet)
    certificates = [one.certificate for one in done]
    _write(html, sarif, done)
    if form == "rfc008":
        from firsthand.bridges import rfc008

        tell(rfc008.text(certificates))
    elif json:
        texts = [certificate.json() for certificate in certificates]
        tell(texts[0] if len(texts) == 1 and folder is None else f"[{','.join(texts)}]")
    codes = [certificate.exit_code for certificate in certificates]
    raise typer.Exit(1 if 1 in codes else max(codes, default=0))


def _audited(
    subjects: Sequence[Subject], options: Options, out: Path | None, *, alone: bool, quiet: bool
) -> list[Audited]:
    """Audit one subject after the other, and tell of each what was found."""
    done: list[Audited] = []
    for subject in subjects:
        for line in subject.reward.told if subject.reward else ():
            tell(line, err=True)
        certificate = auditing.audited(subject, options)
        done.append(auditing.placed(subject, certificate))
        place = auditing.saved(certificate, out, alone=alone)
        if not quiet:
            again = (
                f"firsthand audit --replay {shlex.quote(str(place))}"
                if place
                else "add --out FILE, then firsthand audit --replay FILE"
            )
            tell(report(certificate, replay=again) + "\n")
        if certificate.partial:
            break
    return done


def _stale(
    subjects: Sequence[Subject], options: Options, folder: Path, since: str, *, quiet: bool
) -> list[Audited]:
    """Audit the subjects whose certificate is not of this code; the verdicts of others count."""
    folder.mkdir(parents=True, exist_ok=True)
    done: list[Audited] = []
    for subject in subjects:
        known = auditing.unchanged(subject, folder, options, since)
        if known is not None:
            tell(f"unchanged  {known.verdict:<10} {known.target.name}", err=quiet)
            done.append(auditing.placed(subject, known))
            continue
        done += _audited([subject], options, folder, alone=False, quiet=quiet)
        if done[-1].certificate.partial:
            break
    return done


@contextmanager
def _subjects(
    target: str | None, everything: bool, folder: Path | None
) -> Generator[list[Subject]]:
    """Return what is to be audited: what is named, or, with --changed alone, what is listed."""
    if folder is not None and target is None and not everything:
        with auditing.listed(folder) as subjects:
            yield subjects
    else:
        yield [Subject(spec_of(name)) for name in auditing.named(target, everything)]


def _write(html: Path | None, sarif: Path | None, done: Sequence[Audited]) -> None:
    if html is not None:
        from firsthand.audit.report.page import page

        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(page([one.certificate for one in done]), encoding="utf-8")
    if sarif is not None:
        sarif.parent.mkdir(parents=True, exist_ok=True)
        sarif.write_text(written(done), encoding="utf-8")


def _options(seeds: int, budget: Budget, key: str, only: Sequence[str] | None) -> Options:
    if key and not set(key) <= set("0123456789abcdefABCDEF"):
        raise UserError(f"--key is a hexadecimal number such as 5eed, got {key!r}.")
    return Options(
        seeds=seeds,
        budget=budget,
        key=key.lower(),
        only=tuple(part for name in only or () for part in name.split(",")),
    )


def _reward(target: str | None) -> str:
    if target is None or not is_reward(target):
        raise UserError(
            "--data is for a reward: name it as FILE.py:FUNCTION, MODULE:FUNCTION or a folder"
            + (f", not {target!r}." if target else ".")
        )
    return target


def _pairs(argument: Sequence[str]) -> dict[str, str]:
    """Read NAME=COLUMN. Raises `UserError`."""
    pairs = [one.partition("=") for one in argument]
    if wrong := next((name for name, equals, to in pairs if not (name and equals and to)), None):
        raise UserError(f"--argument is NAME=COLUMN, got {wrong!r}.")
    return {name: to for name, _, to in pairs}


def _no_data(*said: object) -> None:
    if any(said):
        raise UserError(
            "--prompt, --answer, --oracle, --shape, --completions, --argument and --tests are "
            "about the rows of a reward: name their file with --data."
        )
