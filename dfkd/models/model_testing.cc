#include "dfkd/models/model_testing.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr char kTorchvision[] = "dfkd/models/testdata/torchvision.safetensors";

double Largest(const at::Tensor& x) { return x.abs().max().item<double>(); }

void ExpectClose(const at::Tensor& x, const at::Tensor& expected) {
  EXPECT_LT(MaxDifference(x, expected), 1e-4 * Largest(expected));
}

}  // namespace

ModelSpec SpecOf(const google::protobuf::Message& config) {
  ModelSpec spec;
  spec.mutable_config()->PackFrom(config);
  return spec;
}

absl::StatusOr<std::unique_ptr<Model>> TryMakeModel(const google::protobuf::Message& config,
                                                    int64_t height, int64_t width) {
  RandomStream init(0, "init");
  ModelContext context;
  context.num_classes = 10;
  context.height = height;
  context.width = width;
  context.init = &init;
  return CreateModel(SpecOf(config), context, "student.model");
}

std::unique_ptr<Model> MakeModel(const google::protobuf::Message& config, int64_t classes,
                                 int64_t channels) {
  RandomStream init(0, "init");
  ModelContext context;
  context.num_classes = classes;
  context.channels = channels;
  context.init = &init;
  auto model = CreateModel(SpecOf(config), context, "student.model");
  CHECK(model.ok()) << model.status();
  return std::move(model).value();
}

std::string OriginalNamesAndShapes(const std::string& name) {
  const auto lines = ReadFile(absl::StrCat("dfkd/models/testdata/", name, ".txt"));
  CHECK(lines.ok()) << lines.status();
  return *lines;
}

void ExpectIsTorchvisions(Model& model, const std::string& name,
                          const std::vector<std::pair<int64_t, int64_t>>& sizes) {
  const Golden golden(kTorchvision);
  EXPECT_EQ(NamesAndShapes(model), OriginalNamesAndShapes(name));
  FillDeterministically(model);
  model.Eval();
  at::NoGradGuard no_grad;
  for (const auto& [height, width] : sizes) {
    const std::string key = absl::StrCat(name, ".", height, "x", width);
    const ModelOutput output = model.Forward(DeterministicTensor({2, 3, height, width}, 1));
    ExpectClose(output.logits, golden[key + ".logits"]);
    ExpectClose(output.embedding, golden[key + ".embedding"]);
    // Of the first image, eight channels.
    ExpectClose(output.feature_map[0].slice(0, 0, 8), golden[key + ".feature_map"]);
  }
}

void ExpectInitialDistributions(const Model& model, const std::string& name) {
  const Golden golden(kTorchvision);
  int compared = 0;
  for (const NamedTensor& p : model.NamedParameters()) {
    const std::string key = absl::StrCat(name, ".init.", p.name);
    if (!golden.Has(key)) continue;
    ++compared;
    // Of n numbers the deviation's own is 1 / sqrt(2 n) of it: 1.2% for the least of these tensors,
    // 3,456, and 1.7% between ours and theirs. Of so many normal numbers the largest differ
    // by some tenth.
    const double std = golden[key][0].item<double>(), largest = golden[key][1].item<double>();
    EXPECT_NEAR(p.tensor.std().item<double>(), std, 0.06 * std) << p.name;
    EXPECT_NEAR(Largest(p.tensor), largest, 0.35 * largest) << p.name;
  }
  EXPECT_GE(compared, 4);
}

void ExpectChannelsLastGivesTheSameLogits(Model& model, at::IntArrayRef images) {
  FillDeterministically(model);
  model.Eval();
  at::NoGradGuard no_grad;
  const at::Tensor x = DeterministicTensor(images, 1);
  const at::Tensor before = model.Forward(x).logits;
  model.ToChannelsLast();
  const ModelOutput output = model.Forward(x.contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_LT(MaxDifference(output.logits, before), 1e-4 * before.abs().max().item<double>());
  EXPECT_TRUE(output.feature_map.is_contiguous(at::MemoryFormat::ChannelsLast));
}

void ExpectLogitsAreTheMeanClassActivationMapPlusBias(Model& model, at::IntArrayRef images) {
  FillDeterministically(model);
  model.Eval();
  at::NoGradGuard no_grad;
  const ModelOutput output = model.Forward(DeterministicTensor(images, 1));
  EXPECT_GE(output.feature_map.min().item<double>(), 0);
  const at::Tensor cam = output.feature_map.permute({0, 2, 3, 1})
                             .matmul(model.ClassifierWeight().t());  // [N, h, w, K]
  EXPECT_LT(MaxDifference(cam.mean({1, 2}) + model.ClassifierBias(), output.logits),
            1e-4 * output.logits.abs().max().item<double>());
}

void ExpectGradientsReachTheImagesWithWeightsFrozen(Model& model, at::IntArrayRef images) {
  FillDeterministically(model);
  model.Eval();
  model.RequireGrad(false);
  const at::Tensor x = DeterministicTensor(images, 1).requires_grad_();
  // Taps are part of the graph although sums and ReLU overwrite what BatchNorm makes of them.
  for (int term = 0; term < 3; ++term) {
    Taps taps;
    taps.want_batch_norm_inputs = true;
    taps.want_stages = true;
    const ModelOutput output = model.Forward(x, taps);
    const at::Tensor terms[] = {output.logits.sum(), taps.stages[1].square().sum(),
                                taps.batch_norm_inputs[1].input.square().sum()};
    x.mutable_grad() = at::Tensor();
    terms[term].backward();
    EXPECT_GT(x.grad().abs().max().item<double>(), 0) << "term " << term;
  }
  EXPECT_FALSE(model.ClassifierWeight().grad().defined());
}

}  // namespace dfkd
