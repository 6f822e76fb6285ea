"""Goldens of dfkd/metrics/segmentation.h: confusion matrix, mIoU and pixel accuracy by scikit-learn.

    python tools/goldens/segmentation.py

Needs torch 2.11 and scikit-learn. Writes dfkd/metrics/testdata/segmentation.safetensors.
"""

import pathlib

import deterministic_weights as weights
import torch
from safetensors.torch import save_file
from sklearn.metrics import accuracy_score, confusion_matrix, jaccard_score

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/metrics/testdata"
CLASSES = 5


def main():
    OUT.mkdir(exist_ok=True)
    predicted = weights.tensor((3, CLASSES, 6, 7), 1).argmax(1).flatten().numpy()
    # Class 4 is never a label, but sometimes predicted; 255 is no class.
    masks = torch.floor(weights.tensor((3, 6, 7), 2, 0.0, 5.0)).to(torch.uint8)
    masks[masks == 4] = 255
    labels = masks.flatten().numpy()
    kept = labels != 255
    labels, predicted = labels[kept], predicted[kept]
    tensors = {
        "masks": masks,
        "confusion": torch.from_numpy(confusion_matrix(labels, predicted, labels=range(CLASSES))),
        "miou": torch.tensor(100 * jaccard_score(labels, predicted, average="macro"), dtype=torch.float64),
        "pixel_accuracy": torch.tensor(100 * accuracy_score(labels, predicted), dtype=torch.float64),
    }
    save_file(tensors, OUT / "segmentation.safetensors")


if __name__ == "__main__":
    main()
