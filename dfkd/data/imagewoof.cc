// Imagewoof: ten dogs of ImageNet that are hard to tell apart, 9,025 pictures to train and 3,929 to
// test, in folders called by the classes' WordNet ids (imagenet_folders.h).
//
// Source: Howard, https://github.com/fastai/imagenette, 2019; ids and file names are those of its
// second version. Names are torchvision's of ImageNet's classes.
//
//   data { source { [type.googleapis.com/dfkd.ImagewoofConfig] { folder: "data/imagewoof2" } } }
#include "dfkd/core/registry.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/imagenet_folders.h"
#include "dfkd/data/imagewoof.pb.h"

namespace dfkd {
namespace {

constexpr absl::string_view kIds[] = {"n02086240", "n02087394", "n02088364", "n02089973",
                                      "n02093754", "n02096294", "n02099601", "n02105641",
                                      "n02111889", "n02115641"};

ImageNetSubset Subset() {
  return {.name = "Imagewoof",
          .source =
              "get imagewoof2.tgz from https://s3.amazonaws.com/fast-ai-imageclas/imagewoof2.tgz, "
              "unpack it",
          .classes = ImageNetClasses(kIds)};
}

using Imagewoof = ImageNetPlugin<ImagewoofConfig, Subset>;

DFKD_REGISTER_PLUGIN(Dataset, Imagewoof);

}  // namespace
}  // namespace dfkd
