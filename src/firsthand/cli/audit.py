"""`firsthand audit`: attack an environment or a grader, and certify what was found."""

import shlex
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from firsthand.audit.accusation import shows
from firsthand.audit.budget import Budget, Options
from firsthand.audit.naming import digest_now, spec_of
from firsthand.audit.report.certificate import Certificate, load
from firsthand.audit.report.terminal import report
from firsthand.audit.suite import load_failed, run
from firsthand.audit.targets.file import PICKLED
from firsthand.audit.targets.named_file import file_and_class
from firsthand.audit.targets.protocol import Spec
from firsthand.cli.options import Json
from firsthand.cli.terminal import tell
from firsthand.errors import UserError
from firsthand.registry import environments

Target = Annotated[
    str | None,
    typer.Argument(
        metavar="TARGET",
        help="An environment, a domain, FILE.py, FILE.py:CLASS, or reasoning-gym:NAME.",
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


def audit(
    target: Target = None,
    everything: Everything = False,
    seeds: Seeds = 700,
    budget: HowMuch = "standard",
    key: Key = "",
    only: Only = None,
    out: Out = None,
    html: Page = None,
    replay: Replay = None,
    json: Json = False,
) -> None:
    """Attack an environment or a grader, and certify what was found.

    Exits with 0 when every check passes, 1 when one fails, 2 when one that applies could not run.
    Ctrl-C ends it early: the report then says that it is partial, and what had not run is NOT_RUN.

    Example: firsthand audit data/ledger --seeds 100
    """
    if replay is not None:
        raise typer.Exit(_replay(replay))
    if html is not None:
        from firsthand.evaluate.html import require

        require()
    names = _targets(target, everything)
    if key and not set(key) <= set("0123456789abcdefABCDEF"):
        raise UserError(f"--key is a hexadecimal number such as 5eed, got {key!r}.")
    options = Options(
        seeds=seeds,
        budget=budget,
        key=key.lower(),
        only=tuple(part for name in only or () for part in name.split(",")),
    )
    certificates: list[Certificate] = []
    for name in names:
        certificate = _audited(spec_of(name), options)
        certificates.append(certificate)
        place = None
        if out is not None:
            place = (
                out
                if len(names) == 1 and not out.is_dir()
                else out / f"{certificate.target.name.replace('/', '_').replace(':', '_')}.json"
            )
            certificate.save(place)
        if not json:
            again = (
                f"firsthand audit --replay {shlex.quote(str(place))}"
                if place
                else "add --out FILE, then firsthand audit --replay FILE"
            )
            tell(report(certificate, replay=again) + "\n")
        if certificate.partial:
            break
    if html is not None:
        from firsthand.audit.report.page import page

        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(page(certificates), encoding="utf-8")
    if json:
        texts = [certificate.json() for certificate in certificates]
        tell(texts[0] if len(names) == 1 else f"[{','.join(texts)}]")
    codes = [certificate.exit_code for certificate in certificates]
    raise typer.Exit(1 if 1 in codes else max(codes))


def _targets(target: str | None, everything: bool) -> list[str]:
    if (target is None) == (not everything):
        raise UserError(
            "Name one target, or give --all: an environment, a domain, a Python file, or "
            "reasoning-gym:NAME."
        )
    known = environments()
    if target is None:
        return known
    if target == "reasoning-gym:*":
        from firsthand.audit.targets.reasoning_gym import names

        return [f"reasoning-gym:{name}" for name in names()]
    return [name for name in known if name.startswith(f"{target}/")] or [target]


def _audited(spec: Spec, options: Options) -> Certificate:
    with _bar(spec) as (begin, tick):
        try:
            return run(spec, options, begin=begin, tick=tick)
        except UserError as error:
            if spec.source != "file" or "could not be loaded" not in str(error):
                raise
            return load_failed(spec, options, str(error))


@contextmanager
def _bar(spec: Spec) -> Generator[tuple[Callable[[str], None], Callable[[int], None]]]:
    """Show on a terminal which check runs, and how many plays were made."""
    if not sys.stderr.isatty():
        yield (lambda _check: None), (lambda _plays: None)
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from firsthand.cli.console import SafeConsole

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed:.0f} plays"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=SafeConsole(stderr=True), transient=True) as shown:
        name = Path(spec.name).name if spec.source == "file" else spec.name
        task = shown.add_task(name, total=None)
        yield (
            (lambda check: shown.update(task, description=f"{name}: {check}")),
            (lambda plays: shown.update(task, advance=plays)),
        )


def _replay(path: Path) -> int:
    """Run all witnesses again; 0 when each still shows what it claims."""
    certificate = load(path)
    spec = certificate.spec
    if spec.source == "file" and not Path(spec.name).is_absolute():
        file, name = file_and_class(spec.name)
        if file.suffix == PICKLED:
            raise UserError(
                f"The environment {file.stem} was defined in a notebook and is gone: "
                "define it in a file and audit that."
            )
        places = [file, path.parent / file, path.parent / file.name]
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise UserError(
                f"The file {file} is not here: run this in the folder where the audit ran."
            )
        spec = spec_of(f"{found}{name and ':'}{name}")
    now = digest_now(spec)
    if now != certificate.target.sha256:
        raise UserError(
            f"{certificate.target.name} has changed since the audit (its hash is "
            f"{now[:12]}, not {certificate.target.sha256[:12]}): audit it again."
        )
    if not certificate.findings:
        tell("The certificate has no findings: nothing to replay.")
        return 0
    still = [shows(spec, finding.witness) for finding in certificate.findings]
    for finding, shown in zip(certificate.findings, still, strict=True):
        tell(f"{'shows again' if shown else 'DOES NOT SHOW'}  {finding.check}: {finding.claim}")
    tell(f"{sum(still)} of {len(still)} witnesses show again.")
    return 0 if all(still) else 1
