// ImageNet-1k (ILSVRC 2012): 1,281,167 pictures to train and 50,000 to validate, which are the test
// split here as in the papers, 1000 classes, sorted by their WordNet id: the order of the logits of
// torchvision's networks. Pictures lie in folders called by those ids (imagenet_folders.h).
//
// Mean and deviation, names and preprocessing are torchvision's: the shorter side to 256 pixels,
// the middle of 224; for its second weights of ResNet-50 (80.86%), shorter_side is 232.
//
// Source: Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge", IJCV 2015.
//
//   data { source { [type.googleapis.com/dfkd.ImagenetConfig] { folder: "data/imagenet" } } }
#include "dfkd/core/registry.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/imagenet.pb.h"
#include "dfkd/data/imagenet_folders.h"

namespace dfkd {
namespace {

ImageNetSubset Subset() {
  return {.name = "ImageNet-1k",
          .source =
              "get ILSVRC2012_img_train.tar and ILSVRC2012_img_val.tar from https://image-net.org, "
              "sort the pictures into a folder for each class",
          .classes = ImageNetClasses()};
}

using Imagenet = ImageNetPlugin<ImagenetConfig, Subset>;

DFKD_REGISTER_PLUGIN(Dataset, Imagenet);

}  // namespace
}  // namespace dfkd
