"""Kinds of flaws of text graders, and sound graders of the same kinds that look broken."""

import textwrap

import pytest

from firsthand.audit.accusation import shows
from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

HEAD = """
import json, random, re
rng = random.Random(5)

def oracle(task):
    return task.get("says", str(task["answer"]))
"""
ROLES = """
TASKS = []
for number in range(16):
    names = rng.sample(["Ann", "Bo", "Cy", "Dee", "Eve", "Fay"], 3)
    seats = {name: rng.choice(["window", "aisle", "middle"]) for name in names}
    lines = "\\n".join(
        f"{n}. {name} gets a {seat} seat"
        for n, (name, seat) in enumerate(seats.items(), 1)
    )
    TASKS.append({
        "prompt": f"Flight {number}: {seats}. Who sits where? One line each.",
        "answer": seats,
        "says": f"SAYS{lines}",
    })

def seats_of(completion):
    return dict(re.findall(r"(\\w+) gets an? (window|aisle|middle) seat", completion))
"""
TOOLS = """
TASKS = []
for number in range(16):
    call = {
        "name": rng.choice(["lamp", "heater"]),
        "arguments": {
            "room": f"room {number}",
            "level": rng.randint(1, 9),
            "priority": "normal",
        },
    }
    TASKS.append({
        "prompt": f"Home: set {call['name']} of room {number} to {call['arguments']['level']}. "
        "Priority is low, normal or high.",
        "answer": call,
        "says": f"<tool_call>{json.dumps(call)}</tool_call>",
    })

def call_of(completion):
    found = re.search(r"<tool_call>(.*?)</tool_call>", completion[:2000], re.S)
    try:
        call = json.loads(found[1]) if found else {}
    except (ValueError, RecursionError):
        return {}
    return call if isinstance(call, dict) and isinstance(call.get("arguments"), dict) else {}
"""
NAMES = """
ROWS = [
    ["Lisbon"],
    ["Vienna", "Wien"],
    ["3.14"],
    ["-40"],
    ["16:9"],
    ["C#"],
    ["0.5"],
    ["12.75"],
    ["-7.5"],
    ["3/4"],
    ["Oslo"],
    ["2.54"],
]
TASKS = [
    {
        "prompt": f"Question {n} of {len(ROWS)}? "
        "Reason in <think> </think> and answer in <answer> </answer>.",
        "answer": row,
        "says": f"<think>I recall {n} facts. None is {row[0]} yet.</think> "
        f"<answer>{row[0]}</answer>",
    }
    for n, row in enumerate(ROWS)
]

def said(completion):
    found = re.findall(r"<answer>(.*?)</answer>", completion, re.S)
    return found[0].strip() if len(found) == 1 else ""
"""
SHARES = """
SHARES = (
    *((1, 8), (3, 8), (5, 16), (7, 16), (1, 5)),
    *((2, 5), (3, 20), (9, 20), (7, 25), (11, 40)),
)
TASKS = [
    {
        "prompt": f"What share is {a} of {b}, as a decimal with three places?",
        "answer": f"{a / b:.3f}",
    }
    for a, b in SHARES
]

def number(completion):
    is_number = re.fullmatch(r"-?\\d{1,9}(\\.\\d{1,9})?", completion.strip())
    return float(completion) if is_number else 1e18
"""
QUERIES = """
TASKS = []
for number in range(14):
    town, age = rng.choice(["Bern", "Lyon", "Turin"]), rng.randint(20, 70)
    query = (
        f"SELECT name FROM people WHERE town = '{town}' AND age > {age} "
        f"ORDER BY age LIMIT {number + 2}"
    )
    TASKS.append({
        "prompt": f"SQL for the {number + 2} youngest people of {town} older than {age}, "
        "sorted by age.",
        "answer": query,
    })
"""
COMMANDS = """
TASKS = []
for number in range(14):
    flags = " ".join(rng.sample(["--all", "--long", "--recursive", "--human"], 2))
    TASKS.append({
        "prompt": f"A shell command: list folder{number}, {flags.replace('--', '')}.",
        "answer": f"ls {flags} folder{number}",
    })
"""
FILTERS = """
TASKS = []
for number in range(14):
    label, state = rng.choice(["bug", "docs"]), rng.choice(["open", "closed"])
    query = f"author:user{number} label:{label} state:{state}"
    TASKS.append({"prompt": f"Write the search for {query.replace(':', ' ')}.", "answer": query})
"""
SUMS = """
CRATES = ((3, 17), (4, 26), (5, 19), (6, 23), (7, 31), (8, 27), (9, 41), (12, 13))
TASKS = [
    {
        "prompt": f"{n} crates of {m} apples, how many apples? Think step by step, then FORM.",
        "answer": n * m,
        "says": f"There are {n} crates.\\nEach holds {m}.\\n#### {n * m}",
    }
    for n, m in CRATES
]
"""
LISTS = """
TASKS = [
    {
        "prompt": f"The divisors of {n} in ascending order, separated by commas.",
        "answer": [d for d in range(1, n + 1) if n % d == 0],
        "says": ", ".join(str(d) for d in range(1, n + 1) if n % d == 0),
    }
    for n in (12, 18, 20, 28, 30, 42, 45, 50, 63, 66)
]

def numbers(completion):
    return [int(x) for x in completion[:500].split(",") if re.fullmatch(r"\\s*\\d{1,6}\\s*", x)]
"""
PLAIN = """
def reward(prompt, completion, answer):
    return float(' '.join(completion.split()) == answer)
"""

FLAWED = {
    "one person is compared": (
        "mutation",
        ROLES.replace("SAYS", ""),
        """
        def reward(prompt, completion, answer):
            got, first = seats_of(completion), list(answer)[0]
            return float(got.get(first) == answer[first])
        """,
    ),
    "arguments may be empty": (
        "mutation",
        TOOLS,
        """
        def reward(prompt, completion, answer):
            call = call_of(completion)
            return float(
                call.get('name') == answer['name']
                and all(answer['arguments'].get(k) == v for k, v in call['arguments'].items())
            )
        """,
    ),
    "a key that never varies": (
        "mutation",
        TOOLS,
        """
        def reward(prompt, completion, answer):
            call = call_of(completion)
            if not call or call.get('name') != answer['name']:
                return 0.0
            made = call['arguments']
            return float(
                set(made) == set(answer['arguments'])
                and made['priority'] in ('low', 'normal', 'high')
                and made['room'] == answer['arguments']['room']
                and made['level'] == answer['arguments']['level']
            )
        """,
    ),
    "punctuation is dropped": (
        "mutation",
        NAMES,
        """
        def reward(prompt, completion, answer):
            plain = lambda text: re.sub(r'[^a-z0-9 ]', '', text.lower())
            return float(plain(said(completion)) in [plain(x) for x in answer])
        """,
    ),
    "percent and share are one": (
        "mutation",
        SHARES,
        """
        def reward(prompt, completion, answer):
            got = number(completion)
            return float(any(abs(got - k * float(answer)) < 1e-6 for k in (1, 100)))
        """,
    ),
    "the complement is one": (
        "mutation",
        SHARES,
        """
        def reward(prompt, completion, answer):
            got = number(completion)
            return float(min(abs(got - float(answer)), abs(1 - got - float(answer))) < 1e-6)
        """,
    ),
    "the condition is not read": (
        "mutation",
        QUERIES,
        """
        def reward(prompt, completion, answer):
            head = lambda q: re.split(r' AND | ORDER ', q)[0].strip()
            return float(head(completion) == head(answer))
        """,
    ),
    "options are not read": (
        "mutation",
        COMMANDS,
        """
        def reward(prompt, completion, answer):
            words = lambda text: [w for w in text.split() if not w.startswith('-')]
            return float(words(completion) == words(answer))
        """,
    ),
    "a part of the filters is enough": (
        "mutation",
        FILTERS,
        """
        def reward(prompt, completion, answer):
            got = set(completion.split())
            return float(len(got) > 1 and got <= set(answer.split()))
        """,
    ),
    "the first twenty letters": (
        "mutation",
        FILTERS,
        """
        def reward(prompt, completion, answer):
            return float(completion[:20] == answer[:20] and len(completion) >= len(answer))
        """,
    ),
    "shorter lists pass": (
        "mutation",
        LISTS,
        """
        def reward(prompt, completion, answer):
            got = numbers(completion)
            return float(len(got) > 1 and all(a == b for a, b in zip(got, answer)))
        """,
    ),
    "what cannot be read is skipped": (
        "mutation",
        LISTS,
        """
        def reward(prompt, completion, answer):
            return float(numbers(completion) == answer)
        """,
    ),
    "only the end is looked at": (
        "surrounding_text",
        SUMS.replace("FORM", "write the total after ####"),
        r"""
        def reward(prompt, completion, answer):
            found = re.findall(r'#### (\d+)', completion[-200:])
            return float(found[-1:] == [str(answer)])
        """,
    ),
    "only the beginning is looked at": (
        "surrounding_text",
        SUMS.replace("FORM", "write the total after ####"),
        r"""
        def reward(prompt, completion, answer):
            found = re.findall(r'#### (\d+)', completion[:1500])
            return float(found[-1:] == [str(answer)])
        """,
    ),
    "everything after the mark is the answer": (
        "surrounding_text",
        SUMS.replace("FORM", "write the total after ####"),
        """
        def reward(prompt, completion, answer):
            return float(completion.split('####')[-1].strip() == str(answer))
        """,
    ),
    "an empty list holds nothing wrong": (
        "empty",
        LISTS.replace('"says": ', '"says": "<answer>[" + ').replace(
            "if n % d == 0),", "if n % d == 0) + ']</answer>',"
        ),
        """
        def reward(prompt, completion, answer):
            found = re.fullmatch(r'<answer>(.*)</answer>', completion, re.S)
            try:
                got = json.loads(found[1]) if found else None
            except (ValueError, RecursionError):
                return 0.0
            return float(isinstance(got, list) and all(x in answer for x in got))
        """,
    ),
    "long reasoning is refused": (
        "surrounding_text",
        NAMES,
        """
        def reward(prompt, completion, answer):
            return float(len(completion) < 600 and said(completion) in answer)
        """,
    ),
}
SOUND = {
    "roles over lines, after a sentence": (
        ROLES.replace("SAYS", "I try some combinations, one by one.\\n"),
        """
        def reward(prompt, completion, answer):
            got = seats_of(completion)
            return 2.0 if got == answer and completion.count(' seat') == len(answer) else -0.5
        """,
    ),
    "tool calls": (
        TOOLS,
        """
        def reward(prompt, completion, answer):
            call = call_of(completion)
            same = call == answer and type(call['arguments'].get('level')) is int
            return float(same and completion.count('tool_call') == 2)
        """,
    ),
    "accepted forms": (
        NAMES,
        """
        def reward(prompt, completion, answer):
            return float(said(completion).casefold() in [x.casefold() for x in answer])
        """,
    ),
    "shares": (
        SHARES,
        """
        def reward(prompt, completion, answer):
            return float(abs(number(completion) - float(answer)) < 0.0006)
        """,
    ),
    "queries": (QUERIES, PLAIN),
    "filters in any order": (
        FILTERS,
        """
        def reward(prompt, completion, answer):
            got = completion.split()
            return float(sorted(got) == sorted(answer.split()))
        """,
    ),
    "the total alone": (
        SUMS.replace("FORM", "end with the total after #### and nothing else"),
        """
        def reward(prompt, completion, answer):
            return float(completion.split('####')[-1].strip() == str(answer))
        """,
    ),
    "lists": (
        LISTS,
        r"""
        def reward(prompt, completion, answer):
            if not re.fullmatch(r'\s*\d{1,6}(\s*,\s*\d{1,6}){0,50}\s*', completion[:600]):
                return 0.0
            return float([int(x) for x in completion[:600].split(',')] == answer)
        """,
    ),
}
TEXTS = (
    "oracle,empty,constants,echo,enumeration,odd_values,mutation,merged_answers,side_numbers,"
    "other_answers,surrounding_text,invariance,copy_rules"
)


def audited(tmp_path, tasks, reward, *only):
    file = tmp_path / "target.py"
    file.write_text(HEAD + textwrap.dedent(tasks) + "\n" + textwrap.dedent(reward))
    return run(spec_of(str(file)), Options(only=only))


@pytest.mark.parametrize("name", FLAWED)
def test_the_flaw_is_found_by_the_check_that_is_about_it(tmp_path, name):
    check, tasks, reward = FLAWED[name]
    certificate = audited(tmp_path, tasks, reward, "oracle", check)
    found = [finding for finding in certificate.findings if finding.severity != "minor"]
    assert [finding.check for finding in found][:1] == [check], certificate.checks
    assert shows(certificate.spec, found[0].witness), "the witness shows again"


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_sibling_is_accused_of_nothing(tmp_path, name):
    certificate = audited(tmp_path, *SOUND[name], *TEXTS.split(","))
    assert certificate.verdict == "PASS", [
        (found.check, found.claim, found.witness.plays[-1].actions)
        for found in certificate.findings
        if found.severity != "minor"
    ]
