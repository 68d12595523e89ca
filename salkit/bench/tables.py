"""What `salkit.bench.comparison` measured, as lines for a terminal and as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["BASE", "OURS", "STEPS", "described", "ensemble_table", "markdown", "table"]

BASE, STEPS = "continuous", "discrete"  # ours, to which ratios are given
OURS = (BASE, STEPS, "cuda")


def described(neurons: int, synapses: int | None) -> str:
    """A network's size in words."""
    return f"N = {neurons}" + (f", {synapses} synapses a neuron" if synapses else "")


def table(record: dict[str, Any]) -> str:
    """One line a simulator: times, ratios to ours in continuous and discrete time, set-up, memory, rates and whether
    they agree.
    """
    how = "in turns" if record["in_turns"] else "one simulator after the other, for want of memory"
    lines = [
        f"{described(record['neurons'], record['synapses'])}: "
        + "{repeats} runs of {duration_tau_ref} tau_ref, ".format(**record)
        + f"{how}; CPU ms for 1000 tau_ref, median [range]; times as long as ours, continuous and discrete, "
        "median [interval]; set-up; memory at the peak; rates"
    ]
    for r in record["results"]:
        check, ratio = r["check"], "rates differ: none"
        if r["agrees"]:
            ratio = f"{_interval(r['ratio'])}, {_interval(r['ratio_discrete'])}"
        memory = "–" if r["memory_bytes"] is None else f"{r['memory_bytes'] / 1e6:.3g} MB"
        rates = f"rate {r['mean_rate']:.4f}"
        if check is not None:
            rates += f" {'agrees with' if r['agrees'] else 'DIFFERS from'} {check['against']}:"
            rates += f" mean {check['mean']:+.4f} (± {check['mean_tolerance']:.4f}),"
            rates += f" rms {check['rms']:.4f} (≤ {check['rms_tolerance']:.4f})"
        set_up = f"{r['set_up_seconds']:.3g} s"
        lines.append(f"  {r['label']:<32} {_range(r):<26} {ratio:<44} {set_up:<11} {memory:<8} {rates}")
    others = [r for r in record["results"] if r["key"] not in OURS and r["agrees"]]
    if others:
        best = min(others, key=lambda r: r["median"])
        lines.append(
            f"  the fastest of the others, {best['label']}, takes {_interval(best['ratio'])} as long as ours in "
            f"continuous time, {_interval(best['ratio_discrete'])} as long as in discrete time"
        )
    return "\n".join(lines)


def ensemble_table(found: Sequence[dict[str, Any]]) -> str:
    """One line a size and way: networks a second."""
    lines = ["ensembles of N = 7, continuous time, 1000 tau_ref each: networks a second, median [range]"]
    lines += [f"  {r['members']:>6} networks, {r['way']:<9} {_range(r)}" for r in found]
    return "\n".join(lines)


def markdown(networks: Sequence[Mapping[str, Any]]) -> str:
    """The single networks as a Markdown table: CPU milliseconds, and the ratios of the fastest other to ours.

    networks : what `compare` returns under that name, or the record of the figure `bench`.
    """
    labels: dict[str, str] = {}
    for network in networks:
        labels |= {result["key"]: result["label"] for result in network["results"]}
    lines = [" | ".join(["N", *labels.values(), "fastest other / continuous", "/ discrete"])]
    lines.append("|".join(["---"] * (len(labels) + 3)))
    for network in networks:
        found = {result["key"]: result for result in network["results"]}
        others = [result["median"] for key, result in found.items() if key not in OURS]
        cells = [_range(found[key]) if key in found else "–" for key in labels]
        cells += [f"{min(others) / found[ours]['median']:.3g}" if others else "–" for ours in (BASE, STEPS)]
        each = network.get("synapses")
        name = f"{network['neurons']}, {each} synapses each" if each else str(network["neurons"])
        lines.append(" | ".join([name, *cells]))
    return "\n".join(f"| {line} |" for line in lines)


def _interval(ratio: Mapping[str, Any]) -> str:
    return _range({"median": ratio["median"], "least": ratio["low"], "most": ratio["high"]}, "×")


def _range(spread: dict[str, Any], sign: str = "") -> str:
    middle, least, most = (f"{float(f'{spread[key]:.3g}'):g}" for key in ("median", "least", "most"))
    return f"{middle}{sign} [{least} – {most}]"
