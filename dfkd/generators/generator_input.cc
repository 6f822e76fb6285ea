#include "dfkd/generators/generator_input.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/var_mean.h>
#include <ATen/ops/zeros.h>

#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

using Config = GeneratorInputConfig;

// Each column brought to mean 0 and (biased) variance 1 over the classes, as BatchNorm1d over a
// batch that shows each class equally often would, at its initial weights.
at::Tensor Standardize(const at::Tensor& rows) {
  auto [variance, mean] = at::var_mean(rows, at::IntArrayRef{0}, /*correction=*/0);
  return (rows - mean) / (variance + 1e-5).sqrt();
}

}  // namespace

absl::StatusOr<std::unique_ptr<GeneratorInput>> GeneratorInput::Create(
    const Config& config, const GeneratorInputContext& context, absl::string_view path) {
  CHECK_GT(context.num_classes, 0);
  CHECK_GT(context.batch_size, 0);
  if (UsesRows(config)) {
    CHECK(context.rows.defined());
    if (context.rows.dim() != 2 || context.rows.size(0) != context.num_classes) {
      return ConfigError(absl::StrCat(path, ": the encoder gave ", context.rows.size(0),
                                      " rows; must be one per class (", context.num_classes, ")"));
    }
    if (config.row_normalization() == Config::BATCH_NORM && context.batch_size < 2) {
      return ConfigError(absl::StrCat(path, ".row_normalization is BATCH_NORM with a batch of ",
                                      context.batch_size, "; must be at least 2 images"));
    }
  }
  return std::unique_ptr<GeneratorInput>(new GeneratorInput(config, context));
}

GeneratorInput::GeneratorInput(const Config& config, const GeneratorInputContext& context)
    : config_(config) {
  int64_t size = 0;
  if (UsesRows(config)) {
    at::Tensor rows = context.rows.detach().to(at::kFloat).clone();
    if (config.row_normalization() == Config::STANDARDIZED) rows = Standardize(rows);
    rows_ = AddBuffer("rows", rows);
    size = rows_.size(1);
    if (config.row_normalization() == Config::BATCH_NORM)
      norm_ = AddModule<BatchNorm>("norm", size);
  }
  if (config.source() != Config::ROWS) {
    const int64_t noise_size = config.source() == Config::SUM ? size : config.noise_size();
    noise_ = AddBuffer("noise", at::zeros({context.batch_size, noise_size}));
    if (config.source() != Config::SUM) size += noise_size;
  }
  output_size_ = size;
  if (config.noisy_layer() != Config::NO_NOISY_LAYER) {
    const int64_t rows_per_layer =
        config.noisy_layer() == Config::K_TO_ONE ? context.num_classes : 1;
    output_size_ = config.noisy_layer_size();
    noisy_ = AddModule<NoisyLayer>("noisy", size, output_size_, context.batch_size, rows_per_layer);
  }
}

void GeneratorInput::BeginEpoch() {
  if (noisy_ == nullptr || config_.noisy_layer_drawn() != Config::EACH_EPOCH) return;
  at::NoGradGuard no_grad;
  noisy_->weight.zero_();
}

void GeneratorInput::Redraw(RandomStream& noise) {
  at::NoGradGuard no_grad;
  if (noise_.defined()) noise_.copy_(noise.Normal(noise_.sizes()));
  if (noisy_ == nullptr) return;
  // Weights that have yet to be drawn are zero, so that this survives a checkpoint.
  const bool keeps = config_.noisy_layer_drawn() != Config::EACH_BATCH;
  if (!keeps || !noisy_->weight.any().item<bool>()) noisy_->Redraw(noise);
}

at::Tensor GeneratorInput::NormalizedRows(const at::Tensor& labels) {
  const at::Tensor rows = rows_.index_select(0, labels);
  return norm_ == nullptr ? rows : norm_->Forward(rows);
}

at::Tensor GeneratorInput::Forward(const at::Tensor& labels) {
  at::Tensor noise;
  if (noise_.defined()) {
    CHECK_LE(labels.size(0), noise_.size(0));
    noise = noise_.narrow(0, 0, labels.size(0));
  }
  at::Tensor x;
  switch (config_.source()) {
    case Config::ROWS:
      x = NormalizedRows(labels);
      break;
    case Config::NOISE:
      x = noise;
      break;
    case Config::SUM:
      x = NormalizedRows(labels) + noise;
      break;
    case Config::CONCAT:
      x = at::cat({NormalizedRows(labels), noise}, 1);
      break;
  }
  return noisy_ == nullptr ? x : noisy_->Forward(x);
}

}  // namespace dfkd
