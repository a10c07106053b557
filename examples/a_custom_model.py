"""A custom model: anything that continues a conversation. Here: the most similar option."""

import difflib

import firsthand as fh
from firsthand.prompt import Completion, Prompt, Traits


class Resemblance:
    """Put your own inference into `sample`: a prompt has messages, tools and, at times, choices."""

    name = "resemblance"
    traits = Traits(chooses=True)  # it scores given options itself

    async def sample(self, prompt: Prompt, sampling: fh.Sampling) -> Completion:
        asked = prompt.messages[-1].content
        likeness = {c: difflib.SequenceMatcher(None, asked, c).ratio() for c in prompt.choices}
        return Completion(max(likeness, key=likeness.__getitem__), choices=likeness)

    async def close(self) -> None:
        """Nothing is held."""


tasks = fh.tasks("interfaces/shop_desk", 40)
episodes = fh.run(fh.rollout(fh.Agent(model=Resemblance()), tasks))
print(f"{sum(episode.success for episode in episodes)} of {len(episodes)} customers were served.")
