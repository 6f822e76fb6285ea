// What the tests of augmentations share.
#ifndef DFKD_AUGMENTATIONS_AUGMENTATION_TESTING_H_
#define DFKD_AUGMENTATIONS_AUGMENTATION_TESTING_H_

#include <ATen/core/Tensor.h>

#include <memory>

#include "dfkd/augmentations/augmentation.h"
#include "dfkd/testing/golden.h"
#include "google/protobuf/message.h"

namespace dfkd {

// Through the registry. Ends the test program on an error.
std::unique_ptr<Augmentation> MakeAugmentation(const google::protobuf::Message& config);

// What tools/goldens/augmentations.py wrote.
const Golden& AugmentationGoldens();

// [N, 1, height, width] with the value 1 + i * width + j at (i, j) of every image, so that a pixel
// tells where it came from and 0 that it came from outside.
at::Tensor PlaceImages(int64_t n, int64_t height, int64_t width);

// Equal streams give equal images, which differ from those of another seed; an application takes
// one step of the stream; the result has x's shape, dtype and layout; the gradient adds up to the
// number of pixels that are kept.
void ExpectWellBehaved(Augmentation& augmentation);

}  // namespace dfkd

#endif  // DFKD_AUGMENTATIONS_AUGMENTATION_TESTING_H_
