"""At each threshold of what episodes tell a target is accused, and just below it is not."""

import pytest
from audit.checks.episodes.desks import desk

from firsthand.audit.budget import Options
from firsthand.audit.checks.level_sizes import most_pairs
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

GUESS = {
    "actions": '["guess:<int>"]',
    "prompt": "{prompt}",
    "plan": '[f"guess:{env.code}"]',
}
RIGHT = "if word == 'guess' and said.isdigit(): return self.finish(said == str(self.code))"
ERROR = "if word == 'guess': return {reply}, 0.0, False, {{}}"
SET = {
    "actions": '["set:<int>", "close"]',
    "prompt": "f'set:{self.code}, then close.'",
    "plan": '[f"set:{env.code}", "close"]',
}


def failed(tmp_path, source, check, seeds=16):
    file = tmp_path / "target.py"
    file.write_text(source)
    found = run(spec_of(str(file)), Options(only=("oracle", check), seeds=seeds, workers=1))
    return {f.check for f in found.findings if f.severity != "minor"} == {check}


@pytest.mark.parametrize(("told", "accused"), [(13, True), (12, False)])
def test_an_answer_is_stated_from_four_fifths_of_the_instances(tmp_path, told, accused):
    prompt = "f'Guess. secret={self.code if STATED else 0}'"
    source = desk(**(GUESS | {"prompt": prompt}), rules=[RIGHT])
    source = source.replace("STATED", f"(self.seed // 997) % 16 < {told}")
    assert failed(tmp_path, source, "stated_answers") is accused


@pytest.mark.parametrize(("told", "accused"), [(10, True), (9, False)])
def test_errors_leak_from_three_fifths_of_the_instances(tmp_path, told, accused):
    reply = f"f'Expected {{self.code}}.' if (self.seed // 997) % 16 < {told} else 'No number.'"
    source = desk(**(GUESS | {"prompt": "'Guess.'"}), rules=[RIGHT, ERROR.format(reply=reply)])
    assert failed(tmp_path, source, "feedback_leaks") is accused


@pytest.mark.parametrize(("each", "accused"), [(0.11, True), (0.09, False)])
def test_idle_repetitions_are_accused_from_three_tenths_of_the_reward(tmp_path, each, accused):
    pays = f"{each} if 0 < len(self.moved) < 4 else 0.0"
    rules = [
        f"if word == 'set': gain = {pays}; self.moved.append(said); "
        "return f'Set to {said}.', gain, False, {}",
        "if word == 'close': return self.finish(str(self.code) in self.moved)",
    ]
    assert failed(tmp_path, desk(**SET, rules=rules), "repeated_steps") is accused


def test_a_level_of_a_hundred_instances_has_enough_and_one_of_fifty_has_not():
    pairs = 120 * 119 / 2
    assert pairs / 100 < most_pairs(120) < pairs / 50


SIGN = {
    "actions": '["sign", "set:<int>", "close"]',
    "prompt": "f'Sign, set:{self.code}, then close.'",
    "plan": '["sign", f"set:{env.code}", "close"]',
}
NOTE = (
    "if word in ('sign', 'set'): self.moved.append(said or word); return 'Noted.', 0.0, False, {}"
)
PLACE = "(self.seed // 997) % 20 < {n}"


@pytest.mark.parametrize(("ignored", "accused"), [(19, True), (18, False)])
def test_work_is_ignored_from_nineteen_plans_of_twenty(tmp_path, ignored, accused):
    signed = f"('sign' in self.moved or {PLACE.format(n=ignored)})"
    close = f"if action == 'close': return self.finish(str(self.code) in self.moved and {signed})"
    source = desk(**SIGN, rules=[NOTE, close])
    assert failed(tmp_path, source, "plan_steps", seeds=20) is accused


@pytest.mark.parametrize(("paid", "accused"), [(12, True), (11, False)])
def test_any_value_will_do_from_three_fifths_of_the_plays(tmp_path, paid, accused):
    right = f"self.moved == [str(self.code)] or (like and {PLACE.format(n=paid)})"
    rules = [
        NOTE,
        "like = len(self.moved) == 1 and self.moved[0].isdigit() and len(self.moved[0]) == 3",
        f"if action == 'close': return self.finish({right})",
    ]
    source = desk(**SET, rules=rules)
    assert failed(tmp_path, source, "plan_arguments", seeds=20) is accused
