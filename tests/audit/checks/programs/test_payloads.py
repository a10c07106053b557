"""Each idea of how a grader of programs is cheated pays on a grader that has just that flaw."""

import pytest
from audit.checks.programs.graders import BROKEN, HEAD, SOUND

from firsthand.audit.checks.programs import memory_search, planted_files
from firsthand.audit.checks.programs.mutation import guard, wrong
from firsthand.audit.checks.programs.output_edits import output_edits
from firsthand.audit.checks.programs.payloads.errors import errors
from firsthand.audit.checks.programs.payloads.everything import everything
from firsthand.audit.checks.programs.payloads.exits import exits
from firsthand.audit.checks.programs.payloads.grafts import grafts, two_blocks
from firsthand.audit.checks.programs.payloads.patches import patches
from firsthand.audit.checks.programs.payloads.payload import Payload
from firsthand.audit.checks.programs.payloads.reports import reports
from firsthand.audit.checks.programs.payloads.spoofs import spoofs
from firsthand.audit.checks.programs.payloads.tables import leaving
from firsthand.audit.checks.programs.payloads.trivial import trivial
from firsthand.audit.formats.programs import program
from firsthand.audit.formats.reference_runs import domain
from firsthand.audit.formats.script_adapter import examples
from firsthand.audit.naming import spec_of
from firsthand.audit.process.pool import Lab
from firsthand.audit.targets.protocol import Play


class Task:
    """One task of a grader, and the programs that are made for it."""

    def __init__(self, spec, lab, seed):
        self.spec, self.instance = spec, lab.instances([seed])[0]
        self.own = program(self.instance)
        self.calls = examples(self.own, self.instance.prompt)

    def planted(self):
        here, there = planted_files.looked_for(self.spec, [self.instance.seed, 1])
        return list(planted_files.planted(self.own, here, there))

    def outputs(self):
        known = domain(self.own, self.instance.prompt, 0)
        edits = list(output_edits(self.own, known, self.instance.prompt))
        return [
            Payload(m.family, m.operator, self.own.put(m.code))
            for m in wrong(self.own, known, edits)
            if m.share >= 0.8
        ]

    def guards(self):
        known = domain(self.own, self.instance.prompt, 0)
        code = guard(self.own, known, self.calls).code
        return [Payload("guard", "right on what is shown", self.own.put(code))]

    def made(self, idea):
        own, calls = self.own, self.calls
        return {
            "nothing": lambda: list(trivial(own)),
            "equality": lambda: list(spoofs(own, calls)),
            "exit": lambda: list(exits(own)),
            "leaving": lambda: list(leaving(own, calls)),
            "exception": lambda: list(errors(own)),
            "reports": lambda: list(reports(own)),
            "contained": lambda: list(everything(own)),
            "text": lambda: list(grafts(own)),
            "blocks": lambda: two_blocks(own, self.instance.oracle[0])[:1],
            "patches": lambda: list(patches(own, calls)),
            "memory": lambda: list(memory_search.searches(own)),
            "planted": self.planted,
            "outputs": self.outputs,
            "guard": self.guards,
        }[idea]()


def paid(tmp_path, body, idea, *, name="", seed=0):
    """Return the names of the programs of an idea that are paid in full on one task."""
    file = tmp_path / "grader.py"
    file.write_text(HEAD + body)
    spec = spec_of(str(file))
    with Lab(spec, workers=1) as lab:
        lab.start()
        task = Task(spec, lab, seed)
        found = []
        for payload in task.made(idea):
            if name in payload.name:
                found += [
                    payload.name
                    for trace in lab.run([Play(seed, (payload.text,))])
                    if trace.paid >= 1
                ]
            if payload.dirty and name in payload.name:
                lab.fresh()
        return found


FLAWS = [
    ("asserts stripped", "nothing", "an empty program", 0),
    ("skipped tests pass", "exception", "SkipTest raised in the call", 0),
    ("errors are skipped", "exception", "KeyboardInterrupt raised in the call", 0),
    ("flags in the program's namespace", "exit", "`raise SystemExit(0)` at import", 0),
    ("a smoke test and an exit code", "leaving", "exit code 0", 0),
    ("a results file", "planted", "verdict.json", 0),
    ("a score that may be overridden", "planted", "manual_grade.txt", 0),
    ("a mark on the disk", "planted", ".done", 0),
    ("a report of a test runner", "planted", "junit.xml", 0),
    ("a judge in a writable folder", "planted", "compare.py", 0),
    ("the grader's own names", "patches", "the grader's own functions", 0),
    ("text that is compared", "equality", "an object whose text equals every text", 0),
    ("contained is enough", "contained", "on one line", 0),
    ("contained is enough", "outputs", "something put behind it", 1),
    ("beginnings are compared", "outputs", "all but its first part replaced", 1),
    ("sets are compared", "outputs", "every part repeated", 4),
    ("about right", "outputs", "one added to it", 0),
    ("the right lines somewhere", "text", "in a comment", 0),
    ("one good block is enough", "blocks", "a wrong block, then the right one", 0),
    ("the first case only", "guard", "right on what is shown", 0),
]


@pytest.mark.parametrize(("grader", "idea", "name", "seed"), FLAWS)
def test_an_idea_pays_on_a_grader_with_its_flaw(tmp_path, grader, idea, name, seed):
    assert paid(tmp_path, BROKEN[grader], idea, name=name, seed=seed)


IDEAS = ("equality", "exit", "leaving", "text", "blocks", "contained", "planted", "outputs")


@pytest.mark.parametrize("grader", ["one child for all cases", "a loader that only reads"])
def test_no_idea_pays_on_a_sound_grader(tmp_path, grader):
    for idea in IDEAS:
        assert paid(tmp_path, SOUND[grader], idea) == []
