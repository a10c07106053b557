"""Programs are judged by what they derive from unseen facts, however they are written."""

import pytest

import firsthand as fh
from firsthand.errors import ToolError
from firsthand.worlds.formal.horn import Evaluation, read, strata

RENAMED = str.maketrans("XYZ", "UVW")


def judged(task, rules):
    environment = fh.make("formal/datalog")
    environment.reset(task)
    for rule in rules(environment):
        environment.act(fh.Action(f"add {rule}"))
    environment.act(fh.Action("commit"))
    return environment.score().value


def test_facts_listed_by_hand_fail_and_another_program_of_the_same_meaning_is_right():
    for task in fh.tasks("formal/datalog", 5, level=2):

        def listed(environment):
            rows = Evaluation([read(rule) for rule in environment.plan], environment.example).rows
            return [
                f"{one.name}({', '.join(row)})."
                for one in environment.asked
                for row in sorted(rows[one.name])
            ][:40]

        assert judged(task, listed) == 0.0
        assert judged(task, lambda environment: [*environment.plan, "extra(X) :- none(X)."]) == 1.0
        assert judged(task, lambda e: [rule.translate(RENAMED) for rule in e.plan[::-1]]) == 1.0


def test_closure_and_negation_are_evaluated_in_strata():
    rules = [
        read("far(X, Y) :- one(X, Y)."),
        read("far(X, Y) :- far(X, Z), far(Z, Y)"),
        read("cut(X, Y) :- all(X), all(Y), not far(X, Y), X != Y."),
    ]
    facts = {"one": [("a", "b"), ("b", "c")], "all": [("a",), ("b",), ("c",)]}
    rows = Evaluation(rules, facts).rows
    assert rows["far"] == {("a", "b"), ("b", "c"), ("a", "c")}
    assert rows["cut"] == {("b", "a"), ("c", "b"), ("c", "a")}


def test_bad_rules_say_why():
    with pytest.raises(ToolError, match="Y in p\\(X, Y\\) has to stand in a part of the body"):
        read("p(X, Y) :- q(X), not r(X, Y).")
    with pytest.raises(ToolError, match="p would depend on its own negation"):
        strata([read("p(X) :- q(X), not p(X).")])
