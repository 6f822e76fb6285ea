// The network through whose eyes a measure looks at images.
#ifndef DFKD_MEASURES_JUDGE_H_
#define DFKD_MEASURES_JUDGE_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/measures/measure.h"
#include "dfkd/models/model.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

// What a measure asks for that needs `of_run` of the run and `of_judge` of its judge. A judge that
// `judge` names answers for itself, in Judge::Create; where that is empty it is the run's teacher.
Contract JudgeContract(const ModelSpec& judge, Capabilities of_run, Capabilities of_judge);

class Judge {
 public:
  // The network of `spec`, which must name a file of weights; the run's teacher where `spec` is
  // empty. Normalisation and size are those of the file's own card, else the run's. `path` is where
  // the spec stands: "judge". ConfigError where the network of `spec` does not give `needs`.
  static absl::StatusOr<std::unique_ptr<Judge>> Create(const ModelSpec& spec,
                                                       const MeasureContext& context,
                                                       absl::string_view path, Capabilities needs);

  // For people: "the run's teacher".
  const std::string& name() const { return name_; }
  bool is_teacher() const { return own_ == nullptr; }

  // images [N, C, H, W] float in [0, 1], of any device -> what the network puts out, float32 on the
  // CPU, without gradients; the feature map only where it is asked for. A judge with a card of its
  // own sees them at its own size, the teacher sees them as they are.
  ModelOutput Look(const at::Tensor& images, bool with_feature_map = false) const;

  const Model& model() const { return network_->model(); }
  const TeacherCard& card() const { return network_->card(); }

 private:
  Judge() = default;

  std::unique_ptr<Teacher> own_;  // null where it is the run's
  const Teacher* network_ = nullptr;
  std::string name_;
  int64_t height_ = 0, width_ = 0;  // 0: as they are
  int64_t batch_size_ = 0;
};

}  // namespace dfkd

#endif  // DFKD_MEASURES_JUDGE_H_
