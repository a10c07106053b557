"""What a plan finds out must not be told before; goals, overviews and doubtful hints may be."""

import pytest
from audit.checks.episodes.desks import desk

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

READ = "if word == 'read' and said in ('1', '2', '3'): return {reply}, 0.0, False, {{}}"
DIGIT = "f'Digit {(self.a, self.b, self.c)[int(said) - 1]}.'"
TELLS_ALL = "f'Digit {(self.a, self.b, self.c)[int(said) - 1]}. Log {self.code}.'"
OPEN = "if word == 'open': return self.finish(said == str(self.code))"
SAFE = {
    "actions": '["read:<int>", "open:<int>"]',
    "plan": '["read:1", "read:2", "read:3", f"open:{env.code}"]',
}
CASE = "'Read the three notes (read:1 to read:3), then open:CODE.'"
LOOKUP = "if action == f'lookup:{self.order}': return f'Amount {self.amount}.', 0.0, False, {}"
PAY = "if word == 'pay': return self.finish(said == str(self.amount))"
REFUND = {
    "actions": '["lookup:<int>", "pay:<int>"]',
    "plan": '[f"lookup:{env.order}", f"pay:{env.amount}"]',
}
ASK = "Refund order {self.order}: lookup:ORDER tells the amount, then pay:AMOUNT."
STALE = "self.amount if self.seed % {n} else self.other"

BROKEN = {
    "the code stands in the prompt": desk(
        **SAFE,
        prompt=f"f'Safe no. {{self.code}}. ' + {CASE}",
        rules=[READ.format(reply=DIGIT), OPEN],
    ),
    "the first note tells the code": desk(
        **SAFE, prompt=f"'Safe. ' + {CASE}", rules=[READ.format(reply=TELLS_ALL), OPEN]
    ),
    "the amount stands in the prompt": desk(
        **REFUND, prompt=f"f'{ASK} Ticket {{self.amount}}/7.'", rules=[LOOKUP, PAY]
    ),
}
SOUND = {
    "notes have to be read": desk(
        **SAFE,
        prompt=f"f'Safe no. {{self.order}}. ' + {CASE}",
        rules=[READ.format(reply=DIGIT), OPEN],
    ),
    "a goal that the prompt names is seen again": desk(
        actions='["look", "take:<int>", "go:<int>"]',
        prompt="f'Take parcel {self.amount} to house {self.order}. `look` shows where you are.'",
        rules=[
            "if action == 'look': return f'{self.site}: parcel {self.amount}.', 0.0, False, {}",
            "if word == 'take': self.moved.append(said); return 'Taken.', 0.0, False, {}",
            "if word == 'go': return self.finish("
            "self.moved == [str(self.amount)] and said == str(self.order))",
        ],
        plan='["look", f"take:{env.amount}", f"go:{env.order}"]',
    ),
    "a list shows what each entry shows": desk(
        actions='["list", "show:<int>", "pay:<int>"]',
        prompt="f'Pay what order {self.order} costs: list, show:ORDER, then pay:AMOUNT.'",
        rules=[
            "if action == 'list': "
            "return f'{self.order}: {self.amount}; 17: {self.other}.', 0.0, False, {}",
            LOOKUP.replace("lookup", "show"),
            PAY,
        ],
        plan='["list", f"show:{env.order}", f"pay:{env.amount}"]',
    ),
    "what the prompt says is often stale": desk(
        **REFUND,
        prompt=f"f'{ASK} The customer says {{{STALE.format(n=12)}}}.'",
        rules=[LOOKUP, PAY],
    ),
}


def audited(tmp_path, source):
    file = tmp_path / "target.py"
    file.write_text(source)
    return run(spec_of(str(file)), Options(only=("oracle", "early_values"), seeds=60))


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_told_early_is_found(tmp_path, name):
    found = audited(tmp_path, BROKEN[name])
    (finding,) = found.findings
    assert finding.check == "early_values" and finding.severity == "critical"
    kept = 1 if "first note" in name else 0
    assert len(finding.witness.plays[0].actions) == kept + 1, "the reading is skipped"


@pytest.mark.parametrize("name", SOUND)
def test_what_has_to_be_found_out_accuses_nobody(tmp_path, name):
    found = audited(tmp_path, SOUND[name])
    assert found.verdict == "PASS" and not found.findings, found.findings


@pytest.mark.parametrize(("every", "accused"), [(10**9, True), (15, False)])
def test_a_hint_has_to_be_right_nearly_always(tmp_path, every, accused):
    prompt = f"f'{ASK} The customer says {{{STALE.format(n=every)}}}.'"
    found = audited(tmp_path, desk(**REFUND, prompt=prompt, rules=[LOOKUP, PAY]))
    assert (found.verdict == "FAIL") is accused
