#include "dfkd/core/conformance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dfkd/core/field_rule.pb.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"
#include "google/protobuf/message.h"

namespace dfkd {
namespace {

TEST(ModelsTest, EveryPluginAndPresetConforms) {
  EXPECT_THAT(FindConformanceViolations(Model::kCategory), ::testing::IsEmpty());
}

TEST(ModelsTest, AllAreLinked) {
  std::vector<std::string> names;
  for (const PluginInfo* plugin : PluginCatalog::Get().List(Model::kCategory)) {
    names.push_back(plugin->name);
  }
  EXPECT_THAT(names, ::testing::ElementsAre("cifar_resnet", "cifar_vgg", "deeplab_v3", "mobilenet",
                                            "plain_cnn", "plain_segmenter", "resnet",
                                            "vision_transformer", "wide_resnet"));
}

// A network of each plugin, by its own example; with weights of some size, for which what is drawn
// at first is too small.
struct Network {
  std::string name;
  std::unique_ptr<Model> model;
  Capabilities gives;
};

std::vector<Network> EachByItsExample() {
  std::vector<Network> networks;
  for (const PluginInfo* plugin : PluginCatalog::Get().List(Model::kCategory)) {
    const std::unique_ptr<google::protobuf::Message> config(plugin->config_prototype->New());
    const PluginRule& rule = config->GetDescriptor()->options().GetExtension(dfkd::plugin);
    EXPECT_OK(ParseTextproto(rule.example(), plugin->name, config.get()));
    ModelSpec spec;
    spec.mutable_config()->PackFrom(*config);
    RandomStream init(0, "init");
    ModelContext context;
    context.num_classes = 4;
    context.init = &init;
    auto model = CreateModel(spec, context, plugin->name);
    const auto gives = ModelCapabilities(spec, plugin->name);
    EXPECT_OK(model);
    EXPECT_OK(gives);
    FillDeterministically(**model);
    (*model)->Eval();
    networks.push_back({plugin->name, *std::move(model), *gives});
  }
  return networks;
}

// CAM_k = sum_f w[k, f] map_f. Under global pooling its mean over places, plus the bias, is the
// logit; a network with patch positions classifies by a token beside the map.
TEST(ModelsTest, LogitsAreTheClassifiersOfTheEmbeddingAndOfThePooledMap) {
  const at::NoGradGuard no_grad;
  for (const Network& network : EachByItsExample()) {
    SCOPED_TRACE(network.name);
    if (!network.gives.Has(Capability::kEmbedding) ||
        !network.gives.Has(Capability::kClassifierWeight)) {
      continue;
    }
    const ModelOutput output = network.model->Forward(DeterministicTensor({2, 3, 32, 32}, 1));
    const at::Tensor weight = network.model->ClassifierWeight();
    const at::Tensor bias = network.model->ClassifierBias();
    const double size = output.logits.abs().max().item<double>();
    EXPECT_LT(MaxDifference(output.embedding.matmul(weight.t()) + bias, output.logits),
              1e-4 * size);
    if (!network.gives.Has(Capability::kFeatureMap)) continue;
    ASSERT_EQ(output.feature_map.size(1), weight.size(1));
    const at::Tensor cam = output.feature_map.permute({0, 2, 3, 1}).matmul(weight.t());
    const double difference = MaxDifference(cam.mean({1, 2}) + bias, output.logits);
    if (network.gives.Has(Capability::kPatchPositions)) {
      EXPECT_GT(difference, 1e-2 * size);
    } else {
      EXPECT_LT(difference, 1e-4 * size);
    }
    EXPECT_EQ(network.gives.Has(Capability::kPatchPositions),
              network.model->patch_grid().has_value());
  }
}

// A teacher that says that it shows what its BatchNorm layers see, shows it; none shows it unasked.
TEST(ModelsTest, TapsShowWhatTheContractProvides) {
  const at::NoGradGuard no_grad;
  for (const Network& network : EachByItsExample()) {
    SCOPED_TRACE(network.name);
    const at::Tensor x = DeterministicTensor({2, 3, 32, 32}, 1);
    Taps taps;
    taps.want_batch_norm_inputs = taps.want_stages = true;
    network.model->Forward(x, taps);
    EXPECT_EQ(taps.batch_norm_inputs.empty(), !network.gives.Has(Capability::kBatchNormInputs));
    EXPECT_EQ(taps.stages.empty(), !network.gives.Has(Capability::kStages));
    Taps unasked;
    network.model->Forward(x, unasked);
    EXPECT_TRUE(unasked.batch_norm_inputs.empty() && unasked.stages.empty());
    EXPECT_FALSE(unasked.last_relu_input.defined());
  }
}

// What the contract calls the map before its ReLU becomes the map by that ReLU; it holds what the
// ReLU cuts off, and to show it changes nothing.
TEST(ModelsTest, TheMapIsTheReluOfTheMapBeforeIt) {
  const at::NoGradGuard no_grad;
  int shown = 0;
  for (const Network& network : EachByItsExample()) {
    SCOPED_TRACE(network.name);
    if (!network.gives.Has(Capability::kPreReluMap)) continue;
    ++shown;
    const at::Tensor x = DeterministicTensor({2, 3, 32, 32}, 1);
    Taps taps, none;
    taps.want_last_relu_input = true;
    const ModelOutput output = network.model->Forward(x, taps);
    const ModelOutput plain = network.model->Forward(x, none);
    const double size = plain.feature_map.abs().max().item<double>();
    const double most = network.name == "mobilenet" ? 6 : 2 * size;  // ReLU6
    EXPECT_LT(MaxDifference(taps.last_relu_input.clamp(0, most), plain.feature_map), 1e-5 * size);
    EXPECT_LT(taps.last_relu_input.min().item<double>(), 0);
    const double logit = plain.logits.abs().max().item<double>();
    EXPECT_LT(MaxDifference(output.logits, plain.logits), 1e-4 * logit);
    // Unlike the map's, its class activation maps are no logits.
    const at::Tensor cam =
        taps.last_relu_input.mean({2, 3}).matmul(network.model->ClassifierWeight().t());
    EXPECT_GT(MaxDifference(cam + network.model->ClassifierBias(), plain.logits), 1e-3 * logit);
  }
  EXPECT_EQ(shown, 6);  // all but networks for pixels, and the one without ReLU
}

}  // namespace
}  // namespace dfkd
