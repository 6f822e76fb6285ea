// A weighted sum of loss terms, as a spec lists them.
#ifndef DFKD_LOSSES_LOSS_SET_H_
#define DFKD_LOSSES_LOSS_SET_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/state.h"
#include "dfkd/losses/loss.h"
#include "google/protobuf/repeated_field.h"

namespace dfkd {

class LossSet {
 public:
  using Specs = google::protobuf::RepeatedPtrField<LossSpec>;
  // A term's name and its value before the weight (a scalar, still part of the graph); then
  // "NAME_NOTE" for each of its notes.
  using OnTerm = absl::FunctionRef<void(absl::string_view name, const at::Tensor& value)>;

  // What the terms need, together. Judges the specs (configs and names) without making anything.
  // `path` is where they stand, for messages: "method.losses".
  static absl::StatusOr<Capabilities> Needs(const Specs& specs, absl::string_view path);
  // The terms' names, in the order of the specs: `name` where it is set, else the plugin's short
  // name.
  static absl::StatusOr<std::vector<std::string>> Names(const Specs& specs, absl::string_view path);

  static absl::StatusOr<std::unique_ptr<LossSet>> Create(const Specs& specs,
                                                         const LossContext& context,
                                                         absl::string_view path);

  Capabilities needs() const { return needs_; }
  // What the terms learn, in the order of the specs.
  std::vector<at::Tensor> Parameters() const;
  // The same for the terms that are on.
  Capabilities EnabledNeeds() const;
  // In the order of the specs.
  std::vector<std::string> names() const;
  bool Has(absl::string_view name) const;
  // A term that is off is neither computed nor updated. False where there is no such term.
  bool SetEnabled(absl::string_view name, bool enabled);
  // Turns all terms that need `capability` on or off.
  void SetEnabledWhereNeeded(Capability capability, bool enabled);

  // sum_i weight_i * term_i. DivergedError "loss bn_stat is nan" where a term is not finite: one
  // read-back for all terms. `on_term` sees the terms that are on, whether finite or not.
  absl::StatusOr<at::Tensor> Total(const LossInput& input, OnTerm on_term);
  absl::StatusOr<at::Tensor> Total(const LossInput& input);

  // After the last step of a synthesised batch.
  void EndBatch();

  // Each term under its name.
  void Save(StateWriter writer) const;
  absl::Status Load(const StateReader& reader);

 private:
  struct Term {
    std::string name;
    double weight = 1;
    bool enabled = true;
    Capabilities needs;
    std::unique_ptr<Loss> loss;
  };

  LossSet() = default;

  std::vector<Term> terms_;
  Capabilities needs_;
};

}  // namespace dfkd

#endif  // DFKD_LOSSES_LOSS_SET_H_
