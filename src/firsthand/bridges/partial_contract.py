"""The warning of bridges inward: what somebody else's environment does not promise."""


class PartialContract(UserWarning):
    """What of our contract an adopted environment does not promise."""
