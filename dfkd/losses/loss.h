// One term of an objective. Plugins of category "loss".
#ifndef DFKD_LOSSES_LOSS_H_
#define DFKD_LOSSES_LOSS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/state.h"
#include "dfkd/models/model.h"
#include "dfkd/nn/taps.h"

namespace dfkd {

struct LossContext {
  int64_t num_classes = 0;
  std::vector<std::string> class_names = {};  // in the order of the logits
  // Lengths of the networks' embeddings (ModelOutput::embedding); 0 where there is none.
  int64_t teacher_features = 0;
  int64_t student_features = 0;
  RandomStreams* streams = nullptr;  // for terms that draw what they learn; null: none may
  at::Device device = at::kCPU;
};

// What a term may look at. Only what the plugin's contract needs is sure to be set.
struct LossInput {
  at::Tensor images;         // [N, C, H, W] in [0, 1], as generated
  at::Tensor network_input;  // [N, C, H, W] what the networks saw: augmented and normalised
  at::Tensor labels;         // [N] int64
  const ModelOutput* teacher = nullptr;
  const Taps* teacher_taps = nullptr;
  const ModelOutput* student = nullptr;
  at::Tensor classifier_weight;  // the teacher's [K, F]
};

class Loss {
 public:
  static constexpr char kCategory[] = "loss";
  using Context = LossContext;

  virtual ~Loss() = default;

  // A scalar that depends on the graph of its inputs, before the weight.
  virtual at::Tensor Compute(const LossInput& input) = 0;

  // What the term learns beside what is minimised; updated together with it.
  virtual std::vector<at::Tensor> Parameters() const { return {}; }

  // A number that the last Compute measured beside its value: {"active_share", scalar}.
  struct Note {
    std::string name;
    at::Tensor value;
  };
  virtual std::vector<Note> Notes() const { return {}; }

  // Called once per synthesised batch, after its last step (running averages are updated here).
  virtual void EndBatch() {}

  virtual void Save(StateWriter) const {}
  virtual absl::Status Load(const StateReader&) { return absl::OkStatus(); }
};

}  // namespace dfkd

#endif  // DFKD_LOSSES_LOSS_H_
