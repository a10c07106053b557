"""What `firsthand audit` does with one target after another: prepare it, run it, keep what was
found, and run the witnesses again.
"""

import inspect
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from firsthand.audit.accusation import shows
from firsthand.audit.budget import Options
from firsthand.audit.environment_hash import environment_sha256
from firsthand.audit.naming import digest_now, spec_of
from firsthand.audit.process import scratch
from firsthand.audit.report.certificate import Certificate, load
from firsthand.audit.suite import SUITE, load_failed, run
from firsthand.audit.targets.file import PICKLED
from firsthand.audit.targets.named_file import file_and_class
from firsthand.audit.targets.protocol import Spec
from firsthand.bridges import listed_rewards, rewards
from firsthand.bridges.rewards import SUFFIX, Reward, Wanted
from firsthand.bridges.sarif import Audited
from firsthand.cli.terminal import tell
from firsthand.errors import UserError
from firsthand.registry import environments, from_source, lookup, sources

GRADERS = "reasoning-gym"
"""A source that is audited as graders of answers; its environments are looked up by name."""


class Subject(NamedTuple):
    """One target that is about to be audited; `reward` where it was made of a reward function."""

    spec: Spec
    reward: Reward | None = None


def named(target: str | None, everything: bool) -> list[str]:
    """Return the names of the targets that are meant by a name, or by --all. Raises `UserError`."""
    if (target is None) == (not everything):
        raise UserError(
            "Name one target, or give --all: an environment, a domain, a Python file, or "
            "reasoning-gym:NAME."
        )
    known = environments()
    if target is None:
        return known
    if target == f"{GRADERS}:*":
        from firsthand.audit.targets.reasoning_gym import names

        return [f"{GRADERS}:{name}" for name in names()]
    source, colon, _ = target.partition(":")
    if colon and source != GRADERS and source in sources():
        return [lookup(target).name]
    return [name for name in known if name.startswith(f"{target}/")] or [target]


@contextmanager
def prepared(wanted: Wanted, out: Path | None) -> Generator[Subject]:
    """Make a target of a reward function, beside its certificate where one is kept.

    Raises `UserError`, `UnknownName`, `MissingExtra`.
    """
    with nullcontext(out.parent) if out is not None else scratch.folder() as folder:
        last = wanted.source.rpartition(":")[2].rstrip("/").rpartition("/")[2]
        stem = out.stem if out is not None else last
        reward = rewards.prepare(wanted, folder / f"{stem}{SUFFIX}")
        yield Subject(reward.spec, reward)


@contextmanager
def listed(folder: Path) -> Generator[list[Subject]]:
    """Prepare what pyproject.toml lists; where it lists nothing, all installed environments."""
    entries = listed_rewards.listed()
    subjects: list[Subject] = []
    with ExitStack() as held:
        for entry in entries:
            if isinstance(entry, str):
                subjects += [Subject(spec_of(name)) for name in named(entry, False)]
            else:
                function = entry.source.rstrip("/").rpartition("/")[2]
                subjects.append(held.enter_context(prepared(entry, folder / file_of(function))))
        yield subjects if entries else [Subject(spec_of(name)) for name in environments()]


def name_of(subject: Subject) -> str:
    """Return how a certificate calls a subject."""
    if subject.reward is not None:
        return subject.reward.name
    file = subject.spec.source == "file"
    return file_and_class(subject.spec.name)[0].name if file else subject.spec.name


def unchanged(
    subject: Subject, folder: Path, options: Options, since: str = ""
) -> Certificate | None:
    """Return the certificate of a subject if it is whole, and about the code that is here.

    One without a check that is asked for now does not count: it may have been made with --only. It
    is looked for in a folder of certificates; with `since`, as that revision of git has it.
    Raises `UserError` where git does not know the revision.
    """
    place = folder / file_of(name_of(subject))
    found = _as_of(since, place) if since else place
    if found is None or not found.is_file():
        return None
    try:
        certificate = load(found)
    except UserError:  # damaged, or of another version: audited again
        return None
    finally:
        if since:
            found.unlink()
    asked = set(options.only) or {check.id for check in SUITE}
    ran = {check.id for check in certificate.checks}
    if certificate.partial or not (asked <= ran or "load" in ran):
        return None
    return certificate if certificate.target.sha256 == _sha256(subject.spec) else None


def _sha256(spec: Spec) -> str:
    if spec.source != "native" or ":" in spec.name:
        return digest_now(spec)
    return environment_sha256(lookup(spec.name))


def _as_of(revision: str, place: Path) -> Path | None:
    """Return a copy of a file as a revision has it; None where it has none."""
    if not _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"):
        raise UserError(f"git knows no revision {revision!r} here (a shallow clone has few).")
    content = _git("show", f"{revision}:./{place.as_posix()}")
    if not content:
        return None
    with tempfile.NamedTemporaryFile(suffix=".json", delete=False) as file:
        file.write(content)
    return Path(file.name)


def _git(*command: str) -> bytes:
    try:
        return subprocess.run(["git", *command], capture_output=True, check=False).stdout
    except FileNotFoundError:
        raise UserError("--since needs git, which is not installed.") from None


def audited(subject: Subject, options: Options) -> Certificate:
    """Audit one target, and show on a terminal how far it is."""
    if subject.reward is None:
        return _run(subject.spec, options, subject.spec.name)
    with rewards.importable(subject.reward.file):
        certificate = _run(subject.spec, options, subject.reward.name)
    return rewards.named(certificate, subject.reward)


def _run(spec: Spec, options: Options, name: str) -> Certificate:
    with _bar(Path(name).name if spec.source == "file" else name) as (begin, tick):
        try:
            return run(spec, options, begin=begin, tick=tick)
        except UserError as error:
            if spec.source != "file" or "could not be loaded" not in str(error):
                raise
            return load_failed(spec, options, str(error))


def placed(subject: Subject, certificate: Certificate) -> Audited:
    """Return a certificate with the place where its target is written, as far as it is known."""
    if subject.reward is not None:
        return Audited(certificate, subject.reward.file, subject.reward.line)
    if subject.spec.source == "file":
        return Audited(certificate, file_and_class(subject.spec.name)[0])
    if subject.spec.source == "native" and ":" not in subject.spec.name:
        environment = lookup(subject.spec.name)
        if from_source(environment):
            return Audited(certificate)
        line = inspect.getsourcelines(environment)[1]
        return Audited(certificate, Path(inspect.getfile(environment)), line)
    return Audited(certificate)


def saved(certificate: Certificate, out: Path | None, *, alone: bool) -> Path | None:
    """Write a certificate where it was asked for, and return where that is."""
    if out is None:
        return None
    place = out if alone and not out.is_dir() else out / file_of(certificate.target.name)
    certificate.save(place)
    return place


def file_of(name: str) -> str:
    """Return the file name of a target's certificate in a folder of certificates."""
    return f"{name.replace('/', '_').replace(':', '_')}.json"


@contextmanager
def _bar(name: str) -> Generator[tuple[Callable[[str], None], Callable[[int], None]]]:
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
        task = shown.add_task(name, total=None)
        yield (
            (lambda check: shown.update(task, description=f"{name}: {check}")),
            (lambda plays: shown.update(task, advance=plays)),
        )


def replayed(path: Path) -> int:
    """Run all witnesses again; 0 when each still shows what it claims."""
    certificate = load(path)
    spec, imports = certificate.spec, None
    if spec.source == "file" and not Path(spec.name).is_absolute():
        file, name = file_and_class(spec.name)
        found = _found(file, path.parent)
        spec = spec_of(f"{found}{name and ':'}{name}")
        imports = rewards.imports_of(found) if found.name.endswith(SUFFIX) else None
    now = digest_now(spec)
    if now != certificate.target.sha256:
        raise UserError(
            f"{certificate.target.name} has changed since the audit (its hash is "
            f"{now[:12]}, not {certificate.target.sha256[:12]}): audit it again."
        )
    if not certificate.findings:
        tell("The certificate has no findings: nothing to replay.")
        return 0
    with nullcontext() if imports is None else rewards.importable(imports):
        still = [shows(spec, finding.witness) for finding in certificate.findings]
    for finding, shown in zip(certificate.findings, still, strict=True):
        tell(f"{'shows again' if shown else 'DOES NOT SHOW'}  {finding.check}: {finding.claim}")
    tell(f"{sum(still)} of {len(still)} witnesses show again.")
    return 0 if all(still) else 1


def _found(file: Path, beside: Path) -> Path:
    """Return where a file that a certificate names is now. Raises `UserError`."""
    if file.suffix == PICKLED:
        raise UserError(
            f"The environment {file.stem} was defined in a notebook and is gone: "
            "define it in a file and audit that."
        )
    places: Sequence[Path] = (file, beside / file, beside / file.name)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise UserError(f"The file {file} is not here: run this in the folder where the audit ran.")
    return found
