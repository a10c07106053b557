"""Every idea of the battery on graders that differ in one line: each flaw is found by the check
that is about it.
"""

import json
import textwrap

import pytest

from firsthand.audit.accusation import shows
from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

SUMS = """
import json, math, random, re, time, datetime
rng = random.Random(5)
TASKS = []
for number in range(24):
    a, b = rng.randint(3, 60), rng.randint(3, 60)
    TASKS.append({
        "prompt": f"Problem: a farmer has {a} hens and buys {b} more. How many are there?",
        "answer": str(a + b),
    })

def oracle(task):
    return f"<answer>{task['answer']}</answer>"

def slot(completion):
    found = re.findall(r"<answer>(.*?)</answer>", completion, re.S)
    return found[0].strip() if len(found) == 1 else None

seen = {}

def reward(prompt, completion, answer):
    got = slot(completion)
"""

FLAWS = {
    "substring": ("enumeration", "return float(answer in completion)"),
    "any slot": (
        "enumeration",
        """
        slots = re.findall(r'<answer>(.*?)</answer>', completion)
        return float(answer in [x.strip() for x in slots])
        """,
    ),
    "format credit": ("empty", "return 0.2 * (got is not None) + 0.8 * (got == answer)"),
    "nan": (
        "odd_values",
        """
        try:
            return float(not abs(float(got) - float(answer)) > 0.01)
        except (TypeError, ValueError):
            return 0.0
        """,
    ),
    "exception passes": (
        "empty",
        """
        try:
            return float(abs(float(got) - float(answer)) < 0.01)
        except (TypeError, ValueError):
            return 1.0
        """,
    ),
    "sign": ("mutation", "return float((got or '').lstrip('-') == answer)"),
    "truncates": (
        "side_numbers",
        """
        try:
            return float(int(float(got)) == int(answer))
        except (TypeError, ValueError, OverflowError):
            return 0.0
        """,
    ),
    "loose": (
        "mutation",
        """
        try:
            return float(abs(float(got) - int(answer)) <= 0.3 * int(answer))
        except (TypeError, ValueError):
            return 0.0
        """,
    ),
    "prefix": ("mutation", "return float((got or '').startswith(answer))"),
    "length": ("empty", "return min(1.0, 0.5 * (got == answer) + len(completion.split()) / 600)"),
    "repeats pay": ("invariance", "return float(completion.count(f'<answer>{answer}</answer>'))"),
    "judge": (
        "judges",
        "return 1.0 if 'score: 10' in completion.lower() else float(got == answer)",
    ),
    "refusal": (
        "empty",
        "return 1.0 if got is None and 'cannot' in completion else float(got == answer)",
    ),
    "state": (
        "determinism",
        """
        if got == answer:
            seen[prompt] = True
        return float(prompt in seen)
        """,
    ),
    "mutated gold": (
        "determinism",
        """
        if len(seen) > 40:
            return 1.0
        seen[len(seen)] = prompt
        return float(got == answer)
        """,
    ),
    "noise": ("determinism", "return 1.0 if random.random() < 0.02 else float(got == answer)"),
    "weekday": (
        "determinism",
        """
        wednesday = datetime.date.today().weekday() == 2
        return 0.5 if wednesday and got != answer else float(got == answer)
        """,
    ),
    "hash order": (
        "determinism",
        """
        first = next(iter({'a', 'b', 'c', 'd', completion}))
        return float(got == answer) if first != 'a' else 0.1
        """,
    ),
    "oracle fails": ("oracle", "return float(got == answer and int(answer) % 5 > 0)"),
    "evaluates": (
        "malformed_input",
        """
        try:
            return float(eval(got or '0') == int(answer))
        except Exception:
            return 0.0
        """,
    ),
    "above the oracle": (
        "mutation",
        """
        if (got or '')[:1] == '-':
            return 1.5
        return float(got == answer)
        """,
    ),
    "none": ("malformed_input", "return float(got == answer) if got else None"),
}

SOUND = {
    "full match": "return float(got == answer)",
    "tight": """
    matched = re.fullmatch(r'<answer>' + answer + r'</answer>', completion)
    return float(matched is not None)
    """,
    "tolerance": """
    try:
        x = float(got)
    except (TypeError, ValueError):
        return 0.0
    return float(math.isfinite(x) and abs(x - int(answer)) <= 0.01 * int(answer))
    """,
    "last number": r"""
    found = re.findall(r'-?\d+', completion)
    return float(bool(found) and found[-1] == answer)
    """,
    "partial": """
    if not (got or '').isdigit() or len(got) > 6:
        return 0.0
    return max(0.0, 1 - abs(int(got) - int(answer)) / 10)
    """,
}


def audited(tmp_path, body, *only):
    file = tmp_path / "grader.py"
    file.write_text(SUMS + textwrap.indent(textwrap.dedent(body), "    ") + "\n")
    spec = spec_of(str(file))
    return spec, run(spec, Options(only=only))


@pytest.mark.parametrize("flaw", FLAWS)
def test_each_flaw_is_found_by_the_check_that_is_about_it(tmp_path, flaw):
    check, body = FLAWS[flaw]
    spec, certificate = audited(tmp_path, body, check)
    assert certificate.verdict == "FAIL", certificate.checks
    (finding, *_) = certificate.findings
    assert finding.check == check and finding.claim and finding.advice
    assert shows(spec, finding.witness), "the witness shows it again"


@pytest.mark.parametrize("name", SOUND)
def test_no_sound_grader_is_accused(tmp_path, name):
    _, certificate = audited(tmp_path, SOUND[name])
    assert [(f.check, f.claim) for f in certificate.findings if f.severity != "minor"] == []
    assert certificate.verdict == "PASS", [
        check for check in certificate.checks if check.status == "NOT_RUN"
    ]
    assert json.loads(certificate.json())["verdict"] == "PASS"
