"""On-policy distillation: the student acts, and a teacher says what it would have done.

Context distillation when the teacher is the same weights with a playbook: what was learned in
tokens goes into the weights (OPCD, arXiv 2602.12275). Each unit gets the teacher's whole
distribution over the likeliest outcomes, which says more than a reward.
"""

from collections.abc import Sequence
from itertools import chain

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.learn.lab import Lab
from firsthand.learn.weights.course import Course
from firsthand.learn.weights.retold import retold
from firsthand.learn.weights.rows import Row, rows_of
from firsthand.learn.weights.settings import TrainConfig
from firsthand.learn.weights.teacher import told
from firsthand.models.trainable import Trainable
from firsthand.playbook import Playbook


async def distil(lab: Lab, config: TrainConfig = TrainConfig(), *, teacher: Agent) -> Agent:
    """Move what `teacher` knows into the weights of the lab's model, whose playbook is left out.

    A teacher with the lab's own model speaks with its frozen base. The first epoch is on policy:
    each batch is played by the student as it is then. Reads of the settings: `batch` tasks a step,
    `demonstrations`, `epochs`, `top`, `loss.divergence`. Raises `UserError` where one
    of the two cannot tell what it would have done instead.
    """
    course = Course(lab, config)
    for model in (lab.agent.model, teacher.model):
        if not isinstance(model, Trainable):
            raise UserError(
                f"distil needs whole distributions, which {model.name} does not tell: name tiny or "
                "torch:smollm2."
            )
    course.agent = lab.agent.with_playbook(Playbook())
    kept: list[list[Row]] = []
    while lab.left and course.wants(len(kept)):
        agents, tasks = course.explorers(lab.tasks(course.more(len(kept))), 1)
        played = await lab.play(agents, tasks, tags={"batch": str(course.place)})
        batch = await _taught(played, agents[0], teacher, lab, config)
        kept += batch
        if not course.behind:
            course.train([row for rows in batch for row in rows])
        await course.next()
    await course.epochs(kept, config.epochs, first=1)
    return await course.done()


async def _taught(
    played: Sequence[Episode], student: Agent, teacher: Agent, lab: Lab, config: TrainConfig
) -> list[list[Row]]:
    """Return the student's rows of each episode with what the teacher says about each unit.

    The teacher reads them all at once: a row at a time takes twice as long.
    """
    rows = [rows_of(episode, student, component="distil") for episode in played]
    theirs: list[Row] = []
    for episode, own in zip(played, rows, strict=True):
        if own:
            heard = await retold(episode, teacher, limits=lab.limits, verbatim=True)
            theirs += rows_of(heard, teacher)
    frozen = teacher.model is student.model
    filled = iter(told([*chain(*rows)], theirs, teacher, frozen=frozen, top=config.top))
    return [[next(filled) for _ in own] for own in rows if own]
