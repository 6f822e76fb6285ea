"""Goldens of dfkd/metrics/tsne: five clouds of points, and what scikit-learn makes of them.

    python tools/goldens/tsne.py

Needs scikit-learn. Writes dfkd/metrics/testdata/tsne.safetensors.
"""

import pathlib

import deterministic_weights as weights
import numpy as np
import torch
from safetensors.torch import save_file
from scipy.spatial.distance import squareform
from sklearn.manifold import TSNE
from sklearn.manifold._t_sne import _joint_probabilities
from sklearn.metrics.pairwise import pairwise_distances

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/metrics/testdata"

PERPLEXITY = 10


def main():
    centres = weights.tensor((5, 1, 8), 1, -4.0, 4.0)
    x = (centres + weights.tensor((5, 12, 8), 2, -1.0, 1.0)).reshape(60, 8)
    distances = pairwise_distances(x.numpy().astype(np.float64), squared=True)
    joint = squareform(_joint_probabilities(distances, PERPLEXITY, verbose=0))
    tsne = TSNE(perplexity=PERPLEXITY, method="exact", init="pca", random_state=0)
    layout = tsne.fit_transform(x.numpy().astype(np.float64))
    save_file(
        {
            "x": x.contiguous(),
            "joint_probabilities": torch.from_numpy(joint).float(),
            "layout": torch.from_numpy(layout).float().contiguous(),
            "kl_divergence": torch.tensor(tsne.kl_divergence_, dtype=torch.float64),
        },
        OUT / "tsne.safetensors",
    )


if __name__ == "__main__":
    main()
