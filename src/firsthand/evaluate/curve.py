"""One point of a learning curve; a learner keeps them, a report draws them."""

import msgspec


class CurvePoint(msgspec.Struct, frozen=True):
    """The score after so many rollouts, with its interval; `label` names the playbook deployed
    there.
    """

    rollouts: int
    score: float
    low: float
    high: float
    label: str = ""
