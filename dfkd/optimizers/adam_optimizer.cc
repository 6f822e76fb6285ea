#include "dfkd/optimizers/adam_optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/optimizers/gradients.h"

namespace dfkd {
namespace {

std::vector<at::Tensor> Pick(const std::vector<at::Tensor>& from,
                             const std::vector<size_t>& index) {
  std::vector<at::Tensor> picked;
  if (from.empty()) return picked;
  picked.reserve(index.size());
  for (const size_t i : index) picked.push_back(from[i]);
  return picked;
}

absl::Status LoadEach(const StateReader& reader, absl::string_view name,
                      std::vector<at::Tensor>& tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    DFKD_RETURN_IF_ERROR(reader.CopyTo(absl::StrCat(name, ".", i), tensors[i]));
  }
  return absl::OkStatus();
}

void SaveEach(StateWriter& writer, absl::string_view name, const std::vector<at::Tensor>& tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    writer.Tensor(absl::StrCat(name, ".", i), tensors[i]);
  }
}

}  // namespace

AdamOptimizer::AdamOptimizer(std::vector<at::Tensor> parameters, const AdamOptions& options)
    : Optimizer(std::move(parameters), options.learning_rate), options_(options) {
  const at::NoGradGuard no_grad;
  for (const at::Tensor& parameter : this->parameters()) {
    mean_.push_back(at::zeros_like(parameter));
    square_.push_back(at::zeros_like(parameter));
    if (options_.amsgrad) largest_square_.push_back(at::zeros_like(parameter));
    step_.push_back(at::zeros({}, parameter.options().dtype(at::kFloat).requires_grad(false)));
  }
}

void AdamOptimizer::Step() {
  const at::NoGradGuard no_grad;
  const ParametersWithGradient active = FindParametersWithGradient(parameters());
  if (active.index.empty()) return;
  const std::vector<at::Tensor> mean = Pick(mean_, active.index);
  const std::vector<at::Tensor> square = Pick(square_, active.index);
  const std::vector<at::Tensor> largest_square = Pick(largest_square_, active.index);
  const std::vector<at::Tensor> step = Pick(step_, active.index);
  at::_foreach_add_(step, 1);
  const auto update = [&](auto kernel) {
    kernel(active.parameters, active.gradients, mean, square, largest_square, step, learning_rate(),
           options_.beta1, options_.beta2, options_.weight_decay, options_.epsilon,
           options_.amsgrad, /*maximize=*/false);
  };
  if (options_.decoupled_weight_decay) {
    update([](const auto&... arguments) { at::_fused_adamw_(arguments...); });
  } else {
    update([](const auto&... arguments) { at::_fused_adam_(arguments...); });
  }
}

void AdamOptimizer::Save(StateWriter writer) const {
  writer.Double("learning_rate", learning_rate());
  writer.Int("parameters", static_cast<int64_t>(parameters().size()));
  SaveEach(writer, "mean", mean_);
  SaveEach(writer, "square", square_);
  SaveEach(writer, "largest_square", largest_square_);
  SaveEach(writer, "step", step_);
}

absl::Status AdamOptimizer::Load(const StateReader& reader) {
  DFKD_RETURN_IF_ERROR(CheckParameterCount(reader));
  DFKD_ASSIGN_OR_RETURN(const double learning_rate, reader.Double("learning_rate"));
  DFKD_RETURN_IF_ERROR(LoadEach(reader, "mean", mean_));
  DFKD_RETURN_IF_ERROR(LoadEach(reader, "square", square_));
  DFKD_RETURN_IF_ERROR(LoadEach(reader, "largest_square", largest_square_));
  DFKD_RETURN_IF_ERROR(LoadEach(reader, "step", step_));
  set_learning_rate(learning_rate);
  return absl::OkStatus();
}

}  // namespace dfkd
