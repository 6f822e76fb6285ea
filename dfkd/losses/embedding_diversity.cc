#include <ATen/TensorOperators.h>
#include <ATen/ops/relu.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/encoder_factory.h"
#include "dfkd/losses/class_targets.h"
#include "dfkd/losses/embedding_diversity.pb.h"
#include "dfkd/losses/loss.h"
#include "dfkd/nn/layers.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// With f_n [D] an image's embedding, f_y [D] its class's and d_n = mean over D of (f_n - f_y)^2:
//   INSIDE   ED  = 1/N sum_n max(0, d_n - r_i)     r_i: half of the least d between two classes
//   OUTSIDE  AED = 1/N sum_n max(0, r_o - d_n)     r_o: the least d between two classes
// Images of classes that have no embedding yet count as 0.
//
// f_y are the teacher's mean embeddings by class. INSIDE they are taken from the images that the
// student is shown, OUTSIDE from those of the last step of each synthesised batch. Rows of a text
// encoder are as long as the encoder says, and may have negative entries, which pooled features
// behind a ReLU never have: INSIDE a linear head, learned with the student, brings the student's
// embedding to where they lie; OUTSIDE the lengths must agree, as a head learned with the generator
// would meet the radius by itself.
//
// Note active_share: the share of images outside of (INSIDE) or within (OUTSIDE) the radius. Half
// of the entries of a raw CLIP row are negative, so that with MUSE's radii and without a head the
// shares are 1 and 0: ED is never met, and AED has nothing to do.
class EmbeddingDiversityLoss : public Loss {
 public:
  using Config = EmbeddingDiversityConfig;

  static Contract GetContract(const Config& config) {
    // Of one class, that is: an image whose pixels have classes is near to none.
    Capabilities needs = {Capability::kLabels, Capability::kTeacherOutput, Capability::kEmbedding,
                          Capability::kImageLogits};
    if (IsOfStudent(config)) needs = needs | Capabilities{Capability::kStudentOutput};
    return {needs, {}};
  }

  static absl::Status Validate(const Config& config) {
    if (config.side() == Config::OUTSIDE && config.head() == Config::ALWAYS) {
      return ConfigError(
          "head is ALWAYS with side OUTSIDE; a head that learns with the generator would meet the "
          "radius by itself, so only INSIDE has one");
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config,
                                                      const LossContext& context) {
    const int64_t features =
        IsOfStudent(config) ? context.student_features : context.teacher_features;
    DFKD_ASSIGN_OR_RETURN(ClassTargets targets, MakeTargets(config, context));
    auto loss = std::make_unique<EmbeddingDiversityLoss>(config, std::move(targets));
    const int64_t size = loss->targets_.features();
    const bool may_learn = config.side() == Config::INSIDE && config.head() != Config::NEVER;
    if (features != size && !may_learn) {
      return ConfigError(absl::StrCat(
          "EmbeddingDiversityConfig: the ", IsOfStudent(config) ? "student" : "teacher",
          "'s embeddings have ", features, " numbers, those of the classes ", size,
          "; leave out rows (class centres), or take networks of one size",
          config.side() == Config::INSIDE ? ", or let head learn a map" : ""));
    }
    const bool needed = features != size || loss->targets_.HasNegative();
    if (may_learn && (needed || config.head() == Config::ALWAYS)) {
      CHECK(context.streams != nullptr);
      loss->head_ =
          std::make_unique<Linear>(features, size, context.streams->Get("embedding_head"));
      loss->head_->To(context.device);
    }
    return loss;
  }

  EmbeddingDiversityLoss(const Config& config, ClassTargets targets)
      : config_(config), targets_(std::move(targets)) {}

  at::Tensor Compute(const LossInput& input) override {
    CHECK(input.teacher != nullptr && input.labels.defined());
    const ModelOutput* output = IsOfStudent(config_) ? input.student : input.teacher;
    CHECK(output != nullptr);
    if (config_.side() == Config::INSIDE) {
      targets_.Observe(input.teacher->embedding, input.labels);
    } else {
      last_ = Batch{input.teacher->embedding.detach(), input.labels};
    }
    at::Tensor embedding = output->embedding.to(at::kFloat);
    if (head_ != nullptr) embedding = head_->Forward(embedding).to(at::kFloat);
    const at::Tensor distance =
        (embedding - targets_.Of(input.labels)).square().mean(at::IntArrayRef{1});
    const at::Tensor beyond =
        config_.side() == Config::INSIDE ? distance - Radius() : Radius() - distance;
    const at::Tensor hinge = at::relu(beyond) * targets_.Known(input.labels);
    active_share_ = hinge.detach().gt(0).to(at::kFloat).mean();
    return hinge.mean();
  }

  std::vector<at::Tensor> Parameters() const override {
    return head_ == nullptr ? std::vector<at::Tensor>() : head_->Parameters();
  }

  std::vector<Note> Notes() const override { return {{"active_share", active_share_}}; }

  void EndBatch() override {
    if (last_.has_value()) targets_.Observe(last_->embedding, last_->labels);
    last_.reset();
  }

  void Save(StateWriter writer) const override {
    targets_.Save(writer.Scope("targets"));
    if (head_ == nullptr) return;
    for (const NamedTensor& named : head_->NamedState()) {
      writer.Scope("head").Tensor(named.name, named.tensor);
    }
  }

  absl::Status Load(const StateReader& reader) override {
    last_.reset();
    DFKD_RETURN_IF_ERROR(targets_.Load(reader.Scope("targets")));
    if (head_ == nullptr) return absl::OkStatus();
    for (const NamedTensor& named : head_->NamedState()) {
      DFKD_RETURN_IF_ERROR(reader.Scope("head").CopyTo(named.name, named.tensor));
    }
    return absl::OkStatus();
  }

 private:
  struct Batch {
    at::Tensor embedding, labels;
  };

  static bool IsOfStudent(const Config& config) {
    if (config.has_of()) return config.of() == Config::STUDENT;
    return config.side() == Config::INSIDE;
  }

  static absl::StatusOr<ClassTargets> MakeTargets(const Config& config,
                                                  const LossContext& context) {
    if (!config.has_rows()) {
      return ClassTargets::Centers(context.num_classes, context.teacher_features,
                                   config.centers() == Config::FIRST_BATCH);
    }
    CHECK(context.streams != nullptr);
    EncoderContext encoding;
    encoding.random = &context.streams->Get("encoder");
    DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Encoder> encoder,
                          CreateEncoder(config.rows(), encoding, "EmbeddingDiversityConfig.rows"));
    DFKD_ASSIGN_OR_RETURN(const at::Tensor rows, encoder->Encode(context.class_names));
    return ClassTargets::Rows(rows);
  }

  double Radius() const {
    if (config_.has_radius()) return config_.radius();
    return targets_.LeastDistance() * (config_.side() == Config::INSIDE ? 0.5 : 1.0);
  }

  const Config config_;
  ClassTargets targets_;
  std::unique_ptr<Linear> head_;  // null: the embedding as it is
  std::optional<Batch> last_;     // of the last Compute, OUTSIDE
  at::Tensor active_share_;
};

DFKD_REGISTER_PLUGIN(Loss, EmbeddingDiversityLoss);

}  // namespace
}  // namespace dfkd
