// A network with its weights, applied to images of the user's.
#ifndef DFKD_INFERENCE_PREDICT_H_
#define DFKD_INFERENCE_PREDICT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/models/model.h"
#include "dfkd/train/compute.h"

namespace dfkd {

// Tensor "x" [N, C, H, W] float32 of a weight file, finite; other tensors in it are left alone.
absl::StatusOr<at::Tensor> ReadInput(const std::string& path);

// What Predict can put out, in ModelOutput's order: "logits", "embedding", "feature_map".
std::vector<std::string> PredictableTensors();

struct PredictOptions {
  Compute compute;
  std::vector<std::string> tensors = PredictableTensors();
  // Refused, after the first batch, where the output would be larger.
  int64_t max_output_bytes = int64_t{8} << 30;
  // Called once with the number of images, then after each batch.
  std::function<void(int64_t total)> on_start;
  std::function<void(int64_t images)> on_batch;
};

// In evaluation mode and without gradients; x is already normalised. The tensors of
// `options.tensors` that the model has, float32 on the CPU, in that order. `where` names x.
absl::StatusOr<std::vector<NamedTensor>> Predict(Model& model, const at::Tensor& x,
                                                 const PredictOptions& options,
                                                 absl::string_view where);

// One forward pass over a batch. What LibTorch throws for images that the architecture cannot take
// becomes InputFileError.
absl::StatusOr<ModelOutput> ForwardBatch(Model& model, const at::Tensor& x, const Compute& compute,
                                         absl::string_view where);

}  // namespace dfkd

#endif  // DFKD_INFERENCE_PREDICT_H_
