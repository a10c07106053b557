"""Learn from Python: lessons for one world, and what they are worth on tasks never seen."""

import sys
from pathlib import Path

import firsthand as fh

name, folder, size = sys.argv[1:] or ("llama:smollm2", "runs/from-python", 100)
agent = fh.Agent(model=fh.model(name), sampling=fh.Sampling(temperature=0.0))
config = fh.LearnConfig(world=1, rounds=3, tasks=int(size), eval_tasks=2 * int(size))
learned = fh.run(fh.learn(agent, "interfaces/shop_desk", folder=Path(folder), config=config))

if change := learned.comparison.overall:
    before, after = change.before.mean, change.after.mean
    print(f"before {before:.2f}, after {after:.2f} on {change.before.n} tasks")
for lesson in sorted(learned.agent.playbook.active, key=lambda lesson: -lesson.effect)[:5]:
    print(f"{lesson.effect:+.2f}  {lesson.text or lesson.observation} -> {lesson.action}")
