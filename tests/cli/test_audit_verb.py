"""`firsthand audit` as it is run: one JSON object on standard output whatever the target prints,
exit codes, replay.
"""

import json
import signal
import subprocess
import sys
import time

import pytest

from firsthand.audit.report.certificate import load

GRADER = """
print("loading")
TASKS = [{"prompt": f"What is {n} + {n + 1}?", "answer": str(2 * n + 1)} for n in range(10, 34)]

def reward(prompt, completion, answer):
    print("grading", completion[:10])
    return float(%s)

def oracle(task):
    return task["answer"]
"""


def firsthand(*arguments, cwd):
    command = [
        sys.executable,
        "-c",
        "from firsthand.cli.main import main; main()",
        "audit",
        *map(str, arguments),
    ]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, cwd=cwd, check=False
    )


def test_a_broken_grader_fails_with_a_witness_that_replays(tmp_path):
    (tmp_path / "grader.py").write_text(GRADER % "answer in completion")
    said = firsthand(
        "grader.py",
        "--json",
        "--out",
        "c.json",
        "--only",
        "enumeration,malformed_input",
        cwd=tmp_path,
    )
    told = json.loads(said.stdout)
    assert said.returncode == 1 and told["verdict"] == "FAIL"
    assert {"check", "class", "severity", "claim", "n", "mean", "witness"} <= set(
        told["findings"][0]
    )
    assert told["spec"]["name"] == "grader.py" and str(tmp_path) not in said.stdout
    again = firsthand("--replay", "c.json", cwd=tmp_path)
    assert again.returncode == 0 and "witnesses show again" in again.stdout
    (tmp_path / "grader.py").write_text(GRADER % "answer == completion")
    changed = firsthand("--replay", "c.json", cwd=tmp_path)
    assert changed.returncode == 2 and "has changed since the audit" in changed.stderr


def test_a_sound_grader_passes(tmp_path):
    (tmp_path / "grader.py").write_text(GRADER % "answer == completion.strip()")
    said = firsthand("grader.py", "--html", "page.html", cwd=tmp_path)
    assert said.returncode == 0, said.stdout
    assert said.stdout.startswith("PASS  grader.py  (24 instances")
    page = (tmp_path / "page.html").read_text()
    assert "grader.py" in page and "PASS" in page


def test_a_file_that_cannot_be_loaded_fails(tmp_path):
    (tmp_path / "grader.py").write_text("import os\nos._exit(0)\n")
    said = firsthand("grader.py", "--json", cwd=tmp_path)
    assert said.returncode == 1 and json.loads(said.stdout)["findings"][0]["check"] == "load"


def test_mistakes_say_how_to_mend_them(tmp_path):
    missing = firsthand("nothing.py", cwd=tmp_path)
    assert missing.returncode == 2 and "There is no file nothing.py" in missing.stderr
    key = firsthand("control/null", "--key", "xyz", cwd=tmp_path)
    assert key.returncode == 2 and "--key is a hexadecimal number" in key.stderr
    check = firsthand("control/null", "--only", "echos", cwd=tmp_path)
    assert check.returncode == 2 and "Did you mean 'echo'?" in check.stderr
    nothing = firsthand(cwd=tmp_path)
    assert nothing.returncode == 2 and "Name one target" in nothing.stderr


def test_a_file_that_cannot_be_loaded_is_replayed_until_it_can(tmp_path):
    file, saved = tmp_path / "grader.py", tmp_path / "c.json"
    file.write_text("raise RuntimeError('no')\n")
    said = firsthand("grader.py", "--json", "--out", "c.json", cwd=tmp_path)
    assert (
        json.loads(said.stdout)["findings"][0]["claim"]
        == "grader.py could not be loaded: RuntimeError: no"
    )
    assert str(tmp_path) not in saved.read_text()
    again = firsthand("--replay", "c.json", cwd=tmp_path)
    assert again.returncode == 0 and again.stdout.startswith(
        "shows again  load: grader.py could not be loaded"
    )
    file.write_text("x = 1\n")
    changed = firsthand("--replay", "c.json", cwd=tmp_path)
    assert changed.returncode == 2 and "has changed since the audit" in changed.stderr


def test_a_report_is_written_into_a_new_folder(tmp_path):
    (tmp_path / "grader.py").write_text("raise RuntimeError\n")
    assert firsthand("grader.py", "--html", "new/folder/page.html", cwd=tmp_path).returncode == 1
    assert "could not be loaded" in (tmp_path / "new" / "folder" / "page.html").read_text()


def worker_of(pid):
    """Say whether a process has a worker of the audit below it, directly or in a jail."""
    found = subprocess.run(
        ["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    )
    rows = [line.split(maxsplit=2) for line in found.stdout.splitlines()[1:]]
    above = {int(child): int(parent) for child, parent, *_ in rows}
    hosts = [int(child) for child, _, *args in rows if "firsthand.process.host" in "".join(args)]
    for host in hosts:
        while host in above and host != pid:
            host = above[host]
        if host == pid:
            return True
    return False


SLOW_REWARD = """
import time
TASKS = [{"prompt": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(24)]

def reward(prompt, completion, answer):
    time.sleep(0.2)
    return float(completion == answer)

def oracle(task):
    return task["answer"]
"""
SLOW_RESET = """
import time

class Env:
    max_steps = 1
    def reset(self, seed):
        time.sleep(0.2)
        self.n = seed % 9
        return f"say {self.n}"
    def step(self, action):
        return "", float(action == f"say:{self.n}"), True, {}

ACTIONS = ["say:<int>"]

def oracle(env, seed):
    return [f"say:{env.n}"]
"""


@pytest.mark.parametrize(
    "program", [SLOW_REWARD, SLOW_RESET], ids=["while it plays", "while instances are made"]
)
def test_ctrl_c_leaves_a_partial_certificate(tmp_path, program):
    (tmp_path / "slow.py").write_text(program)
    command = [
        sys.executable,
        "-c",
        "from firsthand.cli.main import main; main()",
        "audit",
        "slow.py",
        "--json",
        "--out",
        "c.json",
    ]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 30
    while not worker_of(process.pid) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(2.0)  # the target is loaded, and cannot tell: it may write nowhere but in its folder
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 2 and "Traceback" not in err, (err, out[:3000])
    told = json.loads(out)
    assert told["partial"] and told["verdict"] == "INCOMPLETE"
    assert told["checks"][-1]["reason"] == "the audit was stopped"
    assert load(tmp_path / "c.json").root_sha256 == told["root_sha256"]
