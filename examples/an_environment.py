"""An environment: a world, what can be done in it, and the facts by which it is judged."""

import firsthand as fh


class Lamp(fh.Environment):
    """Bring a room to the brightness that is asked for."""

    name = "home/lamp"

    def reset(self, task: fh.Task) -> fh.Observation:
        rng, self.light = task.rng("instance"), 0
        while not task.owns(str(goal := rng.randrange(1, 10_000))):  # splits share no instance
            pass
        self.goal = goal
        return fh.Observation(f"It is dark. Bring the room to {goal} lumens.")

    def score(self) -> fh.Score:
        return fh.Score(bright=self.light == self.goal)

    @fh.tool
    def dim(self, lumens: int) -> str:
        """Set the lamp."""
        self.light = lumens
        return f"The lamp gives {lumens} lumens."

    def expert(self):
        yield fh.Action(calls=(fh.ToolCall("dim", {"lumens": self.goal}),))


if __name__ == "__main__":
    fh.register(Lamp)
    expert = fh.Agent(model=fh.model("scripted:expert"))
    result = fh.run(fh.evaluate(expert, fh.tasks("home/lamp", 50)))
    print(f"The expert solves {result.success.mean:.0%} of {result.tasks} tasks.")
