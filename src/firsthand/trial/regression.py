"""Least squares with intervals that hold for few runs, unequal noise and 0/1 outcomes.

Tasks are random effects, taken out as `learn.lessons.credit` does. Standard errors are robust
(HC2, MacKinnon & White 1985) or, where that is more, those of equal noise (Angrist & Pischke 2009,
section 8.1): where the few runs of one side all end alike the robust ones are near 0. t quantiles
have the degrees of freedom of Bell & McCaffrey (2002). A coin that is tossed for every run alone
needs no clusters (Abadie et al. 2023). Left out: logistic models; an effect in points of success is
what people ask for.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from firsthand.evaluate.statistics import Interval, t_quantile
from firsthand.learn.lessons.credit import demean

EXACT_ROWS = 1500
"""Up to so many runs degrees of freedom are those of Bell and McCaffrey, which need a matrix of
runs by runs; with more the plain ones are as good."""
IMAGINED = 1.0
"""Outcomes at the far end of the range that are imagined among all runs: where all runs succeed no
interval may be empty. Tried: 0, whose intervals of an outcome that never varied have width 0."""


class Coefficient(NamedTuple):
    """An effect: its standard error and the degrees of freedom behind that."""

    mean: float
    error: float
    freedom: float

    def interval(self, confidence: float = 0.95) -> Interval:
        """Return a t interval."""
        half = t_quantile(confidence, int(self.freedom)) * self.error
        return Interval(self.mean - half, self.mean + half)

    @property
    def p(self) -> float:
        """Two-sided p-value of "no effect"."""
        return t_p(self.mean / self.error, self.freedom) if self.error > 0 else 1.0


def t_p(t: float, freedom: float) -> float:
    """Return a two-sided p-value of Student's t (Wallace 1959): within 4% from 8 degrees of freedom
    and down to p = .001.
    """
    n = max(freedom, 1.0)
    z = (8 * n + 1) / (8 * n + 3) * math.sqrt(n * math.log1p(t * t / n))
    return 2 * NormalDist().cdf(-z)


def holm(ps: Sequence[float]) -> list[float]:
    """Return p-values that hold for all together (Holm 1979), in the order given."""
    ranked = sorted(range(len(ps)), key=lambda i: ps[i])
    adjusted, worst = [0.0] * len(ps), 0.0
    for rank, index in enumerate(ranked):
        worst = max(worst, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = worst
    return adjusted


class Regression:
    """Outcomes on columns, task effects taken out. `width` is the range of the outcome."""

    def __init__(self, x_R_C: Any, y_R: Any, tasks: Sequence[str], *, width: float) -> None:
        rows = len(y_R)
        self.x_R_C: Any = np.column_stack([np.ones(rows), x_R_C])
        self.y_R: Any = np.array(y_R, dtype=float)
        demean(self.x_R_C, self.y_R, tasks)
        self.inverse_CC: Any = np.linalg.pinv(self.x_R_C.T @ self.x_R_C)
        self.hat_R_C: Any = self.x_R_C @ self.inverse_CC
        self.leverage_R: Any = self._leverage()
        self.beta_C: Any = self.inverse_CC @ (self.x_R_C.T @ self.y_R)
        residual_R = self._residuals()
        self.extra = IMAGINED * width**2 / max(rows, 1)
        self.square_R: Any = (residual_R**2) / (1 - self.leverage_R) + self.extra
        freedom = max(rows - self.x_R_C.shape[1], 1)
        self.noise = float((residual_R**2).sum()) / freedom + self.extra

    def _leverage(self) -> Any:
        return np.clip((self.hat_R_C * self.x_R_C).sum(axis=1), 0.0, 0.999)

    def _residuals(self) -> Any:
        return self.y_R - self.x_R_C @ self.beta_C

    def coefficients(self, contrasts_K_C: Any) -> list[Coefficient]:
        """Return an effect for each row of weights on the columns."""
        weights_K_C: Any = np.column_stack([np.zeros(len(contrasts_K_C)), contrasts_K_C])
        pull_R_K: Any = self.hat_R_C @ weights_K_C.T
        means_K = weights_K_C @ self.beta_C
        robust_K: Any = (pull_R_K**2 * self.square_R[:, None]).sum(axis=0)
        equal_K: Any = self.noise * (pull_R_K**2).sum(axis=0)
        errors_K = np.sqrt(np.maximum(robust_K, equal_K))
        found = zip(means_K, errors_K, self._freedom(pull_R_K), strict=True)
        return [Coefficient(float(m), float(e), float(f)) for m, e, f in found]

    def _freedom(self, pull_R_K: Any) -> Any:
        rows, columns = self.x_R_C.shape
        plain = float(max(rows - columns, 1))
        if rows > EXACT_ROWS:
            return np.full(pull_R_K.shape[1], plain)
        share_R_K = pull_R_K**2 / (1 - self.leverage_R)[:, None]
        maker_RR = np.eye(rows) - self.hat_R_C @ self.x_R_C.T
        trace_K = (share_R_K * np.diag(maker_RR)[:, None]).sum(axis=0)
        squares_K = (share_R_K * (maker_RR**2 @ share_R_K)).sum(axis=0)
        return np.clip(trace_K**2 / np.maximum(squares_K, 1e-300), 1.0, plain)

    def added(self, extra_R_P: Any) -> list[Coefficient]:
        """Return what each further column would add, one at a time, beside all that are in."""
        inside_R_P: Any = extra_R_P - self.hat_R_C @ (self.x_R_C.T @ extra_R_P)
        size_P: Any = np.maximum((inside_R_P**2).sum(axis=0), 1e-12)
        residual_R = self._residuals()
        beta_P: Any = (inside_R_P * residual_R[:, None]).sum(axis=0) / size_P
        leverage_R_P: Any = np.clip(self.leverage_R[:, None] + inside_R_P**2 / size_P, 0.0, 0.999)
        left_R_P = residual_R[:, None] - inside_R_P * beta_P
        square_R_P: Any = left_R_P**2 / (1 - leverage_R_P) + self.extra
        robust_P: Any = (inside_R_P**2 * square_R_P).sum(axis=0) / size_P**2
        errors_P = np.sqrt(np.maximum(robust_P, self.noise / size_P))
        freedom = float(max(self.x_R_C.shape[0] - self.x_R_C.shape[1] - 1, 1))
        pairs = zip(beta_P, errors_P, strict=True)
        return [Coefficient(float(mean), float(error), freedom) for mean, error in pairs]
