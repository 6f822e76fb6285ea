"""Golden of dfkd/study: means, deviations, areas, quantiles and bootstrap intervals by numpy.

    python tools/goldens/study_statistics.py

Needs numpy. Writes dfkd/study/testdata/statistics.json. The bootstrap's draws follow the rule that
dfkd/study/statistics.h writes down: SplitMix64 from a seed, an index from its upper half.
"""

import json
import pathlib

import numpy as np

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/study/testdata/statistics.json"
RESAMPLES = 10_000


def splitmix64(seed, count):
    """The first `count` numbers; the k-th state is seed + k times the golden gamma."""
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def bootstrap(values, seed, level):
    n = len(values)
    draws = splitmix64(seed, RESAMPLES * n).reshape(RESAMPLES, n)
    index = ((draws >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32)
    means = np.asarray(values)[index.astype(np.int64)].mean(axis=1)
    return np.percentile(means, [50 * (1 - level), 50 * (1 + level)]).tolist()


def main():
    samples = [
        [5.3],
        [2.0, -1.0],
        [39.9, 29.3, 35.0],
        [1.5, -0.25, 2.75, 0.5, 4.0],
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
    ]
    golden = {"bootstrap": [], "quantiles": [], "areas": []}
    for values in samples:
        for seed, level in [(0, 0.95), (7, 0.8)]:
            golden["bootstrap"].append(
                {
                    "values": values,
                    "seed": seed,
                    "level": level,
                    "interval": bootstrap(values, seed, level),
                    "mean": float(np.mean(values)),
                    "deviation": float(np.std(values, ddof=1)) if len(values) > 1 else 0.0,
                }
            )
        for share in [0, 0.025, 0.5, 0.9, 1]:
            golden["quantiles"].append(
                {"values": values, "share": share, "quantile": float(np.quantile(values, share))}
            )
    x = [1.0, 2.0, 4.0, 5.0, 9.0]
    y = [3.5, 2.0, 2.5, 0.25, 0.125]
    for count in [1, 2, 5]:
        golden["areas"].append(
            {"x": x[:count], "y": y[:count], "area": float(np.trapezoid(y[:count], x[:count]))}
        )
    OUT.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
