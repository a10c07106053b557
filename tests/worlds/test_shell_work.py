"""What families of the shell refuse: lost files, fixed outputs, and touched logs."""

import pytest

import firsthand as fh
from firsthand.agent import settled
from firsthand.sandbox import needs
from firsthand.worlds.shell.terminal import call

pytestmark = pytest.mark.skipif(bool(needs.missing("shell")), reason="needs the shell")


async def ended(name, level, change):
    """Play the expert's plan, and run one more command before it is submitted."""
    (task,) = fh.tasks(name, 1, level=level)
    environment = fh.make(name)
    await settled(environment.reset(task))
    *plan, submit = environment.expert()
    for action in (*plan, *([call("run", command=change)] if change else []), submit):
        await settled(environment.act(action))
    return environment.score()


@pytest.mark.parametrize(
    ("name", "level", "change", "broken"),
    [
        ("shell/reorganise", 3, "rm -r empty", {"nothing_lost", "all_in_place", "modes_and_links"}),
        ("shell/reorganise", 3, "touch archive/new", {"nothing_else", "modes_and_links"}),
        ("shell/reorganise", 3, "chmod -x bin/*", {"modes_and_links"}),
        ("shell/logs", 2, "echo >> logs/auth.log", {"logs_untouched"}),
        ("shell/logs", 2, "sed -i 's/: [0-9]*/&.0/' report.json", {"report_is_right"}),
        ("shell/pipeline", 1, "echo exit 1 >> steps/1.sh", {"runs_cleanly"}),
        ("shell/pipeline", 5, "rm steps/*; (echo mkdir out; echo cat \\<\\<E \\> out/report.csv; "
         "cat expected/report.csv; echo E; echo touch out/unknown.txt) > steps/1.sh",
         {"right_on_unseen_input"}),
    ],
)  # fmt: skip
async def test_what_spoils_the_work_is_told_by_name(name, level, change, broken):
    assert (await ended(name, level, "")).value == 1.0
    score = await ended(name, level, change)
    failed = {check for check, held in score.checks.items() if not held}
    assert broken <= failed and score.value == 0.0
