"""Spikes, and what is measured on them.

With z_i(t) = 1 for tau_ref after each spike of i, and T the duration,

    rates               r_i  = tau_ref · (number of spikes of i) / T, an estimate of ⟨z_i⟩
    coactivation        C_ij = (1/T) ∫ z_i z_j dt = (tau_ref/T) Σ_pairs max(0, 1 − |t_i − t_j|/tau_ref)
    state distribution  share of the time spent in state k (neuron 0 is the most significant bit)
    overlaps            r_ij = tau_ref/T · (number of spikes of i while j is on, 0 < t_i − t_j < tau_ref)
    STDD                law of t_i − t_j over consecutive spikes of different neurons

The sum over pairs, each spike with the latest of the other neuron, *is* the overlap of the two on-intervals: a
coincidence detector of triangular window measures a coactivation. On-intervals cut by an end of the recording are
accounted for, and in discrete time two spikes in one step overlap for the whole tau_ref. All estimates average over
replicas.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .values import member_indices, room, shown, whole

__all__ = ["OCCUPANCY_NEURONS", "Spikes", "State"]

OCCUPANCY_NEURONS = 16  # up to here the time in each of the 2^N states is kept


class State(NamedTuple):
    """Where a run stands: all that its future depends on.

    ages, shape (..., R, N): time since each neuron's latest spike, inf if none. draws, (..., R): next block of the
    random stream. rests, (..., R): what is left of the exponential under way, −1 if none (continuous time). earlier,
    (..., R, N, H): ages of the spikes before the latest, latest first, inf if none; of networks with delays, whose
    spikes may still be under way.
    """

    ages: NDArray[np.float64]
    draws: NDArray[np.uint64]
    rests: NDArray[np.float64]
    earlier: NDArray[np.float64] | None = None

    @classmethod
    def silent(cls, ensemble: tuple[int, ...], replicas: int, neurons: int, draw: np.uint64) -> "State":
        """No neuron has spiked yet."""
        shape = (*ensemble, replicas)
        return cls(np.full((*shape, neurons), np.inf), np.full(shape, draw, np.uint64), np.full(shape, -1.0))

    def map(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> "State":
        """The same change made to each array, whatever its shape."""
        earlier = None if self.earlier is None else change(self.earlier)
        return State(change(self.ages), change(self.draws), change(self.rests), earlier)

    def check(self, shape: tuple[int, ...], timing: str) -> None:
        """Raise ValueError unless this is a state of `shape` (..., R, N) that a run in this timing can start from."""
        for name, kind in (("ages", np.float64), ("draws", np.uint64), ("rests", np.float64)):
            values = getattr(self, name)
            if not isinstance(values, np.ndarray) or values.dtype != kind:
                raise ValueError(f"{name} in start must be an array of {kind.__name__}, got {shown(values)}")
            if values.shape != (expected := shape if name == "ages" else shape[:-1]):
                raise ValueError(f"start is of shape {values.shape} in {name} (..., replicas, neurons), not {expected}")
        ages, rests = self.ages[np.isfinite(self.ages)], self.rests
        whole_ages = bool(np.all(ages == np.floor(ages)))
        if not np.all(self.ages >= 0):
            raise ValueError(f"ages in start must be at least 0, got {self.ages[~(self.ages >= 0)].flat[0]}")
        if timing == "discrete" and not (whole_ages and np.all(rests == -1)):
            raise ValueError("start must be a state of discrete time: ages in whole steps, rests -1")
        if not np.all((rests == -1) | (rests >= 0) & np.isfinite(rests)):
            raise ValueError("rests in start must be finite and at least 0, or -1 for none")
        if timing == "continuous" and ages.size and whole_ages and np.all(rests == -1):
            raise ValueError("start must be a state of continuous time, not one with ages in whole steps and no rests")

    def under_way(self, number: int) -> "State":
        """With `number` spikes of each neuron before its latest one, which networks with delays go on from.

        Raises ValueError where it holds fewer, unless no neuron has spiked.
        """
        if self.earlier is None:
            if np.any(np.isfinite(self.ages)):
                raise ValueError("start does not hold the spikes under way: it must be of a run of a delayed network")
            return self._replace(earlier=np.full((*self.ages.shape, number), np.inf))
        given = self.earlier
        if not isinstance(given, np.ndarray) or given.dtype != np.float64 or given.shape[:-1] != self.ages.shape:
            raise ValueError(f"earlier in start must be an array of float64 of shape (..., N, H), got {shown(given)}")
        if given.shape[-1] < number:
            raise ValueError(
                f"start must hold {number} earlier spikes of each neuron for delays so long, got {given.shape[-1]}"
            )
        ages = np.concatenate([self.ages[..., None], given], axis=-1)
        latest, before = ages[..., :-1], ages[..., 1:]
        if not np.all((before > latest) | np.isinf(latest) & np.isinf(before)):
            raise ValueError("earlier in start must be ages that grow from the latest spike on, inf at the end")
        if np.all(self.rests == -1) and np.any(np.isfinite(given) & (given != np.floor(given))):
            raise ValueError("earlier in start must be whole steps in a state of discrete time")
        return self._replace(earlier=given[..., :number])

    def remaining(self, tau_ref: float) -> NDArray[np.float64]:
        """Time for which z_i z_j stays 1, shape (..., R, N, N); on the diagonal for which z_i does."""
        left = np.maximum(tau_ref - self.ages, 0.0)
        return np.minimum(left[..., :, None], left[..., None, :])


@dataclass(frozen=True, eq=False)
class Spikes:
    """The outcome of `salkit.simulate`: spikes (if recorded) and statistics of every replica of every member.

    times and neurons hold all trains one after another, each sorted by time; train number k = member · replicas +
    replica is times[offsets[k] : offsets[k + 1]]. Times are whole steps in discrete time. occupancy (..., R, 2^N)
    is the time in each state; pairs[..., i, j] the triangular window summed over spikes of i paired with j's latest
    spike before; ties the number of steps in which i and j spike together; overlap_counts, shape (..., R, N, N), the
    number of spikes of i while j is on. initial and final are the states of the run at its two ends.
    """

    neuron_count: int
    ensemble: tuple[int, ...]
    replicas: int
    duration: float
    tau_ref: float
    timing: str
    recorded: bool
    times: NDArray[Any]
    neurons: NDArray[np.int32]
    offsets: NDArray[np.int64]
    spike_counts: NDArray[np.int64]
    occupancy: NDArray[np.float64] | None
    pairs: NDArray[np.float64] | None
    ties: NDArray[np.int64] | None
    initial: State
    final: State
    overlap_counts: NDArray[np.int64] | None = None

    def counts(self) -> NDArray[np.int64]:
        """Number of spikes, shape (..., replicas, N)."""
        return self.spike_counts

    def rates(self) -> NDArray[np.float64]:
        """Spikes per tau_ref, shape (..., N): an estimate of ⟨z_i⟩."""
        return self.spike_counts.mean(axis=-2) * (self.tau_ref / self.duration)

    def coactivation(self) -> NDArray[np.float64]:
        """Share of the time in which i and j are both on, shape (..., N, N); on the diagonal that i is on.

        Raises ValueError unless pairs were kept.
        """
        pairs = self.kept_pairs()
        overlap = self.tau_ref * (pairs + np.swapaxes(pairs, -1, -2))
        if self.ties is not None:
            overlap = overlap + self.tau_ref * self.ties
        diagonal = np.arange(self.neuron_count)
        overlap[..., diagonal, diagonal] = self.tau_ref * self.spike_counts
        overlap += self.initial.remaining(self.tau_ref) - self.final.remaining(self.tau_ref)
        return overlap.mean(axis=-3) / self.duration

    def overlaps(self) -> NDArray[np.float64]:
        """r_ij, spikes of i while j is on, per tau_ref, shape (..., N, N), zero diagonal: 0 < t_i − t_j < tau_ref.

        In discrete time lags 1 … tau_ref − 1: two spikes in one step do not count. Raises ValueError unless overlaps
        were kept or spikes recorded.
        """
        return self.kept_overlaps().mean(axis=-3) * (self.tau_ref / self.duration)

    def state_distribution(self) -> NDArray[np.float64]:
        """Share of the time spent in each state, shape (..., 2^N).

        Raises ValueError for more than `OCCUPANCY_NEURONS` neurons, whose states are too many to count, and where
        occupancy was not kept.
        """
        if self.occupancy is None:
            if self.neuron_count <= OCCUPANCY_NEURONS:
                raise ValueError(
                    "the time in each of the states was not kept: simulate with 'occupancy' among the statistics"
                )
            raise ValueError(
                f"states are counted for up to {OCCUPANCY_NEURONS} neurons, this network has {self.neuron_count}"
            )
        return self.occupancy.mean(axis=-2) / self.duration

    def stdd(self, i: int, j: int, t_max: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Empirical spike-timing difference distribution of neurons i and j: (lags, share of the pairs in each bin).

        Bins have width 1 and are centred on whole lags −t_max … t_max of Δt = t_i − t_j; t_max (default: the
        longest lag seen) limits what is shown, the shares are of all pairs. See `stdd_counts` for what counts as a
        pair.
        """
        lags, number, pairs = self.stdd_counts(i, j, t_max)
        return lags, number.sum(axis=0) / max(pairs.sum(), 1)

    def stdd_counts(
        self, i: int, j: int, t_max: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of pairs behind `stdd`: (lags, pairs in each bin (R, bins), pairs at all lags (R,)).

        A spike of one neuron and a later one of the other are a pair if neither neuron spikes strictly in between; two
        spikes in one step are a pair of lag 0. Raises ValueError for an ensemble (pick a member first), for spikes not
        recorded, and unless i ≠ j are neurons.
        """
        self._need_trains("the STDD")
        if self.ensemble:
            raise ValueError(f"the STDD is of one network: pick a member of the ensemble {self.ensemble}, spikes[k]")
        for k in (i, j):
            if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 0 <= k < self.neuron_count:
                raise ValueError(f"neurons are numbered 0 to {self.neuron_count - 1}, got {shown(k)}")
        if i == j:
            raise ValueError(f"the STDD needs two different neurons, got {i} twice")
        if t_max is not None:
            t_max = whole("t_max", t_max)
            room(f"an STDD up to t_max = {t_max}", 2.0 * t_max * self.replicas, "use a smaller t_max")
        found = [
            np.rint(_lags(times[neurons == i], times[neurons == j])).astype(np.int64)
            for _, times, neurons in self.trains()
        ]
        reach = max(int(np.max(np.abs(lag), initial=0)) for lag in found) if t_max is None else t_max
        number = [np.bincount(lag[np.abs(lag) <= reach] + reach, minlength=2 * reach + 1) for lag in found]
        return np.arange(-reach, reach + 1), np.stack(number), np.array([lag.size for lag in found])

    def trains(self) -> Iterator[tuple[tuple[int, ...], NDArray[Any], NDArray[np.int32]]]:
        """Each train as (index into the ensemble and replica, times, neurons). Raises ValueError if not recorded."""
        self._need_trains("the spike trains")
        for k, index in enumerate(np.ndindex(*self.ensemble, self.replicas)):
            piece = slice(self.offsets[k], self.offsets[k + 1])
            yield index, self.times[piece], self.neurons[piece]

    def __getitem__(self, members: Any) -> "Spikes":
        """Pick ensemble members by index or slice along the leading axes. Raises IndexError where it does not fit."""
        if not self.ensemble:
            raise IndexError("the spikes of a single network have no ensemble axes to index")
        number = member_indices(members, self.ensemble)
        trains = (number[..., None] * self.replicas + np.arange(self.replicas)).ravel()
        pieces = [slice(self.offsets[k], self.offsets[k + 1]) for k in trains]
        kept = np.array([piece.stop - piece.start for piece in pieces], np.int64)

        def join(array: NDArray[Any]) -> NDArray[Any]:
            return np.concatenate([array[piece] for piece in pieces]) if pieces else array[:0]

        def pick(array: NDArray[Any]) -> NDArray[Any]:
            return array[members]

        return replace(
            self, ensemble=np.shape(number), times=join(self.times), neurons=join(self.neurons),
            offsets=np.concatenate([[0], np.cumsum(kept)]), spike_counts=pick(self.spike_counts),
            occupancy=None if self.occupancy is None else pick(self.occupancy),
            pairs=None if self.pairs is None else pick(self.pairs), ties=None if self.ties is None else pick(self.ties),
            initial=self.initial.map(pick), final=self.final.map(pick),
            overlap_counts=None if self.overlap_counts is None else pick(self.overlap_counts),
        )  # fmt: skip

    def kept_pairs(self) -> NDArray[np.float64]:
        """The window sums `pairs`. Raises ValueError where they were not kept."""
        if self.pairs is None:
            raise ValueError("sums over pairs were not kept: simulate with 'pairs' among the statistics")
        return self.pairs

    def kept_overlaps(self) -> NDArray[np.int64]:
        """Numbers of overlaps of each replica, shape (..., R, N, N), counted anew where spikes were recorded instead.

        Raises ValueError where neither was kept, MemoryError for too many neurons.
        """
        if self.overlap_counts is not None:
            return self.overlap_counts
        if not self.recorded:
            raise ValueError("overlaps were not kept: simulate with 'overlaps' among the statistics, or record=True")
        n = self.neuron_count
        room(f"overlaps of {n} neurons", float(self.spike_counts.size) * n, "use networks of fewer")
        number = np.zeros((*self.spike_counts.shape, n), np.int64)
        for index, times, neurons in self.trains():
            trains = [np.concatenate([[-age], times[neurons == i]]) for i, age in enumerate(self.initial.ages[index])]
            for i, j in np.ndindex(n, n):
                if i != j:
                    latest = trains[j][np.searchsorted(trains[j], trains[i][1:], side="left") - 1]
                    number[(*index, i, j)] = np.count_nonzero(trains[i][1:] - latest < self.tau_ref)
        return number

    def _need_trains(self, what: str) -> None:
        if not self.recorded:
            raise ValueError(f"{what} need recorded spikes: simulate with record=True")


def _lags(post: NDArray[Any], pre: NDArray[Any]) -> NDArray[Any]:
    """t_post − t_pre of all consecutive spikes of the two trains that belong to different neurons, ties once."""
    times = np.union1d(post, pre)
    is_post, is_pre = np.isin(times, post, assume_unique=True), np.isin(times, pre, assume_unique=True)
    interval = np.diff(times)
    return np.concatenate(
        [
            interval[is_pre[:-1] & is_post[1:]],
            -interval[is_post[:-1] & is_pre[1:]],
            np.zeros(np.count_nonzero(is_post & is_pre), times.dtype),
        ]
    )
