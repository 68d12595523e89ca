"""The checks that all modules share, and the fields that carry them."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from salkit import runs, values
from salkit.values import array, check_fields, checked, choice, flag, member_indices, number, room, shown, whole

SEED = "seeds: a seed is a whole number from 0 to 2**32 - 1, or a pair of them, "


@dataclass(frozen=True)
class Parameters:
    steps: int = checked(3, whole, least=1, most=9)
    rate: float = checked(0.5, number, least=0, most=values.MOST)
    tau: float | None = checked(None, number, optional=True, positive=True)
    rule: str = checked("sal", choice, allowed=("sal", "kp"))
    free: object = None

    def __post_init__(self):
        check_fields(self)


def test_fields_keep_defaults_order_and_types():
    assert Parameters() == Parameters(3, 0.5, None, "sal") and replace(Parameters(), tau=2).tau == 2
    found = Parameters(np.int32(4), np.float32(0.25), np.float64(1.5))
    assert [type(x) for x in (found.steps, found.rate, found.tau)] == [int, float, float]
    assert type(Parameters(rate=1).rate) is int  # what is written into a record stays as it was given


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Parameters(steps=0), "steps must be a whole number from 1 to 9, got 0"),
        (lambda: Parameters(steps=True), "steps must be a whole number from 1 to 9, got True"),
        (lambda: Parameters(rate=-0.5), "rate must be finite and at least 0, got -0.5"),
        (lambda: Parameters(rate=2e6), "rate must be at most 1e+06, got 2000000.0"),
        (lambda: Parameters(rate=None), "rate must be a number, got None"),
        (lambda: Parameters(tau=0), "tau must be finite and positive, got 0"),
        (lambda: Parameters(rule="x"), "rule must be one of sal, kp, got 'x'"),
        (lambda: whole("n", 2**53 + 1), "n must be a whole number from 0 to 2**53, got 9007199254740993"),
        (lambda: whole("n", 10**5000), "n must be a whole number from 0 to 2**53, got a value of type int"),
        (lambda: number("x", 2.5, steps=True), "x must be a whole number of steps, got 2.5"),
        (lambda: flag("record", "no"), "record must be True or False, got 'no'"),
        (lambda: array("w", [[1], [1, 2]]), "w must be an array of numbers, got [[1], [1, 2]]"),
        (lambda: array("w", np.full(20, np.nan)), "w must be finite, got nan"),
        (lambda: array("w", np.zeros(20, bool)), "w must be an array of numbers, got an array of shape (20,)"),
        (lambda: array("w", [1.0], ndim=2), "w must be of 2 dimensions, got shape (1,)"),
        (lambda: array("w", [-1.0], least=0), "w must be at least 0, got -1.0"),
        (lambda: runs.seed_pairs([(1, 2), -1]), SEED + "got -1"),
        (lambda: runs.seed_pairs([(1, 2, 3)]), SEED + "got (1, 2, 3)"),
    ],
)
def test_messages_name_the_value_and_what_is_allowed(call, words):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == words


def test_infinities_pass_where_they_are_allowed_and_nan_never():
    assert array("s", [1, np.inf], finite=False).tolist() == [1.0, np.inf]
    with pytest.raises(ValueError, match="s must be numbers, got nan"):
        array("s", [np.nan], finite=False)


def test_what_is_shown_is_one_short_line():
    assert shown(np.eye(2)) == "array([[1., 0.], [0., 1.]])" and shown(np.eye(9)) == "an array of shape (9, 9)"
    assert len(shown("x" * 1000)) == 80 and "\n" not in shown("a\nb" * 9)


def test_room_is_what_the_machine_has(monkeypatch):
    monkeypatch.setattr(values, "_memory", lambda: 8 * 10**9)
    room("a grid", 1e9, "use fewer points")
    with pytest.raises(MemoryError, match=r"a grid needs 8\.08 GB, this machine has 8 GB: use fewer points"):
        room("a grid", 1.01e9, "use fewer points")


@pytest.mark.parametrize("index", [1, -2, slice(1, None), [0, 1, 1], (slice(None), 2), np.array([True, False]), (1, 0)])
def test_members_are_picked_as_numpy_does(index):
    assert np.array_equal(member_indices(index, (2, 3)), np.arange(6).reshape(2, 3)[index])


@pytest.mark.parametrize("index", [2, (0, 3), (0, 0, 0), None, ..., "a", 1.0, True, [True, False, True]])
def test_what_is_no_index_is_named(index):
    with pytest.raises(IndexError, match=r"index .* does not fit the ensemble axes \(2, 3\)"):
        member_indices(index, (2, 3))


def test_seeds_and_their_coordinates():
    pairs = runs.seed_pairs([3, (1, np.uint32(2)), np.array([5, 6])])
    assert pairs == [(3, 3), (1, 2), (5, 6)] and runs.seed_pairs(range(2)) == [(0, 0), (1, 1)]
    coordinates = runs.seed_coordinates(pairs)
    assert coordinates["target_seed"][1].tolist() == [3, 1, 5] and coordinates["start_seed"][1].tolist() == [3, 2, 6]


def test_a_bar_goes_through_all_steps(capsys):
    assert list(runs.progress_bar(range(3), "learning", "cycle", False)) == [0, 1, 2]
    assert list(runs.progress_bar(range(3), "learning", "cycle", True)) == [0, 1, 2]
    assert "learning" in capsys.readouterr().err
    with pytest.raises(ValueError, match="progress must be True or False, got 1"):
        runs.progress_bar(range(3), "learning", "cycle", 1)
