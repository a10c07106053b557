"""Run every bridge against the real package, each in a virtual environment of its own.

    python tests/bridges/run.py [NAME...]

The packages cannot be installed together. Environments are made once, in `.venv-bridges` or
`$FIRSTHAND_BRIDGES`, and again when what they hold changes. Prints a table; exits with 1 when a
bridge fails.
"""

import hashlib
import os
import re
import subprocess
import sys
import time
import tomllib
import venv
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
CACHE = Path(os.environ.get("FIRSTHAND_BRIDGES", REPOSITORY / ".venv-bridges"))
TESTS = ("pytest>=8", "pytest-asyncio>=0.25", "pytest-timeout>=2.3")
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
"""Where torch comes without CUDA; where it cannot be reached, pip takes what the index has."""


class Bridge(NamedTuple):
    """One package, pinned to what was tested."""

    package: str
    needs: tuple[str, ...]
    exercised: str
    alone: tuple[str, ...] = ()
    """Packages of which a part is used: without what they need, on any Python."""

    @property
    def test(self) -> Path:
        """Its tests, which the ordinary test run does not collect."""
        return HERE / f"real_{self.package.replace('-', '_')}.py"


def extra(name: str) -> tuple[str, ...]:
    """Return what an extra of ours brings, where that is not the package itself."""
    declared = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    return tuple(declared["project"]["optional-dependencies"][name])


BRIDGES = {
    bridge.package: bridge
    for bridge in (
        Bridge(
            "mcp",
            ("mcp==2.3.0",),
            "serve: their client in process, over HTTP and standard input, as in process; journal",
        ),
        Bridge(
            "gymnasium",
            ("gymnasium==1.4.0", "minigrid==3.2.0"),
            "out: check_env, one seed one trajectory; in: BabyAI's bot, contract, splits",
        ),
        Bridge(
            "trl",
            ("torch==2.13.0", "trl==1.16.0", "jmespath"),
            "environment_factory: two GRPO steps, token ids and masks are our rows', replay",
        ),
        Bridge(
            "inspect-ai",
            ("inspect-ai==0.3.285",),
            "mockllm with scripted calls: scores, checks, log, replay from the log",
        ),
        Bridge(
            "openenv",
            ("openenv==0.10.0",),
            "report rfc008 by their models; serve: GenericEnvClient plays; in: their server played",
        ),
        Bridge(
            "verifiers",
            ("uv", "verifiers==0.4.0"),
            "out: by their null harness: reward, record; in: paid as there, contract, refusals",
        ),
        Bridge(
            "reasoning-gym",
            ("reasoning-gym==0.1.25",),
            "in: five data sets played, contract, splits, refusals",
        ),
        Bridge(
            "textworld",
            extra("textworld"),
            "in: four challenges without jericho: walkthroughs, as their backend, contract, splits",
            alone=("textworld==1.7.0",),
        ),
        Bridge(
            "harbor",
            ("pydantic>=2",),
            "export --format atif: their models of a trajectory, nothing else of it",
            alone=("harbor==0.25.0",),
        ),
        Bridge(
            "tinker",
            ("torch==2.13.0", "peft>=0.19", "safetensors>=0.5", "gguf>=0.17", "tinker==0.38.0"),
            "trainer: their SDK to a server that computes; loss and gradients are our trainer's",
        ),
        Bridge(
            "ray",
            ("ray==2.60.0",),
            "rollout's executor: equal content, 50 actors and 5 nodes killed, callers killed",
        ),
    )
}


class Outcome(NamedTuple):
    """One row of the table."""

    bridge: Bridge
    version: str
    result: str
    passed: bool
    seconds: float


def python(bridge: Bridge) -> Path:
    """Return the interpreter of a bridge's environment, made where it is missing or outdated."""
    folder = CACHE / bridge.package
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = (*TESTS, *bridge.needs, *bridge.alone, (REPOSITORY / "pyproject.toml").read_text())
    stamp, key = folder / "holds", hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    if interpreter.exists() and stamp.exists() and stamp.read_text() == key:
        return interpreter
    venv.create(folder, with_pip=True, clear=True)
    torch = [need for need in bridge.needs if need.startswith("torch==")]
    if torch:
        pip(interpreter, "--retries", "0", "--extra-index-url", CPU_BUILDS, *torch)
    pip(interpreter, "-e", str(REPOSITORY), *TESTS, *bridge.needs)
    if bridge.alone:
        pip(interpreter, "--no-deps", "--ignore-requires-python", *bridge.alone)
    stamp.write_text(key)
    return interpreter


def pip(interpreter: Path, *arguments: str) -> None:
    """Install; what pip says is shown when it fails."""
    done = subprocess.run(
        [interpreter, "-m", "pip", "--disable-pip-version-check", "-q", "install", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"pip install {' '.join(arguments)} failed:\n{done.stderr[-3000:]}")


def outcome(bridge: Bridge) -> Outcome:
    """Run one bridge's tests."""
    started = time.perf_counter()
    interpreter = python(bridge)
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    environment["PATH"] = f"{interpreter.parent}{os.pathsep}{environment.get('PATH', '')}"
    places = os.pathsep.join(map(str, (REPOSITORY / "tests", REPOSITORY / "tests" / "rollout")))
    environment |= {"PYTHONPATH": places, "TRL_EXPERIMENTAL_SILENCE": "1"}
    environment |= {"RAY_AUTH_MODE": "disabled"}  # else Ray writes a token into the home folder
    environment |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    tests = [interpreter, "-m", "pytest", "-o", "filterwarnings=default", "--timeout=500"]
    tests += ["-p", "no:cacheprovider", "--disable-warnings", "-m", "", str(bridge.test)]
    done = subprocess.run(
        tests, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:], file=sys.stderr)
    found = re.findall(r"^(\d+ \w+.*?) in [\d.]+s", done.stdout, re.MULTILINE)
    result = found[-1] if found else f"pytest ended with {done.returncode}"
    return Outcome(
        bridge,
        version(interpreter, bridge.package),
        result,
        done.returncode == 0,
        time.perf_counter() - started,
    )


def version(interpreter: Path, package: str) -> str:
    """Ask the environment which version it has."""
    asked = f"import importlib.metadata as m; print(m.version({package!r}))"
    done = subprocess.run([interpreter, "-c", asked], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main(names: list[str]) -> int:
    """Run the named bridges, or all; print the table."""
    if unknown := [name for name in names if name not in BRIDGES]:
        print(f"No bridge is named {', '.join(unknown)}: {', '.join(BRIDGES)}.", file=sys.stderr)
        return 2
    outcomes = []
    for name in names or BRIDGES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        outcomes.append(outcome(BRIDGES[name]))
    print("| package | version | what was exercised | result | seconds |")
    print("| --- | --- | --- | --- | --- |")
    for found in outcomes:
        print(
            f"| {found.bridge.package} | {found.version} | {found.bridge.exercised} "
            f"| {found.result} | {found.seconds:.0f} |"
        )
    return 0 if all(found.passed for found in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
