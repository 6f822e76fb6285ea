#include "dfkd/inference/predict.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/status.h"
#include "dfkd/inference/forward_error.h"
#include "dfkd/train/precision.h"
#include "dfkd/weights/tensor_record.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

constexpr char kInput[] = "x";

// "Float [2, 3, 32, 32]"
std::string Describe(const at::Tensor& tensor) {
  return absl::StrCat(c10::toString(tensor.scalar_type()), " [",
                      absl::StrJoin(tensor.sizes(), ", "), "]");
}

absl::Status CheckInput(const at::Tensor& x, const std::string& path) {
  if (x.dim() != 4 || x.scalar_type() != at::kFloat) {
    return InputFileError(absl::StrCat(path, ": tensor \"", kInput, "\" is ", Describe(x),
                                       "; must be Float [images, channels, height, width]"));
  }
  if (x.numel() == 0) {
    return InputFileError(absl::StrCat(path, ": tensor \"", kInput, "\" is ", Describe(x),
                                       "; must hold at least one number"));
  }
  for (int64_t i = 0; i < x.size(0); ++i) {
    if (at::isfinite(x[i]).all().item<bool>()) continue;
    return InputFileError(
        absl::StrCat(path, ": image ", i, " of tensor \"", kInput, "\" holds NaN or infinity"));
  }
  return absl::OkStatus();
}

const at::Tensor& Pick(const ModelOutput& output, const std::string& name) {
  if (name == "logits") return output.logits;
  return name == "embedding" ? output.embedding : output.feature_map;
}

// Room for `images` images of what a batch has put out.
absl::StatusOr<std::vector<NamedTensor>> Allocate(const ModelOutput& batch, int64_t images,
                                                  const PredictOptions& options) {
  std::vector<NamedTensor> all;
  int64_t per_image = 0;
  for (const std::string& name : options.tensors) {
    const at::Tensor& tensor = Pick(batch, name);
    if (!tensor.defined()) continue;
    per_image += tensor[0].numel() * static_cast<int64_t>(sizeof(float));
    all.push_back({name, tensor});
  }
  if (images > options.max_output_bytes / std::max<int64_t>(1, per_image)) {
    return ConfigError(absl::StrCat("the output for ", images, " images would take ", per_image,
                                    " bytes each, more than ", options.max_output_bytes,
                                    " together; ask for fewer --tensors, or give fewer images"));
  }
  for (NamedTensor& named : all) {
    std::vector<int64_t> sizes = named.tensor.sizes().vec();
    sizes[0] = images;
    named.tensor = at::empty(sizes, at::kFloat);
  }
  return all;
}

}  // namespace

std::vector<std::string> PredictableTensors() { return {"logits", "embedding", "feature_map"}; }

absl::StatusOr<at::Tensor> ReadInput(const std::string& path) {
  DFKD_ASSIGN_OR_RETURN(const WeightFile file, ReadWeights(path));
  std::vector<std::string> names;
  for (const NamedTensor& named : file.tensors) {
    if (named.name == kInput) {
      DFKD_RETURN_IF_ERROR(CheckInput(named.tensor, path));
      return named.tensor;
    }
    if (names.size() < 10) names.push_back(Quoted(named.name));
  }
  return InputFileError(absl::StrCat(path, ": has no tensor \"", kInput,
                                     "\" [images, channels, height, width], but ",
                                     names.empty() ? "none at all" : absl::StrJoin(names, ", "),
                                     file.tensors.size() > names.size() ? " and more" : ""));
}

absl::StatusOr<ModelOutput> ForwardBatch(Model& model, const at::Tensor& x, const Compute& compute,
                                         absl::string_view where) {
  try {
    ModelOutput output = model.Forward(x.to(compute.device));
    for (at::Tensor* tensor : {&output.logits, &output.embedding, &output.feature_map}) {
      if (tensor->defined()) *tensor = tensor->to(at::kFloat);
    }
    return output;
  } catch (const c10::Error& error) {
    return InputFileError(
        absl::StrCat(where, ": ", DoNotGoThrough(x.size(1), x.size(2), x.size(3), error)));
  }
}

absl::StatusOr<std::vector<NamedTensor>> Predict(Model& model, const at::Tensor& x,
                                                 const PredictOptions& options,
                                                 absl::string_view where) {
  const at::NoGradGuard no_grad;
  const PrecisionScope precision(options.compute.precision);
  model.Eval();
  if (options.on_start) options.on_start(x.size(0));
  std::vector<NamedTensor> all;
  for (int64_t start = 0; start < x.size(0); start += options.compute.batch_size) {
    const int64_t end = std::min(start + options.compute.batch_size, x.size(0));
    DFKD_ASSIGN_OR_RETURN(const ModelOutput output,
                          ForwardBatch(model, x.slice(0, start, end), options.compute, where));
    if (start == 0) {
      DFKD_ASSIGN_OR_RETURN(all, Allocate(output, x.size(0), options));
    }
    for (const NamedTensor& named : all) {
      named.tensor.slice(0, start, end).copy_(Pick(output, named.name));
    }
    if (options.on_batch) options.on_batch(end - start);
  }
  return all;
}

}  // namespace dfkd
