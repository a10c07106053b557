"""A step that is refused later on is not a read: work that nobody checks stays work."""

from audit.checks.episodes.desks import desk

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

SERVER = {
    "actions": '["stop", "backup:<int>", "set:<int>", "start", "close"]',
    "prompt": "f'Stop, backup to slot {self.a}, set:{self.code}, start and close.'",
    "plan": '["stop", f"backup:{env.a}", f"set:{env.code}", "start", "close"]',
}
RULES = (
    "if word in ('stop', 'start'): self.moved.append(word); return word, 0.0, False, {}",
    "if word == 'close': return self.finish(self.moved == ['stop', str(self.code), 'start'])",
    "if self.moved[-1:] == ['start'] or not self.moved: return 'Refused.', 0.0, False, {}",
    "if word == 'backup': return f'Slot {said} is full.', 0.0, False, {}",
    "if word == 'set': self.moved.append(said); return 'Set.', 0.0, False, {}",
)


def test_a_backup_that_nobody_looks_for_is_ignored_work(tmp_path):
    file = tmp_path / "target.py"
    file.write_text(desk(**SERVER, rules=RULES))
    found = run(spec_of(str(file)), Options(only=("oracle", "plan_steps"), seeds=24, workers=1))
    claims = [finding.claim for finding in found.findings if finding.severity == "major"]
    assert claims == ["Leaving out `backup`, which all plans of the oracle have, costs nothing."]
