"""Symmetrisation phases: the layers above the input sample freely, and SAL turns their feedback weights (`layers`).

W_2 … W_L and B_1 … B_{L−1} go in as they stand, B comes back; rates, biases and the optimiser know nothing of it.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..layers import symmetrise
from .ensemble import Ensemble

__all__ = ["Report", "phase"]


class Report(NamedTuple):
    """Of one phase: rates per tau_ref and share of frozen neurons (run, layer), length (run,): 0 without a phase."""

    rates: NDArray[np.float64]
    frozen: NDArray[np.float64]
    length: NDArray[np.float64]


def phase(ensemble: Ensemble, epoch: int, threads: int) -> Report:
    """Symmetrise, in place, the runs with "sal" whose phase is due after so many epochs, 0 before the first.

    Each run has random numbers of its own, named by its start seed and the epoch: no other run can change them. A run
    whose weights allow potentials beyond 500 is lost.
    """
    e, runs = ensemble, len(ensemble.seeds)
    layers = len(e.weights)
    rates, length = np.full((runs, layers), np.nan), np.zeros(runs)
    frozen, gone = rates.copy(), list[int]()
    own = [p.phase_length if epoch else p.first_phase for p in e.own]
    due = [r for r in e.runs("sal") if epoch % e.own[r].phase_every == 0 and own[r] > 0 and not e.lost[r]]

    if not due:
        return Report(rates, frozen, length)
    ws, bs, own_biases = ([*map(e.place.get, arrays)] for arrays in (e.weights[1:], e.feedback, e.biases))

    def one(r: int) -> None:
        p = e.own[r]
        forward, backward = [w[r] for w in ws], [b[r] for b in bs]
        biases = None if p.homeostatic else [b[r] for b in own_biases]
        first = epoch == (0 if p.first_phase else p.phase_every)
        try:
            found = symmetrise(
                forward, backward, seed=e.seeds[r][1], length=own[r], temperature=p.temperature, rate=p.rate,
                window=p.window, lr=p.lr_sal, mismatch=2.0**0.5 if first else p.mismatch, biases=biases, phase=epoch,
                threads=1,
            )  # fmt: skip
        except ValueError:  # all but the weights has been checked: they are, or grow, too large for spikes
            gone.append(r)
            return
        for b, learned in zip(bs, found.backward, strict=True):
            b[r] = learned
        rates[r], frozen[r], length[r] = found.rates, found.frozen, own[r]

    with ThreadPoolExecutor(min(threads, len(due))) as pool:
        list(pool.map(one, due))
    if e.place.device != "cpu":
        e.feedback[:] = map(e.place.put, bs)
    for r in gone:
        e.give_up(r)
    return Report(rates, frozen, length)
