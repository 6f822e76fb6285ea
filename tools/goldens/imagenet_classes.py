"""The classes of ImageNet-1k, dfkd/data/imagenet_classes.h.

    python tools/goldens/imagenet_classes.py

Needs torchvision 0.26 and timm 1.0.22, whose packages carry the lists: timm the WordNet ids in the
order of the logits, which is that of the ids; torchvision the names, which it ships with its weights.
torchvision's are the first terms of WordNet's synsets, made distinct where two classes share one
("crane bird" and "crane"). timm's copy of those terms checks that the two lists belong together.
"""

import pathlib

import timm
from torchvision.models._meta import _IMAGENET_CATEGORIES as names

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/data/imagenet_classes.h"
INFO = pathlib.Path(timm.__file__).parent / "data/_info"

HEAD = """// The classes of ImageNet-1k (ILSVRC 2012), written by tools/goldens/imagenet_classes.py.
#ifndef DFKD_DATA_IMAGENET_CLASSES_H_
#define DFKD_DATA_IMAGENET_CLASSES_H_

#include <array>

#include "absl/strings/string_view.h"

namespace dfkd {

struct ImageNetClass {
  absl::string_view id;    // of WordNet, which is the folder's name
  absl::string_view name;  // as torchvision has it
};

// Sorted by id, as torchvision's ImageFolder numbers them: the order of the logits.
inline constexpr std::array<ImageNetClass, 1000> kImageNetClasses = {{
"""

TAIL = """}};

}  // namespace dfkd

#endif  // DFKD_DATA_IMAGENET_CLASSES_H_
"""


def main():
    ids = (INFO / "imagenet_synsets.txt").read_text().split()
    terms = dict(line.split("\t", 1) for line in (INFO / "imagenet_synset_to_lemma.txt").read_text().splitlines())
    assert ids == sorted(ids) and len(set(ids)) == len(set(names)) == 1000
    for wordnet_id, name in zip(ids, names):
        first = terms[wordnet_id].split(",")[0]
        assert name == first or name in ("crane bird", "maillot tank suit"), (wordnet_id, name, first)
    lines = [f'    {{"{wordnet_id}", "{name}"}},\n' for wordnet_id, name in zip(ids, names)]
    OUT.write_text(HEAD + "".join(lines) + TAIL)


if __name__ == "__main__":
    main()
