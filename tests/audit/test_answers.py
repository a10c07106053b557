"""What answers are made of: JSON, numbers beside the answer, case, equal forms, options and
numbered questions; each flaw beside a sound sibling.
"""

import textwrap

import pytest

from firsthand.audit.accusation import shows
from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run
from firsthand.errors import UserError

HEAD = """
import json, random, re
from fractions import Fraction
rng = random.Random(5)

def oracle(task):
    return task.get("says", str(task["answer"]))
"""
RECORDS = """
TASKS = []
for number in range(20):
    record = {
        "item": rng.choice(["rug", "vase", "lamp"]),
        "count": rng.randint(2, 90),
        "gift": rng.random() < 0.5,
    }
    TASKS.append({
        "prompt": f"Order {number}: {record['count']} of {record['item']}, "
        f"{'a gift' if record['gift'] else 'no gift'}. Reply in JSON.",
        "answer": record,
        "says": json.dumps(record),
    })

def read(completion):
    try:
        found = json.loads(completion[:500])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
"""
READINGS = """
TASKS = [
    {
        "prompt": f"Measure {n} blocks of 17 mm and state an uncertainty.",
        "answer": n * 17,
        "says": f"{n * 17} +- 2 mm",
    }
    for n in range(3, 27)
]

def read(completion):
    found = re.fullmatch(r"(\\d{1,9}) \\+- (\\d{1,9}) mm", completion)
    return (int(found[1]), int(found[2])) if found else (-10**9, 0)
"""
GENES = """
PAIRS = [(a, b) for a in ("AA", "Aa", "aa", "aA") for b in ("BB", "Bb", "bb", "bB")]
TASKS = [
    {"prompt": f"Cross {n}: parents {a} and {b}?", "answer": f"{a}{b}"}
    for n, (a, b) in enumerate(PAIRS)
]
"""
ODDS = """
COUNTERS = (
    *((1, 4), (1, 2), (3, 4), (1, 5), (2, 5)),
    *((3, 8), (7, 20), (9, 20), (1, 8), (3, 10)),
)
TASKS = [
    {
        "prompt": f"{a} of {b} counters are red. "
        "The chance of red, as a fraction or a decimal?",
        "answer": str(Fraction(a, b)),
    }
    for a, b in COUNTERS
]
"""
QUIZ = """
TASKS = []
for number in range(24):
    shown = {options}
    TASKS.append({{
        "prompt": f"Sheet {{number + 40}}. Which of these is {{number}}?\\n"
        + "\\n".join(f"* {{x}}" for x in shown),
        "answer": {answer},
    }})
"""
PLAIN = """
def reward(prompt, completion, answer):
    return float(completion.strip() == answer)
"""

FLAWED = {
    "a key is not compared": (
        "mutation",
        RECORDS,
        """
        def reward(prompt, completion, answer):
            got = read(completion)
            return float(
                got.get('item') == answer['item']
                and got.get('count') == answer['count']
                and 'gift' in got
            )
        """,
    ),
    "a key may be left out": (
        "mutation",
        RECORDS,
        """
        def reward(prompt, completion, answer):
            got = read(completion)
            return float(bool(got) and all(got.get(k, v) == v for k, v in answer.items()))
        """,
    ),
    "1 is true": (
        "mutation",
        RECORDS,
        """
        def reward(prompt, completion, answer):
            return float(read(completion) == answer)
        """,
    ),
    "any uncertainty": (
        "side_numbers",
        READINGS,
        """
        def reward(prompt, completion, answer):
            value, about = read(completion)
            return float(abs(value - answer) <= about)
        """,
    ),
    "case is dropped": (
        "merged_answers",
        GENES,
        """
        def reward(prompt, completion, answer):
            return float(completion.strip().lower() == answer.lower())
        """,
    ),
    "one decimal, one fraction": (
        "invariance",
        ODDS,
        """
        def reward(prompt, completion, answer):
            return float(completion.strip() in (answer, str(float(Fraction(answer)))))
        """,
    ),
    "the first option": (
        "copy_rules",
        QUIZ.format(options="[f'w{number}', 'none', 'all', f'v{number}']", answer="shown[0]"),
        PLAIN,
    ),
    "the number of the sheet": (
        "copy_rules",
        QUIZ.format(options="rng.sample(['w', 'x', 'y', 'z'], 4)", answer="'wxy'[number // 8]"),
        PLAIN,
    ),
    "sheets in turn": (
        "copy_rules",
        QUIZ.format(options="rng.sample(['w', 'x', 'y', 'z'], 4)", answer="'wxyz'[number % 4]"),
        PLAIN,
    ),
    "evaluated": (
        "odd_values",
        "TASKS = [{'prompt': f'{n} + {n * n}?', 'answer': n + n * n} for n in range(20)]\n",
        """
        def reward(prompt, completion, answer):
            try:
                return float(eval(completion[:200], {}) == answer)
            except Exception:
                return 0.0
        """,
    ),
    "every zero balances": (
        "mutation",
        """
        FACTORS = ((2, 3), (5, 7), (4, 9), (3, 8), (7, 2), (6, 5), (9, 4), (8, 3))
        TASKS = [
            {
                'prompt': f'Numbers x y with {n} x = {m} y?',
                'answer': [m, n],
                'says': f'{m} {n}',
            }
            for n, m in FACTORS
        ]
        """,
        r"""
        def reward(prompt, completion, answer):
            found = re.fullmatch(r'(\d{1,4}) (\d{1,4})', completion.strip())
            return float(bool(found) and answer[1] * int(found[1]) == answer[0] * int(found[2]))
        """,
    ),
    "no floor": (
        "empty",
        "TASKS = [{'prompt': f'Name {n}.', 'answer': f'name{n}'} for n in range(12)]\n",
        """
        def reward(prompt, completion, answer):
            words = completion.split()
            return float(answer in words) - 0.5 * sum(word != answer for word in words)
        """,
    ),
}
SOUND = {
    "records": (
        RECORDS,
        """
        def reward(prompt, completion, answer):
            got = read(completion)
            return float(
                got == answer
                and [type(got[k]) for k in answer] == [type(v) for v in answer.values()]
            )
        """,
    ),
    "readings": (
        READINGS,
        """
        def reward(prompt, completion, answer):
            value, about = read(completion)
            return float(abs(value - answer) <= min(about, 2))
        """,
    ),
    "genes": (GENES, PLAIN),
    "odds": (
        ODDS,
        r"""
        def reward(prompt, completion, answer):
            if not re.fullmatch(r'\s*\d{1,6}([./]\d{1,6})?\s*', completion):
                return 0.0
            try:
                return float(Fraction(completion.strip()) == Fraction(answer))
            except ZeroDivisionError:
                return 0.0
        """,
    ),
    "one form of odds": (ODDS, PLAIN),
    "options": (
        QUIZ.format(
            options="rng.sample(['none', 'all', f'w{number}', f'v{number}'], 4)",
            answer="f'w{number}'",
        ),
        PLAIN,
    ),
    "a mild penalty": (
        "TASKS = [{'prompt': f'Name {n}.', 'answer': f'name{n}'} for n in range(12)]\n",
        """
        def reward(prompt, completion, answer):
            return 1.0 if completion.strip() == answer else -0.5
        """,
    ),
}


def audited(tmp_path, tasks, reward, **options):
    file = tmp_path / "target.py"
    file.write_text(HEAD + textwrap.dedent(tasks) + "\n" + textwrap.dedent(reward))
    return run(spec_of(str(file)), Options(**options))


@pytest.mark.parametrize("name", FLAWED)
def test_the_flaw_is_found_by_the_check_that_is_about_it(tmp_path, name):
    check, tasks, reward = FLAWED[name]
    certificate = audited(tmp_path, tasks, reward, only=("oracle", check))
    assert certificate.verdict == "FAIL", name
    finding = next(found for found in certificate.findings if found.severity != "minor")
    assert finding.check == check
    assert shows(certificate.spec, finding.witness), "the witness shows again"


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_sibling_passes_everything(tmp_path, name):
    certificate = audited(tmp_path, *SOUND[name])
    assert certificate.verdict == "PASS", [
        (found.check, found.claim) for found in certificate.findings if found.severity != "minor"
    ]


@pytest.mark.slow
def test_patterns_that_backtrack_end_the_audit_early_and_not_the_auditor(tmp_path):
    slow = r"""
    def reward(prompt, completion, answer):
        words = re.match(r'^(\s*([a-z]+)[,\s]*)+$', completion, re.I)
        return float(bool(words) and completion == answer)
    """
    certificate = audited(
        tmp_path,
        "TASKS = [{'prompt': f'Sort {n}.', 'answer': f'words{chr(97 + n)}'} for n in range(8)]",
        slow,
        only=("empty", "echo"),
    )
    assert certificate.verdict == "FAIL" and certificate.seconds < 150
    (finding,) = certificate.findings
    assert finding.witness.fault == "hang" and "takes more than" in finding.claim


def test_a_file_that_is_no_target_is_the_users_mistake(tmp_path):
    (tmp_path / "notes.py").write_text("x = 1\n")
    with pytest.raises(UserError, match=r"notes\.py is no target: expected TASKS"):
        run(spec_of(str(tmp_path / "notes.py")))


def test_half_a_surrogate_in_a_prompt_is_audited_like_any_other_text(tmp_path):
    certificate = audited(
        tmp_path,
        "TASKS = [{'prompt': f'Say {n} \\ud800.', 'answer': f'{n * 7 + 3}'} for n in range(8)]",
        PLAIN,
        only=("oracle", "empty"),
    )
    assert certificate.verdict == "PASS"
