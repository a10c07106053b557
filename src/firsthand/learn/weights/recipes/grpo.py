"""GRPO: play each task several times, and do more of what earned more than the other plays did.

Group-relative policy optimisation (DeepSeekMath, arXiv 2402.03300) with what later work corrected:
no division by the standard deviation, one mean over all units of a step, an asymmetric clip.
"""

from firsthand.agent import Agent
from firsthand.learn.lab import Lab
from firsthand.learn.weights.advantages import grouped
from firsthand.learn.weights.course import Course
from firsthand.learn.weights.settings import TrainConfig


async def grpo(lab: Lab, config: TrainConfig = TrainConfig()) -> Agent:
    """Learn until the lab's turns are spent, or the policy has stopped to explore.

    Reads of the settings: `batch` tasks a step, `plays` of each, `passes`, `schedule`, `baseline`,
    `std`, `loss`. Set `loss.entropy` where the policy chooses among a few options.
    """
    course = Course(lab, config)
    while lab.left and (course.behind or not course.stuck):
        share_left = lab.left / lab.budget if config.schedule == "linear" else 1.0
        agents, tasks = course.explorers(lab.tasks(config.batch), config.plays)
        episodes = await lab.play(agents, tasks, tags={"batch": str(course.place)})
        if not course.behind:
            groups = grouped(episodes, agents[0], config, version=course.trainer.step)
            course.train(
                groups.rows,
                passes=config.passes,
                groups=groups,
                learning_rate=config.learning_rate * share_left,
            )
        await course.next()
    return await course.done()
