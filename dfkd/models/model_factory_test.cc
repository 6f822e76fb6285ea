#include "dfkd/models/model_factory.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dfkd/core/presets.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/wide_resnet.pb.h"

namespace dfkd {
namespace {

class ModelFactoryTest : public testing::Test {
 protected:
  ModelContext Context(int64_t classes) {
    ModelContext context;
    context.num_classes = classes;
    context.channels = 1;
    context.init = &init_;
    return context;
  }
  RandomStream init_ = RandomStream::Zeros();
};

ModelSpec Preset(const std::string& name) {
  ModelSpec spec;
  spec.set_preset(name);
  return spec;
}

int64_t CountParameters(const Model& model) {
  int64_t count = 0;
  for (const at::Tensor& p : model.Parameters()) count += p.numel();
  return count;
}

TEST_F(ModelFactoryTest, EveryPresetMakesAModelThatProvidesWhatLossesNeed) {
  const std::vector<std::string> names = PresetNames(Model::kCategory);
  EXPECT_EQ(names, (std::vector<std::string>{"cifar_resnet18",
                                             "cifar_resnet34",
                                             "cifar_vgg11",
                                             "deeplabv3_mobilenet_v2",
                                             "deeplabv3_resnet50",
                                             "deit_base_patch16_224",
                                             "deit_small_patch16_224",
                                             "deit_tiny_patch16_224",
                                             "mobilenet_v2",
                                             "plain_cnn_small",
                                             "plain_segmenter_small",
                                             "resnet18",
                                             "resnet34",
                                             "resnet50",
                                             "vit_mini_patch8_32",
                                             "vit_mini_patch8_64",
                                             "vit_nano_patch8_32",
                                             "vit_nano_patch8_64",
                                             "wrn10_1",
                                             "wrn10_1_thin",
                                             "wrn16_1",
                                             "wrn16_1_thin",
                                             "wrn16_2",
                                             "wrn40_1",
                                             "wrn40_2"}));
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    EXPECT_OK(CreateModel(Preset(name), Context(4), "teacher.model"));
    ASSERT_OK_AND_ASSIGN(const Capabilities given,
                         ModelCapabilities(Preset(name), "teacher.model"));
    EXPECT_TRUE(given.Has(Capability::kFeatureMap) && given.Has(Capability::kStages));
    EXPECT_TRUE(given.Has(Capability::kEmbedding));
    // A segmenter names no class of an image, and has no row of weights for one.
    for (Capability capability : {Capability::kClassifierWeight, Capability::kImageLogits}) {
      EXPECT_NE(given.Has(capability), given.Has(Capability::kPixelLogits));
    }
    // A vision transformer has no BatchNorm layers.
    EXPECT_NE(given.Has(Capability::kBatchNormInputs), given.Has(Capability::kPatchPositions));
  }
}

TEST_F(ModelFactoryTest, PresetsHaveThePublishedNumbersOfParameters) {
  // WRN-16-1 with 10 classes: stem 3*3*3*16 = 432; stage 1: 4 * 2304 + 4 * 32 = 9344; stage 2: 4608
  // + 3 * 9216 + 32 + 3 * 64 + 512 = 32992; stage 3: 18432 + 3 * 36864 + 64 + 3 * 128 + 2048 =
  // 131520; last BatchNorm 128; classifier 650.
  ModelContext context = Context(10);
  context.channels = 3;
  ASSERT_OK_AND_ASSIGN(const auto wrn16_1,
                       CreateModel(Preset("wrn16_1"), context, "student.model"));
  EXPECT_EQ(CountParameters(*wrn16_1), 432 + 9344 + 32992 + 131520 + 128 + 650);
  // 2.2 M, as the papers' tables round it.
  ASSERT_OK_AND_ASSIGN(const auto wrn40_2,
                       CreateModel(Preset("wrn40_2"), context, "student.model"));
  EXPECT_NEAR(static_cast<double>(CountParameters(*wrn40_2)), 2.2e6, 0.05e6);
  for (const auto& [name, millions] :
       {std::pair<const char*, double>{"cifar_resnet18", 11.2}, {"cifar_resnet34", 21.3}}) {
    ASSERT_OK_AND_ASSIGN(const auto model, CreateModel(Preset(name), context, "teacher.model"));
    EXPECT_NEAR(static_cast<double>(CountParameters(*model)), millions * 1e6, 0.05e6) << name;
  }
}

TEST_F(ModelFactoryTest, PresetsForImageNetHaveTorchvisionsNumbersOfParameters) {
  ModelContext context = Context(1000);
  context.channels = 3;
  for (const auto& [name, count] : {std::pair<const char*, int64_t>{"resnet18", 11689512},
                                    {"resnet50", 25557032},
                                    {"mobilenet_v2", 3504872}}) {
    ASSERT_OK_AND_ASSIGN(const auto model, CreateModel(Preset(name), context, "teacher.model"));
    EXPECT_EQ(CountParameters(*model), count) << name;
  }
}

TEST_F(ModelFactoryTest, TheSpecsClassesAndChannelsWin) {
  ModelSpec spec = Preset("wrn10_1_thin");
  spec.set_num_classes(7);
  spec.set_channels(2);
  ASSERT_OK_AND_ASSIGN(const auto model, CreateModel(spec, Context(4), "student.model"));
  EXPECT_EQ(model->ClassifierWeight().size(0), 7);
  EXPECT_EQ(model->NamedParameters().front().tensor.size(1), 2);
}

TEST_F(ModelFactoryTest, RefusesBothPresetAndConfigAndNeither) {
  ModelSpec spec;
  EXPECT_THAT(
      CreateModel(spec, Context(4), "student.model"),
      StatusMessageIs("student.model: exactly one of preset and config must be set; neither is"));
  spec.set_preset("wrn16_1");
  WideResNetConfig config;
  config.set_depth(16);
  spec.mutable_config()->PackFrom(config);
  EXPECT_THAT(
      CreateModel(spec, Context(4), "student.model"),
      StatusMessageIs("student.model: exactly one of preset and config must be set; both are"));
}

TEST_F(ModelFactoryTest, AnUnknownPresetIsRefusedWithTheNearest) {
  EXPECT_THAT(ModelCapabilities(Preset("wrn16_l"), "teacher.model"),
              StatusHas(absl::StatusCode::kInvalidArgument, "wrn16_1"));
}

TEST_F(ModelFactoryTest, RefusesAModelWithoutANumberOfClasses) {
  EXPECT_THAT(CreateModel(Preset("wrn16_1"), Context(0), "student.model"),
              StatusMessageIs("student.model.num_classes is not set, and neither a teacher's card "
                              "nor a data set says how many classes there are"));
}

TEST_F(ModelFactoryTest, InitialWeightsFollowFromTheStream) {
  RandomStream a(3, "init"), b(3, "init");
  ModelContext context = Context(4);
  context.init = &a;
  ASSERT_OK_AND_ASSIGN(const auto first, CreateModel(Preset("wrn10_1"), context, "model"));
  context.init = &b;
  ASSERT_OK_AND_ASSIGN(const auto second, CreateModel(Preset("wrn10_1"), context, "model"));
  const std::vector<at::Tensor> x = first->Parameters(), y = second->Parameters();
  ASSERT_EQ(x.size(), y.size());
  for (size_t i = 0; i < x.size(); ++i) EXPECT_TRUE(x[i].equal(y[i]));
}

}  // namespace
}  // namespace dfkd
