// The teacher's cross entropy on new images against the class that each was made for, over all of
// them and for each class, and how often the teacher names that class.
//
//   CE_y = mean over new images x of class y of -log softmax(T(x))[y]
//
//   measures { [type.googleapis.com/dfkd.ClassCrossEntropyConfig] { images: 1000 } }
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/measures/class_cross_entropy.pb.h"
#include "dfkd/measures/judge.h"
#include "dfkd/measures/measure.h"
#include "dfkd/measures/run_images.h"
#include "dfkd/metrics/metrics.h"

namespace dfkd {
namespace {

class ClassCrossEntropy : public Measure {
 public:
  using Config = ClassCrossEntropyConfig;

  static Contract GetContract(const Config&) {
    return {{Capability::kImages, Capability::kLabels, Capability::kTeacherOutput}, {}};
  }

  static absl::StatusOr<std::unique_ptr<Measure>> Create(const Config& config,
                                                         const MeasureContext& context) {
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Judge> judge, Judge::Create({}, context, "teacher", {}));
    return std::make_unique<ClassCrossEntropy>(config, context, std::move(judge));
  }

  ClassCrossEntropy(const Config& config, const MeasureContext& context,
                    std::unique_ptr<Judge> judge)
      : config_(config), context_(context), judge_(std::move(judge)) {}

  absl::StatusOr<Measurement> Take(RandomStream& random) override {
    DFKD_ASSIGN_OR_RETURN(const RunImages images, NewImages(context_, config_.images(), random));
    const at::Tensor logits = judge_->Look(images.images).logits;
    Measurement measured;
    measured.notes.push_back(absl::StrCat("Of ", images.source, "."));
    measured.values.push_back({"cross_entropy", MeanCrossEntropy(logits, images.labels), "nats",
                               "of the teacher, against the class that an image was made for"});
    measured.values.push_back({"teacher_top1", TopKAccuracy(logits, images.labels, 1), "%",
                               "new images in which the teacher sees that class"});
    for (int64_t label = 0; label < context_.card->class_name_size(); ++label) {
      const at::Tensor members = images.labels.eq(label).nonzero().flatten();
      if (members.numel() == 0) continue;
      const std::string& name = context_.card->class_name(static_cast<int>(label));
      measured.values.push_back({absl::StrCat("cross_entropy[", name, "]"),
                                 MeanCrossEntropy(logits.index_select(0, members),
                                                  images.labels.index_select(0, members)),
                                 "nats", "of that class"});
    }
    return measured;
  }

 private:
  const Config config_;
  const MeasureContext context_;
  const std::unique_ptr<Judge> judge_;
};

DFKD_REGISTER_PLUGIN(Measure, ClassCrossEntropy);

}  // namespace
}  // namespace dfkd
