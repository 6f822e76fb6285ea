#include "dfkd/nn/module.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

// An own parameter before two children, one of them nested.
class Net : public Module {
 public:
  explicit Net(RandomStream& init) {
    scale = AddParameter("scale", at::ones({2}));
    body = AddModule<Sequential>("body");
    body->Add<Conv2d>(ConvOptions{.in = 3, .out = 4, .bias = false}, init);
    body->Add<ReLU>();
    norm = body->Add<BatchNorm>(4);
    head = AddModule<Linear>("head", 4, 2, init);
  }
  at::Tensor scale;
  Sequential* body;
  BatchNorm* norm;
  Linear* head;
};

std::vector<std::string> Names(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> names;
  for (const NamedTensor& tensor : tensors) names.push_back(tensor.name);
  return names;
}

TEST(ModuleTest, NamesAreThoseOfAPyTorchStateDict) {
  RandomStream init(0, "init");
  const Net net(init);
  // "body.1" is a ReLU: it takes its number and has no entry.
  EXPECT_EQ(Names(net.NamedParameters()),
            (std::vector<std::string>{"scale", "body.0.weight", "body.2.weight", "body.2.bias",
                                      "head.weight", "head.bias"}));
  EXPECT_EQ(Names(net.NamedBuffers()),
            (std::vector<std::string>{"body.2.running_mean", "body.2.running_var",
                                      "body.2.num_batches_tracked"}));
  EXPECT_EQ(net.NamedState().size(), 9u);
  EXPECT_EQ(net.Parameters().size(), 6u);
}

// A child without a name of its own.
class Wrapped : public Module {
 public:
  explicit Wrapped(RandomStream& init) {
    AddModule<Net>("", init);
    AddModule<Linear>("tail", 2, 1, init, /*with_bias=*/false);
  }
};

TEST(ModuleTest, NamesOfAChildWithoutAnyStandAmongItsParents) {
  RandomStream init(0, "init");
  const Wrapped net(init);
  EXPECT_EQ(Names(net.NamedParameters()),
            (std::vector<std::string>{"scale", "body.0.weight", "body.2.weight", "body.2.bias",
                                      "head.weight", "head.bias", "tail.weight"}));
}

TEST(ModuleTest, ListedTensorsShareStorageWithTheLayers) {
  RandomStream init(0, "init");
  Net net(init);
  for (const NamedTensor& p : net.NamedParameters()) p.tensor.detach().fill_(7);
  EXPECT_EQ(net.head->weight.sum().item<double>(), 2 * 4 * 7.0);
  EXPECT_EQ(net.scale.sum().item<double>(), 2 * 7.0);
}

TEST(ModuleTest, TrainingModeReachesEveryChild) {
  RandomStream init(0, "init");
  Net net(init);
  EXPECT_TRUE(net.norm->training());
  net.Eval();
  EXPECT_FALSE(net.training());
  EXPECT_FALSE(net.norm->training());
  net.Train();
  EXPECT_TRUE(net.norm->training());
}

TEST(ModuleTest, RequireGradTurnsGradientsOffAndOnForParametersOnly) {
  RandomStream init(0, "init");
  Net net(init);
  EXPECT_TRUE(net.head->weight.requires_grad());
  net.RequireGrad(false);
  for (const at::Tensor& p : net.Parameters()) EXPECT_FALSE(p.requires_grad());
  net.RequireGrad(true);
  for (const at::Tensor& p : net.Parameters()) EXPECT_TRUE(p.requires_grad());
  EXPECT_FALSE(net.norm->running_mean.requires_grad());
}

TEST(ModuleTest, ChannelsLastKeepsValuesAndTheLayersOwnTensors) {
  RandomStream init(0, "init");
  Net net(init);
  auto* conv = static_cast<Conv2d*>(&net.body->at(0));
  const at::Tensor before = conv->weight.detach().clone();
  net.ToChannelsLast();
  EXPECT_TRUE(conv->weight.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(at::equal(conv->weight, before));
  EXPECT_TRUE(conv->weight.requires_grad());
  EXPECT_TRUE(conv->weight.is_leaf());
}

TEST(ModuleTest, MovingToTheSameDeviceLeavesTensorsInPlace) {
  RandomStream init(0, "init");
  Net net(init);
  const void* data = net.head->weight.const_data_ptr();
  net.To(at::kCPU);
  EXPECT_EQ(net.head->weight.const_data_ptr(), data);
}

}  // namespace
}  // namespace dfkd
