// New images by class, as the method makes them in its present state; and real images of the test
// split in a picture of the same kind, to be held beside it, where the run has data.
//
//   measures { [type.googleapis.com/dfkd.SampleGridConfig] { per_class: 10 } }
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/measures/class_rows.h"
#include "dfkd/measures/measure.h"
#include "dfkd/measures/run_images.h"
#include "dfkd/measures/sample_grid.pb.h"

namespace dfkd {
namespace {

// Enough to find ten of each class among.
constexpr int64_t kMostReal = 2000;

class SampleGrid : public Measure {
 public:
  using Config = SampleGridConfig;

  static Contract GetContract(const Config&) { return {{Capability::kImages}, {}}; }

  static absl::StatusOr<std::unique_ptr<Measure>> Create(const Config& config,
                                                         const MeasureContext& context) {
    return std::make_unique<SampleGrid>(config, context);
  }

  SampleGrid(const Config& config, const MeasureContext& context)
      : config_(config), context_(context) {}

  absl::StatusOr<Measurement> Take(RandomStream& random) override {
    const int64_t classes = context_.card->class_name_size();
    DFKD_ASSIGN_OR_RETURN(const RunImages fresh,
                          NewImages(context_, config_.per_class() * classes, random));
    Measurement measured;
    measured.pictures.push_back(Picture("new_images", "New images by class", fresh));
    if (context_.data == nullptr || context_.pool > 0) return measured;
    DFKD_ASSIGN_OR_RETURN(const RunImages real, RealImages(context_, kMostReal, random));
    measured.pictures.push_back(Picture("real_images", "Real images of these classes", real));
    return measured;
  }

 private:
  MeasuredPicture Picture(const std::string& name, const std::string& title,
                          const RunImages& images) const {
    MeasuredPicture picture = PictureByClass(images.images, images.labels, *context_.card,
                                             config_.per_class(), config_.classes());
    picture.name = name;
    picture.caption = absl::StrCat(title, ": of ", images.source);
    return picture;
  }

  const Config config_;
  const MeasureContext context_;
};

DFKD_REGISTER_PLUGIN(Measure, SampleGrid);

}  // namespace
}  // namespace dfkd
