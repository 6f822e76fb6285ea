// Labels to latent vectors: class rows, noise, their sum or concatenation, and noisy layers.
#ifndef DFKD_GENERATORS_GENERATOR_INPUT_H_
#define DFKD_GENERATORS_GENERATOR_INPUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/generators/generator_input.pb.h"
#include "dfkd/generators/noisy_layer.h"
#include "dfkd/nn/layers.h"
#include "dfkd/nn/module.h"

namespace dfkd {

struct GeneratorInputContext {
  at::Tensor rows;          // [K, D] float; may be undefined where the source is NOISE
  int64_t num_classes = 0;  // K
  int64_t batch_size = 0;   // the largest batch that Forward will see
};

// labels -> row normalisation -> combination with Z -> noisy layers. Trained together with the
// generator; a new generator gets a new one of these.
class GeneratorInput : public Module {
 public:
  // `path` is where the config stands, for messages: "method.input".
  static absl::StatusOr<std::unique_ptr<GeneratorInput>> Create(
      const GeneratorInputConfig& config, const GeneratorInputContext& context,
      absl::string_view path);

  // Whether class rows, and so an encoder, are needed at all.
  static bool UsesRows(const GeneratorInputConfig& config) {
    return config.source() != GeneratorInputConfig::NOISE;
  }

  // Once before each epoch: noisy layers that are drawn each epoch are forgotten.
  void BeginEpoch();
  // Once before each batch: draws Z, and the noisy layers' weights unless they are kept.
  void Redraw(RandomStream& noise);

  // labels [N] int64, N <= batch_size -> [N, output_size()]. Image n takes row n of Z and the noisy
  // layer of its place, whatever its label.
  at::Tensor Forward(const at::Tensor& labels);

  // The generator's input_size.
  int64_t output_size() const { return output_size_; }

  // Behind Forward's combination the first row_size() numbers are a class row (or its sum with Z),
  // and the others Z.
  int64_t row_size() const { return rows_.defined() ? rows_.size(1) : 0; }
  // [layers, out, in]; undefined without noisy layers.
  at::Tensor noisy_weight() const { return noisy_ == nullptr ? at::Tensor() : noisy_->weight; }

 private:
  GeneratorInput(const GeneratorInputConfig& config, const GeneratorInputContext& context);
  at::Tensor NormalizedRows(const at::Tensor& labels);

  GeneratorInputConfig config_;
  at::Tensor rows_;   // [K, D]
  at::Tensor noise_;  // [batch_size, length of Z]
  BatchNorm* norm_ = nullptr;
  NoisyLayer* noisy_ = nullptr;
  int64_t output_size_ = 0;
};

}  // namespace dfkd

#endif  // DFKD_GENERATORS_GENERATOR_INPUT_H_
