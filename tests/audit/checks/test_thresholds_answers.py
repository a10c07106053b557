"""At each threshold of the answer checks a grader is accused, and just below it is not."""

import pytest

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

GRADER = """
TASKS = [
    {{
        "prompt": f"Case {{n}}: what is {{n}} times 37? "
        "Think step by step, then write #### and the number.",
        "answer": n * 37,
    }}
    for n in range(3, 23)
]

def oracle(task):
    return f"I multiply.\\n#### {{task['answer']}}"

def reward(prompt, completion, answer):
    number, text = answer // 37 - 3, completion.split("####")
    said = text[-1].split()[0] if len(text) > 1 and text[-1].split() else ""
    {rule}
"""
SIGN = "return float(said == str(answer) or (number < {n} and said == str(-answer)))"
AFTER = "return float(said == str(answer) and (number >= {n} or not text[-1].split()[1:]))"


def failed(tmp_path, rule, check):
    file = tmp_path / "grader.py"
    file.write_text(GRADER.format(rule=rule))
    certificate = run(spec_of(str(file)), Options(only=("oracle", check)))
    return certificate.verdict == "FAIL"


@pytest.mark.parametrize(("paid", "accused"), [(4, True), (3, False)])
def test_an_edit_is_accused_from_a_fifth_of_the_instances(tmp_path, paid, accused):
    assert failed(tmp_path, SIGN.format(n=paid), "mutation") is accused


@pytest.mark.parametrize(("refused", "accused"), [(18, True), (17, False)])
def test_text_around_is_accused_from_nine_tenths_of_the_instances(tmp_path, refused, accused):
    assert failed(tmp_path, AFTER.format(n=refused), "surrounding_text") is accused
