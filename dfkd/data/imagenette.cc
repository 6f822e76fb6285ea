// Imagenette: ten classes of ImageNet that are easy to tell apart, 9,469 pictures to train and
// 3,925 to test, in folders called by the classes' WordNet ids (imagenet_folders.h).
//
// Source: Howard, https://github.com/fastai/imagenette, 2019; ids and file names are those of its
// second version. Names are torchvision's of ImageNet's classes.
//
//   data { source { [type.googleapis.com/dfkd.ImagenetteConfig] { folder: "data/imagenette2" } } }
#include "dfkd/core/registry.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/imagenet_folders.h"
#include "dfkd/data/imagenette.pb.h"

namespace dfkd {
namespace {

constexpr absl::string_view kIds[] = {"n01440764", "n02102040", "n02979186", "n03000684",
                                      "n03028079", "n03394916", "n03417042", "n03425413",
                                      "n03445777", "n03888257"};

ImageNetSubset Subset() {
  return {.name = "Imagenette",
          .source =
              "get imagenette2.tgz from "
              "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2.tgz, unpack it",
          .classes = ImageNetClasses(kIds)};
}

using Imagenette = ImageNetPlugin<ImagenetteConfig, Subset>;

DFKD_REGISTER_PLUGIN(Dataset, Imagenette);

}  // namespace
}  // namespace dfkd
