"""Environments that nobody installed: classes of a script, of a notebook, and of a file."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import firsthand as fh
from firsthand.audit.naming import spec_of
from firsthand.errors import UserError

WORLD = """
import firsthand as fh

WORDS = ("red", "green", "blue")

def mirrored(word):
    return word[::-1]

class Mirror(fh.Environment):
    \"\"\"Say a word backwards.\"\"\"

    name = "own/mirror"
    levels = range(1, 2)
    turns = 4
    base_rate = 0.4

    def reset(self, task):
        self.word, self.said = task.rng("instance").choice(WORDS), ""
        return fh.Observation(f"Say it backwards: {self.word}")

    def act(self, action):
        self.said = action.text
        self.finish()
        return fh.Observation("Heard.", done=True)

    def score(self):
        return fh.Score(right=self.said == mirrored(self.word))

    def expert(self):
        yield fh.Action(mirrored(self.word))
"""
AUDIT = 'fh.audit(Mirror, budget="quick", seeds=12, only=("oracle", "passive"))'


def script(folder, ending):
    path = folder / "my_env.py"
    path.write_text(WORLD + textwrap.dedent(ending))
    return path


def output(*arguments, folder, stdin=None):
    ran = subprocess.run(
        arguments, capture_output=True, text=True, cwd=folder, input=stdin, timeout=60
    )
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "ending",
    [
        f'if __name__ == "__main__":\n    print({AUDIT}.verdict)',
        f"certificate = {AUDIT}\nprint(certificate.verdict)",
        f"try:\n    print({AUDIT}.verdict)\nexcept Exception:\n    print('refused')",
    ],
    ids=["guarded", "unguarded", "unguarded and careful"],
)
def test_a_script_audits_its_own_class(tmp_path, ending):
    path = script(tmp_path, ending)
    assert output(sys.executable, str(path), folder=tmp_path).split() == ["PASS"]


def test_a_class_of_an_interactive_session_is_audited(tmp_path):
    said = output(sys.executable, "-", folder=tmp_path, stdin=f"{WORLD}\nprint({AUDIT}.verdict)")
    assert said.split() == ["PASS"]


def test_a_class_of_a_function_is_audited():
    space = {"__name__": "__main__"}
    exec(compile(WORLD, "<cell>", "exec"), space)
    certificate = eval(AUDIT, space)
    assert certificate.verdict == "PASS" and certificate.target.name == "own/mirror"
    assert certificate.spec.name.endswith("Mirror.pickle")


def test_a_class_that_cannot_be_sent_is_refused_with_the_way_out():
    import threading

    space = {"__name__": "__main__", "lock": threading.Lock()}
    exec(
        compile(WORLD.replace("self.said = action", "lock; self.said = action"), "x", "exec"), space
    )
    with pytest.raises(UserError, match="define it in a file and audit that"):
        eval(AUDIT, space)


def test_a_file_with_one_environment_is_a_target(tmp_path):
    path = script(tmp_path, "")
    certificate = fh.audit(path, budget="quick", seeds=12, only=("oracle",))
    assert (certificate.verdict, certificate.target.name) == ("PASS", "own/mirror")


def test_of_several_environments_in_a_file_one_is_named(tmp_path):
    path = script(tmp_path, 'class Other(Mirror):\n    name = "own/other"\n')
    with pytest.raises(UserError, match=r"defines 2 environments.*my_env\.py:Other"):
        fh.audit(path, only=("oracle",))
    certificate = fh.audit(f"{path}:Other", budget="quick", seeds=12, only=("oracle",))
    assert certificate.target.name == "own/other"


def test_a_missing_file_or_class_is_a_mistake_of_the_user(tmp_path):
    with pytest.raises(UserError, match="There is no file"):
        spec_of(f"{tmp_path}/nothing.py:Mirror")
    path = script(tmp_path, "")
    with pytest.raises(UserError, match="Mirrror"):
        fh.audit(f"{path}:Mirrror", only=("oracle",))
    with pytest.raises(UserError, match=r"is no subclass of firsthand\.Environment"):
        fh.audit(f"{path}:mirrored", only=("oracle",))


def test_the_command_line_takes_the_file_and_replays_its_certificate(tmp_path):
    flaw = "right=self.said == mirrored(self.word)"
    path = tmp_path / "my_env.py"
    path.write_text(WORLD.replace(flaw, "right=bool(self.said)"))
    verb = (str(Path(sys.executable).with_name("firsthand")), "audit")
    said = output(
        *verb, "my_env.py", "--budget", "quick", "--only", "passive", "--out", "c.json",
        folder=tmp_path,
    )  # fmt: skip
    assert "FAIL" in said
    assert "witnesses show again" in output(*verb, "--replay", "c.json", folder=tmp_path)
