"""A witness shows what its claim says: it is shortened no further."""

import pytest

from firsthand.audit.budget import Options
from firsthand.audit.checks.answers.enumeration import still_a_list
from firsthand.audit.checks.malformed_input import texts
from firsthand.audit.formats.quotes import quotes
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

GRADER = """
import random
TASKS = []
for n in range(12):
    rng = random.Random(n)
    a, b = rng.randrange(100, 900), rng.randrange(100, 900)
    prompt = (
        f'Add the numbers "{{a}}" and "{{b}}".\\n'
        "Think first, then write the sum in a line of its own."
    )
    TASKS.append({{"prompt": prompt, "answer": a + b}})

def oracle(task):
    return f"I add them.\\n{{task['answer']}}"

def reward(prompt, completion, answer):
    right = completion.split()[-1:] == [str(answer)]
    return float(right or ({paid}))
"""
PAID = {
    "a closing bracket": "')' in completion",
    "a word of the prompt": "'numbers' in completion",
    "a digit": "'42' in completion",
    "the answer somewhere": "str(answer) in completion",
    "many words": "len(completion.split()) > 50",
}
CHECKS = (
    *("oracle", "empty", "constants", "echo", "enumeration", "odd_values", "judges"),
    "malformed_input",
)


@pytest.fixture(scope="module", params=PAID)
def findings(request, tmp_path_factory):
    file = tmp_path_factory.mktemp("grader") / "grader.py"
    file.write_text(GRADER.format(paid=PAID[request.param]))
    certificate = run(spec_of(str(file)), Options(budget="quick", only=CHECKS))
    found = [finding for finding in certificate.findings if finding.witness.shows == "pays"]
    assert found, "each of these graders pays for something"
    return found


def test_witnesses_hold_what_their_claims_quote_and_name(findings):
    for finding in findings:
        (text,) = finding.witness.plays[-1].actions
        if not finding.claim.startswith("Hostile"):
            assert all(said in text for said in quotes(finding.claim)), finding
        if finding.claim.startswith("Hostile input is paid: "):
            name = finding.claim.removeprefix("Hostile input is paid: ").removesuffix(".")
            assert texts()[name.removesuffix(", in the answer's place")] in text
        if finding.claim.startswith("Repeating the prompt is paid: the whole prompt"):
            assert "Add the numbers" in text and text.endswith("a line of its own.")


def test_a_shortened_list_still_gives_three_answers():
    answers = ["12", "15", "120", "7"]
    whole = "It may be 12 or 15 or 120 or 7."
    assert still_a_list("12 or 15 or 120", whole, answers)
    assert not still_a_list("12 or 120", whole, answers)
    assert not still_a_list("1200 12 15", whole, answers)
    assert still_a_list("12 15", "12 15", answers)
