"""A learner for `firsthand bench`: keep what succeeded as worked examples, and show the nearest."""

import firsthand as fh
from firsthand.learn.lab import Lab
from firsthand.learn.lessons.review import Contrast


async def learn(lab: Lab) -> fh.Agent:
    exploring = fh.Agent(model=lab.agent.model, sampling=fh.Sampling(temperature=1.0))
    played = await lab.play(exploring, lab.tasks(lab.left))
    lessons = await Contrast(kinds=("example",)).review(played, known=())
    return lab.agent.with_playbook(fh.Playbook(1, tuple(lessons)))
